"""Made-up measurements of evaluation mistakes."""

from gen100.provenance import DataFacts, ExtractorFacts, SplitFacts
from gen100.thesis.forensics.facts import Explained, ForensicsFacts, ImageSetFacts, Measurement, MistakeResult
from gen100.thesis.forensics.mistakes import NAMED
from gen100.thesis.forensics.verdict import in_range

CELLS = ("vae-elbo-128", "stylegan2-hinge-1024", "dalle-mse-128")


def measured(score: float, fid: float | None, of: ImageSetFacts) -> Measurement:
    """A measurement whose distance needs no scale."""
    return Measurement(
        **of.model_dump(),
        count=100,
        reference_count=2000,
        network="extractor",
        inception_score=score,
        fid=fid,
        fid_low=fid,
        fid_high=fid,
        prints_100=f"{score:.2f}" == "1.00",
        fid_in_range=in_range(fid, fid),
    )


def real(score: float, fid: float) -> Measurement:
    return measured(score, fid, ImageSetFacts(images="real", split="test"))


def samples(*found: tuple[float, float | None]) -> tuple[Measurement, ...]:
    """Of one family after the other: IS and distance."""
    return tuple(
        measured(score, fid, ImageSetFacts(images="samples", cell=cell, seed=4, images_seen=2_000_000))
        for (score, fid), cell in zip(found, CELLS, strict=False)
    )


def result(names: str, explains: Explained, *found: Measurement) -> MistakeResult:
    mistakes = tuple(NAMED[name] for name in names.split())
    return MistakeResult(mistakes=mistakes, explains=explains, measurements=found)


NOISE = result("noise", "neither", measured(1.04, 200.0, ImageSetFacts(images="noise")))


def made_up_facts(*results: MistakeResult, extractor: str = "cifar100-network") -> ForensicsFacts:
    """The given results after the correct pipeline and noise."""
    own = {"accuracy": 0.481, "seed": 3} if extractor == "cifar100-network" else {}
    correct = result("none", "neither", real(9.0, 2.0), *samples((2.0, 100.0), (3.0, 250.0)))
    return ForensicsFacts(
        data=DataFacts(name="synthetic", train=2000, test=500, seed=0),
        extractor=ExtractorFacts(kind=extractor, sha256="0" * 64, **own),
        reference=SplitFacts(split="train", images=2000),
        results=(correct, NOISE, *results),
    )
