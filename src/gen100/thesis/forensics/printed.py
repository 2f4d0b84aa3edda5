"""What the thesis printed: the range of its FIDs, and what its numbers say by themselves."""

from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from statistics import median

from scipy.stats import kruskal

from gen100.cells import Cell
from gen100.thesis.cells import NUMBERS


@dataclass(frozen=True)
class PrintedNumbers:
    """FID and IS of every cell, as printed."""

    fid: dict[Cell, float]
    score: dict[Cell, float]

    @property
    def low(self) -> float:
        return min(self.fid.values())

    @property
    def high(self) -> float:
        return max(self.fid.values())

    @property
    def scores(self) -> list[float]:
        """The distinct values of IS, ascending."""
        return sorted(set(self.score.values()))

    @cached_property
    def by_family(self) -> dict[str, list[float]]:
        """FIDs of each family's cells."""
        families = dict.fromkeys(cell.family for cell in self.fid)
        return {family: [fid for cell, fid in self.fid.items() if cell.family == family] for family in families}

    @property
    def medians(self) -> dict[str, float]:
        return {family: median(values) for family, values in self.by_family.items()}

    @property
    def p_families(self) -> float:
        """p of the Kruskal-Wallis test that the FIDs of all families come from one distribution."""
        return float(kruskal(*self.by_family.values()).pvalue)

    @property
    def p_families_without_worst(self) -> float:
        """The same without the family with the highest median."""
        medians = self.medians
        worst = max(medians, key=lambda family: medians[family])
        return float(kruskal(*(values for family, values in self.by_family.items() if family != worst)).pvalue)

    @property
    def pairs(self) -> list[tuple[float, float]]:
        """FIDs of each family and loss at the smaller and at the larger latent."""
        cells = sorted(self.fid)
        return [
            (self.fid[small], self.fid[large])
            for small, large in pairwise(cells)
            if (small.family, small.loss) == (large.family, large.loss)
        ]


def read_printed() -> PrintedNumbers:
    return PrintedNumbers(
        {cell: float(row["fid"]) for cell, row in NUMBERS.items()},
        {cell: float(row["is"]) for cell, row in NUMBERS.items()},
    )
