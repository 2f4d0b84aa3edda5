"""The runs of the thesis's cells: what its claims are judged by, and nothing else that a workspace may hold."""

import math
from collections.abc import Callable, Sequence
from functools import cache, cached_property, partial

import numpy as np
import pandas as pd

from gen100 import layout
from gen100.cells import Cell
from gen100.data.arrays import load
from gen100.report.comparisons import compare
from gen100.report.records import Record
from gen100.report.reference import read_levels, read_provenance
from gen100.report.results import read_curve, read_results
from gen100.report.samples import read_samples
from gen100.report.statistics import Difference, difference
from gen100.thesis.cells import CELLS
from gen100.thesis.claims.appearance import Appearance, features, measure_appearance

LOOKED_AT = 10_000
"""The appearance of this many samples of a run, and of as many real images, is measured: enough for an error of
a fraction of a percent."""


class MissingError(Exception):
    """A claim needs a cell, or a value of a cell, that the results do not hold; named in the current language."""


class ThesisRuns:
    """Everything of this workspace that a claim may look at.

    Runs of other cells are left out, so that they cannot move a verdict. Each method raises MissingError where the
    results lack a cell or its measure, and UserError where a curve, resamples or samples are missing or broken.

    Attributes:
        rows: rows of results.csv, those of the thesis's cells.
        provenance: what all rows were measured with. How many samples each run drew, its row says.
        levels: FID of real images, noise and one flat colour.

    Raises:
        UserError: results or reference are missing or broken.
    """

    def __init__(self) -> None:
        names = {str(cell) for cell in CELLS}
        self.rows = [row for row in read_results() if row["cell"] in names]
        self.provenance = read_provenance()
        self.levels = read_levels()
        # Several claims, each in every language, ask for the same ones.
        self._compare = cache(partial(compare, results=self.rows))
        self._appearances = cache(self._measure_appearances)

    def present(self, cells: Sequence[Cell]) -> list[Cell]:
        """Those of `cells` that were run, in their order."""
        names = {row["cell"] for row in self.rows}
        found = [cell for cell in cells if str(cell) in names]
        if not found:
            raise MissingError(str(cells[0]))
        return found

    def of(self, cell: Cell) -> list[Record]:
        """The rows of a cell, one per seed, in the order of results.csv."""
        found = [row for row in self.rows if row["cell"] == str(cell)]
        if not found:
            raise MissingError(str(cell))
        return found

    def column(self, cell: Cell, name: str) -> list[float]:
        """A measure of results.csv, one value per seed."""
        values = [row.get(name) for row in self.of(cell)]
        if None in values:
            raise MissingError(f"{cell}: {name}")
        return np.array(values, float).tolist()

    def curve_values(self, cell: Cell, measure: Callable[[pd.DataFrame], float]) -> list[float]:
        """A measure of a cell's loss curves, one value per seed; an error names the cell."""
        curves = [read_curve(cell, row["seed"]) for row in self.of(cell)]
        try:
            return [measure(curve) for curve in curves]
        except MissingError as error:
            raise MissingError(f"{cell}: {error}") from None

    def difference(self, a: Cell, b: Cell, measure: str) -> Difference:
        """`measure` of a minus that of b: 'fid', or a measure of appearance."""
        for cell in (a, b):
            self.of(cell)
        if measure == "fid":
            return self._compare(a, b)
        (first, first_error), (second, second_error) = (self._measured(cell, measure) for cell in (a, b))
        paired = (a.family, a.latent) == (b.family, b.latent)
        return difference(first, second, math.hypot(first_error, second_error), paired)

    def against(self, cell: Cell, level: float, measure: str) -> Difference:
        """`measure` of a cell minus a known number: 'fid', or a measure of appearance."""
        values, error = self._measured(cell, measure)
        return difference(values, [level] * len(values), error, paired=True)

    def _measured(self, cell: Cell, measure: str) -> tuple[list[float], float]:
        """One value per seed, and the standard error of their mean that is due to the samples drawn."""
        if measure == "fid":
            values, errors = self.column(cell, "fid"), self.column(cell, "fid_se")
        else:
            found = [each[measure] for each in self._appearances(cell)]
            values, errors = [value for value, _ in found], [error for _, error in found]
        return values, float(np.sqrt(np.square(errors).sum()) / len(errors))

    @cached_property
    def _real(self) -> np.ndarray:
        """Mean features of real test images: 1 + S/2 values."""
        return features(load(layout.ARRAYS).test_images[:LOOKED_AT]).mean(0)

    def _measure_appearances(self, cell: Cell) -> list[dict[str, Appearance]]:
        """The appearance of the samples of each run of a cell."""
        found = []
        for row in self.of(cell):
            chosen = np.arange(min(int(row["samples"]), LOOKED_AT))
            found.append(measure_appearance(read_samples(cell, row["seed"], chosen), self._real))
        return found
