"""Which cells of a table are the best of their group, and which are within the noise of the best."""

from typing import Literal

import pandas as pd

from gen100 import layout
from gen100.cells import Cell
from gen100.report.records import advice, reading

Mark = Literal["", "best", "tied"]
Winners = dict[tuple[str, int, frozenset[str]], str]
"""Of a family, a latent size and two losses: the loss with the lower distance, or why neither is named."""

UNKNOWN = "not compared"


def read_winners() -> Winners:
    """What reports/comparisons.csv says of each pair of losses.

    Raises:
        UserError: missing, or of other columns.
    """
    with reading(layout.COMPARISONS, advice("compare")):
        return {
            (row["family"], int(row["latent_size"]), frozenset((row["loss_a"], row["loss_b"]))): {
                "a": row["loss_a"],
                "b": row["loss_b"],
            }.get(row["verdict"], row["verdict"])
            for row in pd.read_csv(layout.COMPARISONS).to_dict("records")
            if row["measure"] == "fid"
        }


def mark_cells(distances: dict[Cell, float], winners: Winners) -> dict[Cell, Mark]:
    """Mark the cells of one table within their groups, the cells of one family and latent size.

    The lowest distance of a group is the best if the comparisons find it better than each of the others. Else it
    is tied, with all that it was not found better than.
    """
    marks: dict[Cell, Mark] = dict.fromkeys(distances, "")
    for family, latent in dict.fromkeys((cell.family, cell.latent) for cell in distances):
        group = [cell for cell in distances if (cell.family, cell.latent) == (family, latent)]
        lowest = min(group, key=lambda cell: distances[cell])
        rivals = [cell for cell in group if cell != lowest]
        tied = [rival for rival in rivals if _better(lowest, rival, winners) != lowest.loss]
        if tied:
            marks |= dict.fromkeys([lowest, *tied], "tied")
        elif rivals:
            marks[lowest] = "best"
    return marks


def _better(first: Cell, second: Cell, winners: Winners) -> str:
    pair = frozenset((first.loss, second.loss))
    return winners.get((first.family, first.latent, pair), UNKNOWN)
