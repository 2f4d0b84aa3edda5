"""What the claims are judged by: results, curves and samples of every cell, and the levels to hold them to."""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import pandas as pd

from gen100 import layout
from gen100.cells import Cell
from gen100.data.arrays import load
from gen100.report import words
from gen100.report.comparisons import compare
from gen100.report.resamples import read_levels
from gen100.report.results import Record, read_curve, read_results
from gen100.report.samples import read_samples
from gen100.report.statistics import Difference, difference
from gen100.thesis.cells import LOSSES
from gen100.thesis.claims.looks import Look, features, look

SMALL, LARGE = "small", "large"
SIZES = (SMALL, LARGE)
LOOKED_AT = 10_000
"""Of a run's samples, and of real images, the looks of this many are measured: a fraction of a percent off."""


class MissingError(Exception):
    """A claim needs a cell, or a measure, that the results do not hold; its text names it."""


def cell(model: str, loss: str, size: str) -> Cell:
    """A cell by its size's name: the thesis' latent sizes are 128 and 2048, for StyleGAN2 128 and 1024."""
    large = 1024 if model == "stylegan2" else 2048
    return Cell(model, loss, 128 if size == SMALL else large)


def usual(model: str, size: str) -> Cell:
    """A model's cell of experiment 1."""
    return cell(model, LOSSES[model][0], size)


def every(model: str) -> list[Cell]:
    return [cell(model, loss, size) for loss in LOSSES[model] for size in SIZES]


def crossings(curve: pd.DataFrame) -> int:
    """How often the two losses of a curve swap sides."""
    signs = np.sign((curve["train_loss"] - curve["val_loss"]).to_numpy(float))
    signs = signs[np.isfinite(signs) & (signs != 0)]
    return int((signs[1:] != signs[:-1]).sum())


def fall(curve: pd.DataFrame) -> float:
    """How far the validation loss fell over the curve, as a share of where it began."""
    values = curve["val_loss"].dropna().to_numpy(float)
    return float((values[0] - values[-1]) / abs(values[0]))


def rises(curve: pd.DataFrame) -> float:
    """The share of records at which the validation loss stands above that of the record before."""
    values = curve["val_loss"].dropna().to_numpy(float)
    if len(values) < 2:
        raise MissingError("a curve of two records")
    return float((np.diff(values) > 0).mean())


def gap(curve: pd.DataFrame) -> float:
    """By how much the last validation loss exceeds the training loss, as a share of the training loss."""
    train, val = (float(curve[name].iloc[-1]) for name in ("train_loss", "val_loss"))
    return (val - train) / abs(train)


@dataclass(frozen=True)
class Study:
    """Everything that a claim may look at.

    Attributes:
        results: rows of results.csv.
        levels: FID of real images, noise and one flat colour.
    """

    results: list[Record]
    levels: dict[str, float]
    _looks: dict[Cell, list[dict[str, Look]]] = field(default_factory=dict)

    @property
    def cells(self) -> list[Cell]:
        return [Cell.parse(text) for text in dict.fromkeys(row["cell"] for row in self.results)]

    def runs(self, which: Cell) -> list[Record]:
        """The rows of a cell, in the order of results.csv."""
        found = [row for row in self.results if row["cell"] == str(which)]
        if not found:
            raise MissingError(str(which))
        return found

    def column(self, which: Cell, name: str) -> list[float]:
        """A measure of results.csv, a value a seed."""
        values = [row.get(name) for row in self.runs(which)]
        if any(value is None for value in values):
            raise MissingError(f"{name} of {which}")
        return [float(value) for value in values if value is not None]

    def curves(self, which: Cell, measure: Callable[[pd.DataFrame], float]) -> list[float]:
        """A measure of the loss curve, a value a seed."""
        return [measure(read_curve(which, row["seed"])) for row in self.runs(which)]

    def mse(self, which: Cell) -> list[float]:
        """The last mean squared error of reconstructed test images, which all losses of a VAE record."""

        def last(curve: pd.DataFrame) -> float:
            if "val_mse" not in curve:
                raise MissingError(f"val_mse of {which}")
            return float(curve["val_mse"].iloc[-1])

        return self.curves(which, last)

    @cached_property
    def real(self) -> np.ndarray:
        """Mean features of real test images."""
        return features(load(layout.ARRAYS).test_images[:LOOKED_AT]).mean(0)

    def look(self, which: Cell, name: str) -> list[Look]:
        """A measure of looks, a value a seed.

        Raises:
            UserError: samples are missing or no images.
        """
        if which not in self._looks:
            self._looks[which] = [
                look(read_samples(which, row["seed"], np.arange(min(int(row["samples"]), LOOKED_AT))), self.real)
                for row in self.runs(which)
            ]
        return [found[name] for found in self._looks[which]]

    def difference(self, a: Cell, b: Cell, measure: str) -> Difference:
        """`measure` of a minus that of b: 'fid', or a measure of looks."""
        for which in (a, b):
            self.runs(which)
        if measure == "fid":
            return compare(a, b, self.results)
        looks = [self.look(which, measure) for which in (a, b)]
        return difference(
            *([one.value for one in found] for found in looks),
            error=float(np.sqrt(sum(_mean_error(found) ** 2 for found in looks))),
            paired=(a.family, a.latent) == (b.family, b.latent),
        )

    def against(self, which: Cell, level: float, measure: str) -> Difference:
        """`measure` of a cell minus a number that is known: 'fid', or a measure of looks."""
        if measure == "fid":
            values = self.column(which, "fid")
            errors = self.column(which, "fid_se")
            error = float(np.sqrt(np.square(errors).sum()) / len(errors))
        else:
            found = self.look(which, measure)
            values, error = [one.value for one in found], _mean_error(found)
        return difference(values, [level] * len(values), error, paired=True)

    def short(self, models: tuple[str, ...]) -> bool:
        """Whether runs of these models are too short to tell of what training ends in."""
        return any(row["images_seen"] < words.SHORT_RUN for row in self.results if row["family"] in models)

    @property
    def synthetic(self) -> bool:
        return "synthetic" in self.results[0]["data"].lower()


def _mean_error(found: list[Look]) -> float:
    return float(np.sqrt(sum(one.error**2 for one in found)) / len(found))


def read_study() -> Study:
    """The study of this workspace.

    Raises:
        UserError: results or reference are missing.
    """
    return Study(read_results(), read_levels())
