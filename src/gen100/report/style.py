"""One style for every figure, for colour-blind readers too, in files that are the same bytes each time."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

import matplotlib as mpl
import matplotlib.style
from babel.numbers import format_decimal, get_decimal_symbol
from cycler import cycler
from matplotlib.artist import Artist
from matplotlib.axis import Axis
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.text import Text
from matplotlib.textpath import text_to_path
from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter, ScalarFormatter
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


@contextmanager
def styled() -> Iterator[None]:
    """Draw and save within this block in the project's style, figures.mplstyle, whatever a user's matplotlibrc
    says."""
    with mpl.rc_context():
        mpl.rcdefaults()
        matplotlib.style.use("gen100.report.figures")
        mpl.rcParams["axes.prop_cycle"] = cycler(color=CYCLE)
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


def shortened(text: str, inches: float, size: float) -> str:
    """A text in letters of `size` points, or as much of its start and end as fits into `inches` with an
    ellipsis."""
    font = FontProperties(size=size)

    def fits(said: str) -> bool:
        return text_to_path.get_text_width_height_descent(said, font, ismath=False)[0] <= 72 * inches

    ends = (length // 2 for length in range(len(text) - 1, 0, -1))
    cuts = (f"{text[: end + 1].rstrip()}…{text[len(text) - end :].lstrip()}" for end in ends)
    return text if fits(text) else next(filter(fits, cuts), "…")


class _DecimalFormatter(ScalarFormatter):
    """Matplotlib's numbers along a linear axis, with the decimal mark of the current language."""

    def __init__(self) -> None:
        super().__init__(useOffset=False)
        self._mark = get_decimal_symbol(i18n.current())

    def __call__(self, x: float, pos: int | None = None) -> str:
        return super().__call__(x, pos).replace(".", self._mark)


def localize(figure: Figure) -> None:
    """Give the numbers along all linear axes the decimal mark of the current language, and show all texts as they
    are: formulas between dollar signs are for the numbers along logarithmic axes alone."""
    for axes in figure.axes:
        for axis in (axes.xaxis, axes.yaxis):
            if type(axis.get_major_formatter()) is ScalarFormatter:
                axis.set_major_formatter(_DecimalFormatter())
    for text in _words(figure):
        text.set_parse_math(False)


def _words(artist: Artist) -> Iterator[Text]:
    """All texts of a figure but the numbers along its axes, which matplotlib would make when asked for them."""
    if isinstance(artist, Axis):
        yield artist.label
    elif isinstance(artist, Text):
        yield artist
    else:
        for part in artist.get_children():
            yield from _words(part)


def plain(value: float, digits: int = 6) -> str:
    """A number without trailing zeros, with at most so many significant digits: 0.05, 1234.5, 2e-07."""
    text = f"{value:.{digits}g}"
    if "e" in text:
        return text.replace(".", get_decimal_symbol(i18n.current()))
    return format_decimal(float(text), "0.##############", i18n.current())


def plain_numbers(axis: Axis, steps: tuple[float, ...]) -> None:
    """Write numbers without exponents along a logarithmic axis, at each of `steps` times a power of 10."""
    axis.set_major_locator(LogLocator(subs=steps))
    axis.set_major_formatter(FuncFormatter(lambda value, _position: plain(value)))
    axis.set_minor_formatter(NullFormatter())


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
    """The caption that `save` put into a figure's file; FileNotFoundError where that is missing."""
    if file.suffix == ".svg":
        dublin_core = "{http://purl.org/dc/elements/1.1/}"
        tree = ElementTree.parse(file)
        return Caption(*(tree.findtext(f".//{dublin_core}{name}") or "" for name in ("title", "description")))
    with Image.open(file) as image:
        return Caption(*(str(image.info.get(name, "")) for name in ("Title", "Description")))
