"""What the stage `forensics` measured, as typed facts: one row of forensics.csv per mistake and set of images."""

import csv
from collections.abc import Mapping
from itertools import groupby
from typing import Literal, TypeVar

import pandas as pd

from gen100 import layout
from gen100.errors import UserError
from gen100.files import write_text
from gen100.provenance import DataFacts, ExtractorFacts, SplitFacts
from gen100.settings import Settings
from gen100.thesis.forensics.mistakes import MISTAKES, NAMED, Mistake

Explained = Literal["both", "IS", "FID", "neither"]
"""The printed columns that a mistake explains."""
Model = TypeVar("Model", bound=Settings)


class ImageSetFacts(Settings):
    """Which images were measured.

    Attributes:
        images: `noise` and `flat` are measured instead of samples, where a mistake needs no model.
        split: of real images.
        cell, seed, images_seen: of samples: their run, and the images that it saw in training.
    """

    images: Literal["real", "samples", "noise", "flat"]
    split: Literal["train", "test"] | None = None
    cell: str | None = None
    seed: int | None = None
    images_seen: int | None = None


class Measurement(ImageSetFacts):
    """What one mistake, or two at once, gives for one set of images.

    Attributes:
        count, reference_count: how many of them, and how many reference images, the distance compares.
        network: the workspace's extractor in whatever state, Inception v3 without trained weights, or none for
            a distance of pixels.
        inception_score: IS.
        fid: the distance on the scale of the network that measured; None where it is not a finite number.
        fid_over_noise: the distance over that of noise by the correct pipeline, where the network is the
            workspace's.
        fid_low, fid_high: the interval of the distance on the scale of Inception's FID.
        prints_100: whether IS prints as 1.00.
        fid_in_range: whether that interval meets the range that the thesis printed.
    """

    count: int
    reference_count: int
    network: Literal["extractor", "untrained Inception v3", "none"]
    inception_score: float
    fid: float | None
    fid_over_noise: float | None = None
    fid_low: float | None
    fid_high: float | None
    prints_100: bool
    fid_in_range: bool


class MistakeResult(Settings):
    """A mistake, or two at once, on every set of images."""

    mistakes: tuple[Mistake, ...]
    explains: Explained
    measurements: tuple[Measurement, ...]

    @property
    def real(self) -> list[Measurement]:
        return [found for found in self.measurements if found.images == "real"]

    @property
    def samples(self) -> list[Measurement]:
        """Of samples, or of what is measured instead."""
        return [found for found in self.measurements if found.images != "real"]

    @property
    def fid_ends(self) -> list[float | None]:
        """Both ends of the interval of each sample set's distance, on the scale of Inception's FID."""
        return [end for found in self.samples for end in (found.fid_low, found.fid_high)]


class ForensicsFacts(Settings):
    """All results of a workspace, and what they were measured with.

    Attributes:
        reference: the real images that sets are compared with.
        results: the correct pipeline first, then single mistakes, each followed by its pairs.
    """

    data: DataFacts
    extractor: ExtractorFacts
    reference: SplitFacts
    results: tuple[MistakeResult, ...]

    @property
    def correct(self) -> MistakeResult:
        return self.results[0]

    @property
    def singles(self) -> list[MistakeResult]:
        return [result for result in self.results[1:] if len(result.mistakes) == 1]

    @property
    def pairs(self) -> list[MistakeResult]:
        return [result for result in self.results[1:] if len(result.mistakes) == 2]

    @property
    def noise(self) -> float | None:
        """The distance of uniform noise by the correct pipeline."""
        return next(result for result in self.singles if result.mistakes[0].name == "noise").measurements[0].fid

    @property
    def skipped(self) -> list[Mistake]:
        """The mistakes that this workspace's network and data do not allow."""
        tried = {mistake.name for result in self.results for mistake in result.mistakes}
        return [mistake for mistake in MISTAKES if mistake.name not in tried]


_PROVENANCE: dict[str, type[Settings]] = {"data": DataFacts, "extractor": ExtractorFacts, "reference": SplitFacts}
_TRIED = ("mistake", "second_mistake", "explains")


def write_forensics_csv(facts: ForensicsFacts) -> None:
    """Write reports/forensics.csv. Provenance is repeated in each row."""
    provenance = {
        f"{name}_{key}": value for name in _PROVENANCE for key, value in getattr(facts, name).model_dump().items()
    }
    rows = []
    for result in facts.results:
        first, second = [*(mistake.name for mistake in result.mistakes), ""][:2]
        tried = dict(zip(_TRIED, (first, second, result.explains), strict=True))
        rows += [tried | found.model_dump() | provenance for found in result.measurements]
    text = pd.DataFrame(rows, dtype=object).to_csv(index=False, lineterminator="\n")
    write_text(layout.FORENSICS.with_suffix(".csv"), text)


def _picked(model: type[Model], row: Mapping[str, str], prefix: str = "") -> Model:
    """The columns of a model's fields; an empty one is None."""
    return model.model_validate({key: row[f"{prefix}{key}"] or None for key in model.model_fields})


def read_forensics() -> ForensicsFacts:
    """Read what `write_forensics_csv` wrote.

    Raises:
        UserError: the file is missing, damaged or of another version.
    """
    file = layout.FORENSICS.with_suffix(".csv")
    try:
        with file.open(encoding="utf-8", newline="") as text:
            rows = list(csv.DictReader(text, strict=True))
        provenance = {name: _picked(model, rows[0], f"{name}_") for name, model in _PROVENANCE.items()}
        results = [
            {
                "mistakes": [NAMED[name] for name in (first, second) if name],
                "explains": explains,
                "measurements": [_picked(Measurement, row) for row in group],
            }
            for (first, second, explains), group in groupby(rows, key=lambda row: [row[key] for key in _TRIED])
        ]
        facts = ForensicsFacts.model_validate({**provenance, "results": results})
        if facts.noise is None:
            raise ValueError("no distance of noise")
    except FileNotFoundError:
        raise UserError(f"{file} is missing: run stage forensics") from None
    except (ValueError, KeyError, IndexError, StopIteration, csv.Error):  # pydantic's errors are ValueErrors
        raise UserError(f"{file} is damaged or of another version: remove it and run stage forensics") from None
    return facts
