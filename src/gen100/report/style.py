"""One look for every figure, for colour-blind readers too, in files that are the same bytes each time."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import matplotlib as mpl
from cycler import cycler
from matplotlib.figure import Figure
from PIL import Image

from gen100.files import whole
from gen100.report.words import Text

# Okabe and Ito, "Color Universal Design" (2008).
BLUE, VERMILION, GREEN, PURPLE = "#0072B2", "#D55E00", "#009E73", "#CC79A7"
SKY, ORANGE, BLACK, GREY = "#56B4E9", "#E69F00", "#222222", "#777777"
CYCLE = (BLUE, VERMILION, GREEN, PURPLE, SKY, ORANGE, BLACK, GREY)

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


@dataclass(frozen=True)
class Caption:
    """What a figure is, and what one who cannot see it should know of it; kept inside the figure's file."""

    title: Text
    alt: str


def save(figure: Figure, target: Path, caption: Caption) -> None:
    """Write a figure (.png or .svg) without dates or versions, so that equal figures are equal files."""
    told = {"Title": f"{caption.title['en']}\n{caption.title['uk']}", "Description": caption.alt}
    silent = {"Date": None, "Creator": None} if target.suffix == ".svg" else {"Software": None}
    with whole(target) as temporary:
        figure.savefig(temporary, metadata=told | silent)


def read_caption(file: Path) -> Caption:
    """The caption that `save` put into a figure's file."""
    if file.suffix == ".svg":
        dublin_core = "{http://purl.org/dc/elements/1.1/}"
        tree = ElementTree.parse(file)
        titles, alt = (tree.findtext(f".//{dublin_core}{name}") or "" for name in ("title", "description"))
    else:
        with Image.open(file) as image:
            titles, alt = (str(image.info.get(name, "")) for name in ("Title", "Description"))
    english, _, ukrainian = titles.partition("\n")
    return Caption({"en": english, "uk": ukrainian}, alt)
