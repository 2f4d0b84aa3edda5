"""Lines in a plot at the distances of real images, noise and one flat colour."""

from collections.abc import Sequence

from matplotlib.axes import Axes

from gen100.i18n import N_, _
from gen100.report.style import BLACK

LEVELS: dict[str, tuple[str, str]] = {
    "noise": (N_("noise"), ":"),
    "constant": (N_("one flat colour"), "-."),
    "real": (N_("real images"), "--"),
}
"""Name, to be translated, and line style of each."""


def level_name(kind: str) -> str:
    return _(LEVELS[kind][0])


def draw_levels(axes: Axes, levels: dict[str, float], kinds: Sequence[str] = tuple(LEVELS)) -> None:
    """Draw horizontal lines, each named at its left end: above the line, the lower of noise and colour below it.

    Args:
        levels: the distance of each kind.
        kinds: those to draw.
    """
    for kind in kinds:
        higher = any(levels[other] > levels[kind] for other in kinds if other != kind)
        below = kind != "real" and higher
        axes.axhline(levels[kind], color=BLACK, lw=1.1, ls=LEVELS[kind][1], zorder=1)
        axes.annotate(
            level_name(kind),
            (0.01, levels[kind]),
            xycoords=("axes fraction", "data"),
            xytext=(0, -3 if below else 3),
            textcoords="offset points",
            va="top" if below else "bottom",
            fontsize=8,
        )
