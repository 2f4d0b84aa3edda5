"""Whether two losses of a family and size differ by more than noise: reports/comparisons.csv, and the marks of
tables that follow from it."""

from itertools import combinations
from typing import Literal

import numpy as np
import pandas as pd

from gen100 import layout
from gen100.cells import Cell
from gen100.config import Params
from gen100.errors import UserError
from gen100.families.registry import FAMILIES
from gen100.files import whole
from gen100.report.records import Record, advice, reading
from gen100.report.results import by_cell, read_results
from gen100.report.samples import bootstrap
from gen100.report.statistics import LEVEL, Difference, difference, holm

COLUMNS = [
    *("family", "latent_size", "measure", "loss_a", "loss_b", "mean_a", "mean_b", "difference", "seeds"),
    *("low_seeds", "high_seeds", "p_seeds", "low_samples", "high_samples", "p_samples", "p_adjusted", "verdict"),
]
Mark = Literal["", "best", "tied"]
"""Whether a cell of a table is the best of its group, or within the noise of the best."""
Winners = set[tuple[Cell, Cell]]
"""Pairs of cells of one family and size, of which the first has a lower distance than the second beyond noise."""


def compare(a: Cell, b: Cell, results: list[Record]) -> Difference:
    """The FID of cell `a` minus that of `b`, over the seeds that both were run with.

    Bootstrap replicates of FID lie above the measured value, as copies of images add nothing to their spread; by
    about as much in both cells, since they hold equally many images. So the interval over samples stands around
    the measured difference, and only its width is the replicates': the standard deviation of their paired
    differences (the standard normal interval of Efron & Tibshirani 1993, section 12.4; for the bias of FID see
    Bińkowski et al. 2018, section 3 and appendix D).

    Losses of one family and size are paired by seed, for they share the order of data; other cells are not.

    Raises:
        UserError: resamples of a run are missing, or the cells have no seed in common.
    """
    by_seed = [{row["seed"]: float(row["fid"]) for row in results if row["cell"] == str(cell)} for cell in (a, b)]
    seeds = [seed for seed in by_seed[0] if seed in by_seed[1]]
    if not seeds:
        raise UserError(f"{a} and {b} have no seed in common: run both with the seeds of params.yaml")
    (drawn_a, fids_a), (drawn_b, fids_b) = (bootstrap(cell, seeds) for cell in (a, b))
    if not np.array_equal(drawn_a, drawn_b):
        raise UserError(f"{a} and {b} have different bootstrap replicates: evaluate both again")
    error = float(np.std(fids_a - fids_b, ddof=1))
    values = [[found[seed] for seed in seeds] for found in by_seed]
    return difference(*values, error=error, paired=(a.family, a.latent) == (b.family, b.latent))


def _verdict(found: Difference, adjusted: float) -> str:
    intervals = [found.by_samples, *([found.by_seeds] if found.by_seeds else [])]
    if adjusted >= LEVEL or any(low <= 0 <= high for low, high in intervals):
        return "within noise"
    if found.by_seeds is None:
        return "one seed"
    return "a" if found.value < 0 else "b"


def comparisons(results: list[Record]) -> pd.DataFrame:
    """One row for each pair of losses of one family and latent size, with the columns COLUMNS.

    `p_adjusted` is the larger of the two p (with one seed, that over samples), adjusted by Holm's method over all
    rows of the family: which other families are run does not matter. `verdict` is 'a' or 'b', the loss with the
    lower FID, only where both intervals exclude 0 and `p_adjusted` is below 0.05; 'one seed' where the samples
    differ so but a single seed decides nothing; else 'within noise'. With two seeds, t has one degree of freedom,
    and all but huge differences stay within noise.

    Raises:
        UserError: as `compare`.
    """
    cells, rows = by_cell(results), []
    for name, family in FAMILIES.items():
        sizes = sorted({cell.latent for cell in cells if cell.family == name})
        own = [cell for size in sizes for loss in family.losses if (cell := Cell(name, loss, size)) in cells]
        pairs = [(a, b) for a, b in combinations(own, 2) if a.latent == b.latent]
        found = [compare(a, b, results) for a, b in pairs]
        for (a, b), one, adjusted in zip(pairs, found, holm([one.p for one in found]), strict=True):
            rows.append(
                [
                    *(name, a.latent, "fid", a.loss, b.loss, one.mean_a, one.mean_b, one.value, one.seeds),
                    *(one.by_seeds or (None, None)),
                    *(one.p_seeds, *one.by_samples, one.p_samples, adjusted, _verdict(one, adjusted)),
                ]
            )
    return pd.DataFrame(rows, columns=COLUMNS)


def write_comparisons(_params: Params) -> None:
    """Write reports/comparisons.csv; UserError where results.csv or resamples are missing."""
    table = comparisons(read_results())
    with whole(layout.COMPARISONS) as temporary:
        table.to_csv(temporary, index=False, lineterminator="\n")


def read_winners() -> Winners:
    """What reports/comparisons.csv decided; UserError where it is missing, or of other columns."""
    winners: Winners = set()
    with reading(layout.COMPARISONS, advice("compare")):
        for row in pd.read_csv(layout.COMPARISONS).to_dict("records"):
            a, b = (Cell(row["family"], row[loss], int(row["latent_size"])) for loss in ("loss_a", "loss_b"))
            if row["measure"] == "fid" and row["verdict"] in ("a", "b"):
                winners.add((a, b) if row["verdict"] == "a" else (b, a))
    return winners


def mark_cells(distances: dict[Cell, float], winners: Winners) -> dict[Cell, Mark]:
    """Mark the cells of one table within their groups, the cells of one family and latent size.

    The lowest distance of a group is the best if the comparisons find it better than each of the others. Else it
    is tied, with all that it was not found better than.
    """
    marks: dict[Cell, Mark] = dict.fromkeys(distances, "")
    for family, latent in dict.fromkeys((cell.family, cell.latent) for cell in distances):
        group = [cell for cell in distances if (cell.family, cell.latent) == (family, latent)]
        lowest = min(group, key=lambda cell: distances[cell])
        tied = [cell for cell in group if cell != lowest and (lowest, cell) not in winners]
        if tied:
            marks |= dict.fromkeys([lowest, *tied], "tied")
        elif len(group) > 1:
            marks[lowest] = "best"
    return marks
