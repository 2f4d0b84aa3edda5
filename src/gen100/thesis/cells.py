"""What the thesis ran and printed, from thesis.csv alone: the program may know more families, losses and sizes."""

import csv
from importlib.resources import files

from gen100.cells import Cell
from gen100.families.registry import FAMILIES
from gen100.i18n import N_, _
from gen100.report.labels import usual_title

PRINTED = ("fid", "is", "train_loss", "val_loss")
"""The columns that the thesis has."""

with files("gen100.thesis").joinpath("thesis.csv").open(encoding="utf-8") as file:
    NUMBERS = {
        Cell(row["model"], row["loss"], int(row["latent_size"])): {name: row[name] for name in PRINTED}
        for row in csv.DictReader(file)
    }
"""The thesis's cells in its order, and their numbers as printed."""

CELLS = tuple(NUMBERS)

LOSSES: dict[str, tuple[str, ...]] = {
    family: tuple(dict.fromkeys(cell.loss for cell in CELLS if cell.family == family))
    for family in dict.fromkeys(cell.family for cell in CELLS)
}
"""The thesis's families in its order, each with its losses; the first is the one of experiment 1."""


def experiment(cell: Cell) -> int:
    """1 for a family's usual loss, 2 for the others (Tables 3.1 and 3.2); 0 for a cell that the thesis has not."""
    if cell not in NUMBERS:
        return 0
    return 1 if cell.loss == LOSSES[cell.family][0] else 2


APPENDICES = dict(zip(LOSSES, (N_("A"), N_("B"), N_("C"), N_("D")), strict=True))
"""What the appendix with each family's figure is called: Ukrainian counts by its own alphabet."""


def figure_title(family: str) -> str:
    """The title of a family's figure, in the current language: the appendix of the thesis where it has one."""
    if family not in APPENDICES:
        return usual_title(family)
    return _("Appendix {letter}. Training and images generated with the {family} model").format(
        letter=_(APPENDICES[family]), family=FAMILIES[family].title
    )
