"""The runs of the thesis's cells: what its claims are judged by, and nothing else that a workspace may hold."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import pandas as pd

from gen100 import layout
from gen100.cells import Cell
from gen100.data.arrays import load
from gen100.i18n import _
from gen100.provenance import Provenance
from gen100.report.comparisons import compare
from gen100.report.labels import SHORT_RUN
from gen100.report.reference import read_levels, read_provenance
from gen100.report.results import Record, read_curve, read_results
from gen100.report.samples import read_samples
from gen100.report.statistics import Difference, difference
from gen100.thesis.cells import CELLS
from gen100.thesis.claims.appearance import Appearance, features, measure_appearance

LOOKED_AT = 10_000
"""The appearance of this many samples of a run, and of as many real images, is measured: enough for an error of
a fraction of a percent."""


class MissingError(Exception):
    """A claim needs a cell, or a value of a cell, that the results do not hold.

    Args:
        what: the cell or the value; a message, to be translated.
        cell: whose value it is.
    """

    def __init__(self, what: str, cell: Cell | None = None) -> None:
        super().__init__(what)
        self.what, self.cell = what, cell

    def text(self) -> str:
        """What is missing, in the current language."""
        return _(self.what) if self.cell is None else f"{self.cell}: {_(self.what)}"


@dataclass(frozen=True)
class ThesisRuns:
    """Everything that a claim may look at. Runs of other cells are left out, so that they cannot move a verdict.

    Attributes:
        rows: rows of results.csv, those of the thesis's cells.
        provenance: what all rows were measured with. How many samples each run drew, its row says.
        levels: FID of real images, noise and one flat colour.
    """

    rows: list[Record]
    provenance: Provenance
    levels: dict[str, float]
    _appearances: dict[Cell, list[dict[str, Appearance]]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        names = {str(cell) for cell in CELLS}
        object.__setattr__(self, "rows", [row for row in self.rows if row["cell"] in names])

    def present(self, cells: Sequence[Cell]) -> list[Cell]:
        """Those of `cells` that were run, in their order.

        Raises:
            MissingError: none was.
        """
        names = {row["cell"] for row in self.rows}
        found = [cell for cell in cells if str(cell) in names]
        if not found:
            raise MissingError(str(cells[0]))
        return found

    def of(self, cell: Cell) -> list[Record]:
        """The rows of a cell, one per seed, in the order of results.csv.

        Raises:
            MissingError: there is none.
        """
        found = [row for row in self.rows if row["cell"] == str(cell)]
        if not found:
            raise MissingError(str(cell))
        return found

    def column(self, cell: Cell, name: str) -> list[float]:
        """A measure of results.csv, one value per seed.

        Raises:
            MissingError: the cell or a value is missing.
        """
        values = [row.get(name) for row in self.of(cell)]
        if any(value is None for value in values):
            raise MissingError(name, cell)
        return [float(value) for value in values if value is not None]

    def curve_values(self, cell: Cell, measure: Callable[[pd.DataFrame], float]) -> list[float]:
        """A measure of the loss curve, one value per seed.

        Raises:
            MissingError: the cell is missing, or `measure` misses a column or rows.
            UserError: a curve is missing or broken.
        """
        curves = [read_curve(cell, row["seed"]) for row in self.of(cell)]
        try:
            return [measure(curve) for curve in curves]
        except MissingError as error:
            raise MissingError(error.what, cell) from None

    @cached_property
    def real(self) -> np.ndarray:
        """Mean features of real test images: 1 + S/2 values."""
        return features(load(layout.ARRAYS).test_images[:LOOKED_AT]).mean(0)

    def appearance(self, cell: Cell, name: str) -> list[Appearance]:
        """A measure of appearance, one value per seed.

        Raises:
            MissingError: the cell is missing.
            UserError: samples are missing or are not images.
        """
        if cell not in self._appearances:
            self._appearances[cell] = [self._appearance(cell, row) for row in self.of(cell)]
        return [found[name] for found in self._appearances[cell]]

    def _appearance(self, cell: Cell, row: Record) -> dict[str, Appearance]:
        chosen = np.arange(min(int(row["samples"]), LOOKED_AT))
        return measure_appearance(read_samples(cell, row["seed"], chosen), self.real)

    def difference(self, a: Cell, b: Cell, measure: str) -> Difference:
        """`measure` of a minus that of b: 'fid', or a measure of appearance.

        Raises:
            MissingError: a cell is missing.
            UserError: resamples or samples are missing or broken.
        """
        for cell in (a, b):
            self.of(cell)
        if measure == "fid":
            return compare(a, b, self.rows)
        found = [self.appearance(cell, measure) for cell in (a, b)]
        return difference(
            *([one.value for one in values] for values in found),
            error=math.hypot(*(_mean_error(values) for values in found)),
            paired=(a.family, a.latent) == (b.family, b.latent),
        )

    def against(self, cell: Cell, level: float, measure: str) -> Difference:
        """`measure` of a cell minus a known number: 'fid', or a measure of appearance.

        Raises:
            MissingError: the cell or its measure is missing.
            UserError: samples are missing or are not images.
        """
        if measure == "fid":
            values, errors = self.column(cell, "fid"), self.column(cell, "fid_se")
        else:
            found = self.appearance(cell, measure)
            values, errors = [one.value for one in found], [one.error for one in found]
        return difference(values, [level] * len(values), _error_of_mean(errors), paired=True)

    def short(self, families: Sequence[str]) -> bool:
        """Whether runs of these families are too short to show what training ends in."""
        return any(row["images_seen"] < SHORT_RUN for row in self.rows if row["family"] in families)


def _error_of_mean(errors: Sequence[float]) -> float:
    return float(np.sqrt(np.square(errors).sum()) / len(errors))


def _mean_error(found: list[Appearance]) -> float:
    return _error_of_mean([one.error for one in found])


def read_runs() -> ThesisRuns:
    """The runs of this workspace's thesis cells.

    Raises:
        UserError: results or reference are missing or broken.
    """
    levels = read_levels()
    return ThesisRuns(read_results(), read_provenance(), levels)
