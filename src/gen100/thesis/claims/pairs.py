"""The thesis's cells by the names of their sizes, and the pairs of cells that its claims compare."""

from collections.abc import Sequence
from itertools import combinations

from gen100.cells import Cell
from gen100.thesis.cells import CELLS, LOSSES

Pair = tuple[Cell, Cell]

SIZES = SMALL, LARGE = "small", "large"
"""The two latent sizes of each family, in ascending order."""
SIZE_OF = {
    Cell(family, loss, latent): size
    for family, losses in LOSSES.items()
    for loss in losses
    for size, latent in zip(SIZES, sorted({cell.latent for cell in CELLS if cell.family == family}), strict=True)
}
"""The thesis's cells, by family, loss, then size."""


def select(family: str = "", loss: str = "", size: str = "") -> list[Cell]:
    """The cells of a family, a loss and a size, or of all where one is not given; by family, loss, then size."""
    return [
        cell
        for cell, its_size in SIZE_OF.items()
        if family in ("", cell.family) and loss in ("", cell.loss) and size in ("", its_size)
    ]


def usual(family: str = "", size: str = "") -> list[Cell]:
    """The cells of experiment 1."""
    return [cell for cell in select(family, size=size) if cell.loss == LOSSES[cell.family][0]]


def versus(first: Sequence[Cell], second: Sequence[Cell]) -> list[Pair]:
    """Each of the first cells with each other one of the second that has its size."""
    return [(a, b) for size in SIZES for a in first for b in second if SIZE_OF[a] == SIZE_OF[b] == size and a != b]


def matched(first: Sequence[Cell], second: Sequence[Cell]) -> list[Pair]:
    """The first cells with the second, one by one."""
    return list(zip(first, second, strict=True))


def any_two_losses(family: str) -> list[Pair]:
    """Each two losses of a family, at both sizes."""
    return [pair for size in SIZES for pair in combinations(select(family, size=size), 2)]
