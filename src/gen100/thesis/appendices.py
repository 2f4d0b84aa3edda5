"""The titles of the thesis's appendices: its families' figures."""

from gen100.families.registry import FAMILIES
from gen100.i18n import N_, _
from gen100.report.family_figure import usual_title
from gen100.thesis.cells import APPENDICES

LETTERS = {"a": N_("A"), "b": N_("B"), "c": N_("C"), "d": N_("D")}
"""What each appendix is called: Ukrainian counts by its own alphabet."""


def figure_title(family: str) -> str:
    """The title of a family's figure, in the current language: the appendix of the thesis where it has one."""
    if family not in APPENDICES:
        return usual_title(family)
    return _("Appendix {letter}. Training and images generated with the {family} model").format(
        letter=_(LETTERS[APPENDICES[family]]), family=FAMILIES[family].title
    )
