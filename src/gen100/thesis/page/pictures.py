"""Pictures small enough to be carried inside the page."""

import base64
import io
import re
from pathlib import Path
from typing import NamedTuple

import matplotlib as mpl
import pandas as pd
from markupsafe import Markup
from matplotlib.figure import Figure
from PIL import Image

from gen100.errors import UserError
from gen100.report.grid import Images, mosaic
from gen100.report.loss_graph import draw_losses
from gen100.report.style import Caption, localize, read_caption, styled

COLUMNS = 8
"""Of a mosaic."""
QUALITY = 75
"""Of WebP: at 32 x 32 pixels the loss is invisible."""
GRAPH = (5.6, 2.1)
"""Inches."""
SIGNS = str.maketrans({"'": "%26quot;", '"': "'", "&": "%26", "%": "%25", "#": "%23", "<": "%3C", ">": "%3E"})
"""Those of an SVG that an address in double quotes cannot hold."""


class Picture(NamedTuple):
    """A picture inside the page, and its size in CSS pixels."""

    address: str
    width: int
    height: int


def data_address(content: bytes, kind: str) -> str:
    return f"data:{kind};base64,{base64.b64encode(content).decode()}"


def _webp(image: Image.Image, quality: int = QUALITY, lossless: bool = False) -> bytes:
    content = io.BytesIO()
    image.save(content, "webp", lossless=lossless, quality=quality, method=4)
    return content.getvalue()


def photograph(pixels: Images) -> Picture:
    """Images as they are, height x width x 3, each pixel once."""
    height, width = pixels.shape[:2]
    return Picture(data_address(_webp(Image.fromarray(pixels)), "image/webp"), width, height)


def tiles(images: Images) -> Picture:
    """N x 3 x 32 x 32 images in rows of eight."""
    return photograph(mosaic(images, COLUMNS, scale=1, gap=0))


def _vector(text: str) -> str:
    """The address of an SVG, without what browsers neither show nor need."""

    def rounded(found: re.Match[str]) -> str:
        return f"{float(found['number']):.1f}".removesuffix(".0") if found["number"] else found[0]

    text = re.sub(r"<\?xml.*?\?>|<!DOCTYPE.*?>|<!--.*?-->|<metadata>.*?</metadata>", "", text, flags=re.DOTALL)
    text = re.sub(r"\s+", " ", text.replace("> <", "><")).strip()
    # Coordinates to a tenth of their unit; scale factors and texts stay.
    text = re.sub(
        r'\b(?:d|x|y|width|height|transform)="[^"]*"',
        lambda attribute: re.sub(r"scale\([^)]*\)|(?P<number>\d+\.\d{2,})", rounded, attribute[0]),
        text,
    )
    # Letters are outlines with long names, placed once each time they occur.
    text = re.sub(r'\b(id="|href="#)DejaVuSans-', r"\1", text).replace("xlink:href", "href")
    return Markup("data:image/svg+xml," + text.translate(SIGNS))


def loss_graph(curves: list[pd.DataFrame], family: str) -> Picture:
    """Both losses by epoch, as in the family's figure, without words: those stand next to it."""
    with styled():
        figure = Figure(figsize=GRAPH, dpi=96)
        axes = figure.add_axes((0.1, 0.13, 0.88, 0.82))
        draw_losses(axes, curves, family)
        axes.set(xlabel="", ylabel="")
        axes.get_legend().remove()  # pyright: ignore[reportOptionalMemberAccess]
        localize(figure)
        content = io.StringIO()
        # Numbers as text, not as outlines: a fraction of the size.
        with mpl.rc_context({"svg.fonttype": "none"}):
            figure.savefig(content, format="svg", metadata={"Date": None, "Creator": None})
    width, height = (round(96 * inches) for inches in GRAPH)
    return Picture(_vector(content.getvalue()), width, height)


def drawn(figure: Figure) -> Picture:
    """A figure as pixels: vectors with their outlined letters would take several times the size."""
    content = io.BytesIO()
    localize(figure)
    with styled():
        figure.savefig(content, format="png", dpi=100)
    with Image.open(content) as image:
        # Lines are smaller without loss, photographs with.
        choices = (_webp(image.convert("RGB"), lossless=True), _webp(image.convert("RGB"), quality=30))
        smallest = min(choices, key=len)
        width, height = (round(side * 0.96) for side in image.size)
    return Picture(data_address(smallest, "image/webp"), width, height)


def read_plot(file: Path) -> tuple[Picture, Caption]:
    """A plot of reports/figures, as it is.

    Raises:
        UserError: the file is missing.
    """
    try:
        text = file.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise UserError(f"{file} is missing: run stage figures") from None
    sides = re.search(r'<svg[^>]*?viewBox="0 0 ([\d.]+) ([\d.]+)"', text)
    width, height = (round(float(side) * 96 / 72) for side in sides.groups()) if sides else (0, 0)
    return Picture(_vector(text), width, height), read_caption(file)
