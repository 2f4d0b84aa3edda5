"""The titles of the thesis's appendices: its families' figures."""

from gen100.families.registry import FAMILIES
from gen100.i18n import N_, _
from gen100.report.family_figure import usual_title
from gen100.thesis.cells import LOSSES

APPENDICES = dict(zip(LOSSES, (N_("A"), N_("B"), N_("C"), N_("D")), strict=True))
"""What each family's appendix is called: Ukrainian counts by its own alphabet."""


def figure_title(family: str) -> str:
    """The title of a family's figure, in the current language: the appendix of the thesis where it has one."""
    if family not in APPENDICES:
        return usual_title(family)
    return _("Appendix {letter}. Training and images generated with the {family} model").format(
        letter=_(APPENDICES[family]), family=FAMILIES[family].title
    )
