"""What a number was measured with, as typed fields of the JSON files: data, extractor, splits and counts.

Text about it for people is made from these fields (`gen100.report.labels`) and never read back.
"""

from typing import Any, Literal

from gen100.settings import Settings


class DataFacts(Settings):
    """The images of a workspace.

    Attributes:
        name: "CIFAR-100"; "synthetic"; or "archive" for another archive in CIFAR-100's format.
        train, test: images of each split.
        seed: of the synthetic images, else None.
    """

    name: Literal["CIFAR-100", "synthetic", "archive"]
    train: int
    test: int
    seed: int | None = None

    @property
    def synthetic(self) -> bool:
        return self.name == "synthetic"


class ExtractorFacts(Settings):
    """The network whose features measure.

    Attributes:
        kind: as in params.yaml, `metrics.extractor.name`.
        sha256: of its file of weights.
        accuracy: of the project's own network, the share of test images that it classifies correctly, in [0, 1].
        seed: of the own network's training.
        synthetic: whether the own network was trained on synthetic images.
    """

    kind: str
    sha256: str
    accuracy: float | None = None
    seed: int | None = None
    synthetic: bool = False

    @property
    def distance(self) -> Literal["FID", "FD"]:
        """Only Inception v3 gives what the literature calls FID; the distance by another network is an FD."""
        return "FID" if self.kind == "inception-v3-compat" else "FD"


class SplitFacts(Settings):
    """Real images that samples are compared with."""

    split: Literal["train", "test"]
    images: int


class Provenance(Settings):
    """Of all numbers of one file.

    Attributes:
        reference: the split that unsuffixed measures are against; `other` is the other one.
        samples: how many images were measured.
    """

    data: DataFacts
    extractor: ExtractorFacts
    reference: SplitFacts
    other: SplitFacts
    samples: int


def difference(a: Any, b: Any, name: str = "") -> tuple[str, Any, Any] | None:
    """The first value in which two nested mappings differ: its key, with dots between levels, and both values."""
    if not isinstance(a, dict) or not isinstance(b, dict):
        return None if a == b else (name, a, b)
    found = (
        difference(a.get(key, "nothing"), b.get(key, "nothing"), f"{name}.{key}".lstrip("."))
        for key in dict.fromkeys([*a, *b])
    )
    return next((one for one in found if one), None)
