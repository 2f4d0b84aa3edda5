"""One style for every figure, for colour-blind readers too, in files that are the same bytes each time."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import matplotlib as mpl
from babel.numbers import format_decimal, get_decimal_symbol
from cycler import cycler
from matplotlib.figure import Figure
from matplotlib.ticker import ScalarFormatter
from PIL import Image

from gen100 import i18n
from gen100.files import whole

# Okabe and Ito, "Color Universal Design" (2008).
BLUE, VERMILION, GREEN, PURPLE = "#0072B2", "#D55E00", "#009E73", "#CC79A7"
SKY, ORANGE, BLACK, GREY = "#56B4E9", "#E69F00", "#222222", "#777777"
CYCLE = (BLUE, VERMILION, GREEN, PURPLE, SKY, ORANGE, BLACK, GREY)
_COLOURS = (BLUE, VERMILION, GREEN, PURPLE, SKY, ORANGE)
_MARKERS = ("o", "s", "^", "D", "v", "P", "X")
_DASHES = ("-", (0, (4, 1.5)), (0, (1, 1)), (0, (4, 1, 1, 1)))
Dashes = str | tuple[int, tuple[float, ...]]

_RC: dict[Any, Any] = {
    "font.family": "DejaVu Sans",
    "font.size": 10,
    "axes.titlesize": 10.5,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.edgecolor": "#555555",
    "axes.labelcolor": BLACK,
    "axes.prop_cycle": cycler(color=CYCLE),
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": "#e4e4e4",
    "grid.linewidth": 0.7,
    "lines.linewidth": 1.8,
    "legend.frameon": False,
    "legend.fontsize": 9,
    "xtick.color": "#555555",
    "ytick.color": "#555555",
    "xtick.labelcolor": BLACK,
    "ytick.labelcolor": BLACK,
    "xtick.labelsize": 9,
    "ytick.labelsize": 9,
    "figure.facecolor": "white",
    "figure.dpi": 200,
    "savefig.dpi": "figure",
    "svg.hashsalt": "gen100",
    "svg.fonttype": "path",
}


@contextmanager
def styled() -> Iterator[None]:
    """Draw and save within this block in the project's style, whatever a user's matplotlibrc says."""
    with mpl.rc_context():
        mpl.rcdefaults()
        mpl.rcParams.update(_RC)
        yield


def colour(number: int) -> str:
    """The colour of the series with this number, from 0; after the sixth they come again."""
    return _COLOURS[number % len(_COLOURS)]


def marker(number: int) -> str:
    """The marker of the series with this number, from 0; the first 42 differ in colour or marker."""
    return _MARKERS[number % len(_MARKERS)]


def dashes(number: int) -> Dashes:
    """The line style with this number, from 0: solid, dashed, dotted, dash-dotted, and again."""
    return _DASHES[number % len(_DASHES)]


class _DecimalFormatter(ScalarFormatter):
    """Matplotlib's numbers along a linear axis, with the decimal mark of the current language."""

    def __init__(self) -> None:
        super().__init__(useOffset=False)
        self._mark = get_decimal_symbol(i18n.current())

    def __call__(self, x: float, pos: int | None = None) -> str:
        return super().__call__(x, pos).replace(".", self._mark)


def localize(figure: Figure) -> None:
    """Give the numbers along all linear axes the decimal mark of the current language."""
    for axes in figure.axes:
        for axis in (axes.xaxis, axes.yaxis):
            if type(axis.get_major_formatter()) is ScalarFormatter:
                axis.set_major_formatter(_DecimalFormatter())


def plain(value: float, digits: int = 6) -> str:
    """A number without trailing zeros, with at most so many significant digits: 0.05, 1234.5, 2e-07."""
    text = f"{value:.{digits}g}"
    if "e" in text:
        return text.replace(".", get_decimal_symbol(i18n.current()))
    return format_decimal(float(text), "0.##############", i18n.current())


@dataclass(frozen=True)
class Caption:
    """What a figure is, and what one who cannot see it should know of it, in the figure's language.

    It is kept inside the figure's file.
    """

    title: str
    alt: str


def save(figure: Figure, target: Path, caption: Caption) -> None:
    """Write a figure (.png or .svg) without dates or versions, so that equal figures are equal files."""
    localize(figure)
    told = {"Title": caption.title, "Description": caption.alt}
    silent = {"Date": None, "Creator": None} if target.suffix == ".svg" else {"Software": None}
    with whole(target) as temporary:
        figure.savefig(temporary, metadata=told | silent)


def read_caption(file: Path) -> Caption:
    """The caption that `save` put into a figure's file.

    Raises:
        FileNotFoundError: the file is missing.
    """
    if file.suffix == ".svg":
        dublin_core = "{http://purl.org/dc/elements/1.1/}"
        tree = ElementTree.parse(file)
        return Caption(*(tree.findtext(f".//{dublin_core}{name}") or "" for name in ("title", "description")))
    with Image.open(file) as image:
        return Caption(*(str(image.info.get(name, "")) for name in ("Title", "Description")))
