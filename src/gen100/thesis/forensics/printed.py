"""What the thesis printed: its range of FID, and what its numbers say by themselves."""

from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from statistics import median

from scipy.stats import kruskal

from gen100.cells import Cell
from gen100.thesis.cells import NUMBERS


@dataclass(frozen=True)
class Printed:
    """The printed rows: FID and IS of every cell.

    Attributes:
        fid: as numbers.
        score: IS as printed.
    """

    fid: dict[Cell, float]
    score: dict[Cell, str]

    @property
    def low(self) -> float:
        return min(self.fid.values())

    @property
    def high(self) -> float:
        return max(self.fid.values())

    @property
    def scores(self) -> list[str]:
        """The different values of IS."""
        return sorted(set(self.score.values()))

    @cached_property
    def by_model(self) -> dict[str, list[float]]:
        """FID of each model's cells."""
        models = dict.fromkeys(cell.family for cell in self.fid)
        return {model: [fid for cell, fid in self.fid.items() if cell.family == model] for model in models}

    @property
    def medians(self) -> dict[str, float]:
        return {model: median(values) for model, values in self.by_model.items()}

    @property
    def p_models(self) -> float:
        """Of the Kruskal-Wallis test that all models' FIDs are drawn from one distribution."""
        return float(kruskal(*self.by_model.values()).pvalue)

    @property
    def p_models_without_worst(self) -> float:
        """The same without the model of the highest median."""
        medians = self.medians
        worst = max(medians, key=lambda model: medians[model])
        return float(kruskal(*(values for model, values in self.by_model.items() if model != worst)).pvalue)

    @property
    def pairs(self) -> list[tuple[float, float]]:
        """FID of each model and loss at the smaller and at the larger latent."""
        cells = sorted(self.fid)
        return [
            (self.fid[small], self.fid[large])
            for small, large in pairwise(cells)
            if (small.family, small.loss) == (large.family, large.loss)
        ]


def read_printed() -> Printed:
    numbers = NUMBERS
    return Printed(
        {cell: float(row["fid"]) for cell, row in numbers.items()},
        {cell: row["is"] for cell, row in numbers.items()},
    )
