"""The thesis's cells by the names of their sizes, and the pairs of cells that its claims compare."""

from collections.abc import Sequence
from itertools import combinations

from gen100.cells import Cell
from gen100.thesis.cells import CELLS, LOSSES

Pair = tuple[Cell, Cell]

SMALL, LARGE = "small", "large"
SIZES = (SMALL, LARGE)
"""The two latent sizes of each family, in ascending order."""

_LATENTS = {family: sorted({cell.latent for cell in CELLS if cell.family == family}) for family in LOSSES}


def find(family: str, loss: str, size: str) -> Cell:
    """The cell of a family, loss and size."""
    return Cell(family, loss, _LATENTS[family][SIZES.index(size)])


def usual(family: str, size: str) -> Cell:
    """A family's cell of experiment 1."""
    return find(family, LOSSES[family][0], size)


def every(family: str) -> list[Cell]:
    """A family's cells, by loss, then size."""
    return [find(family, loss, size) for loss in LOSSES[family] for size in SIZES]


ALL = [cell for family in LOSSES for cell in every(family)]


def rivals(family: str, loss: str, others: Sequence[str] = ()) -> list[Pair]:
    """A loss with `others` of its family, by default all, at both sizes."""
    others = others or [other for other in LOSSES[family] if other != loss]
    return [(find(family, loss, size), find(family, other, size)) for size in SIZES for other in others]


def any_two_losses(family: str) -> list[Pair]:
    """Each two losses of a family, at both sizes."""
    return [
        (find(family, a, size), find(family, b, size))
        for size in SIZES
        for a, b in combinations(LOSSES[family], 2)
    ]


def usual_pairs(family: str) -> list[Pair]:
    """A family's cells of experiment 1 with those of every other, at both sizes."""
    return [(usual(family, size), usual(other, size)) for size in SIZES for other in LOSSES if other != family]


def large_and_small() -> list[Pair]:
    """Both sizes of each family and loss, the large one first."""
    return [(find(family, loss, LARGE), find(family, loss, SMALL)) for family in LOSSES for loss in LOSSES[family]]


def leading(family: str, loss: str, leaders: Sequence[tuple[str, str]]) -> list[Pair]:
    """A loss with every cell of its size but those of `leaders`, each a family and a loss."""
    return [
        (find(family, loss, size), find(other, name, size))
        for size in SIZES
        for other in LOSSES
        for name in LOSSES[other]
        if (other, name) not in leaders
    ]
