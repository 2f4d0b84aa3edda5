"""The appendices: for every cell of a model its losses by epoch, generated images and training images."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, LogLocator, MaxNLocator, NullFormatter

from gen100 import layout
from gen100.cells import Cell
from gen100.config import Params
from gen100.data.arrays import load
from gen100.families.registry import FAMILIES
from gen100.report import words
from gen100.report.grid import Images, examples, mosaic, spread
from gen100.report.labels import data_label
from gen100.report.results import Record, read_curve, read_results
from gen100.report.samples import read_samples
from gen100.report.style import BLUE, GREY, VERMILION, Caption, save, styled
from gen100.report.table import devices, summary
from gen100.thesis.cells import APPENDICES, appendix

COLUMNS, SHOWN = 8, 48
DPI = 200
# Pixels: a tile is a heading, a graph, a line of headings, and two mosaics side by side.
MARGIN, GAP, TILE_GAP = 60, 24, 110
GRAPH_LEFT, GRAPH_HEIGHT, GRAPH_FOOT, TILE_HEAD, GRID_HEAD = 110, 400, 130, 100, 50
HEAD = 390


def loss_names(model: str) -> tuple[str, str]:
    """What the two losses of curve.csv are: StyleGAN2's are those of its two networks."""
    return ("generator", "discriminator") if model == "stylegan2" else ("training", "validation")


def choose_scale(values: np.ndarray) -> str:
    """'linear', 'log' where positive losses span more than a factor of 20, 'symlog' where signed ones do."""
    size = np.abs(values[np.isfinite(values)])
    if not size.size or size.max() == 0:
        return "linear"
    if np.nanmin(values) > 0:
        return "log" if size.max() / size.min() > 20 else "linear"
    return "symlog" if size.max() / np.median(size) > 20 else "linear"


def draw_losses(axes: Axes, curves: list[pd.DataFrame], model: str) -> None:
    """Both losses by epoch: a line a seed, thin where there are several."""
    several = len(curves) > 1
    for curve in curves:
        marker = "o" if len(curve) <= 30 and not several else ""
        shared = {
            "marker": marker,
            "markersize": 3.5,
            "lw": 1 if several else 1.8,
            "alpha": 0.8 if several else 1,
        }
        axes.plot(curve["epoch"], curve["train_loss"], color=BLUE, **shared)
        axes.plot(curve["epoch"], curve["val_loss"], color=VERMILION, ls=(0, (4, 1.5)), **shared)
    values = np.concatenate([curve[["train_loss", "val_loss"]].to_numpy(float).ravel() for curve in curves])
    scale = choose_scale(values)
    if scale == "symlog":
        axes.set_yscale("symlog", linthresh=float(np.nanmedian(np.abs(values))))
    else:
        axes.set_yscale(scale)
    if scale == "log":
        decades = np.log10(np.nanmax(values) / np.nanmin(values))
        axes.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5) if decades < 3 else (1,)))
        axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
        axes.yaxis.set_minor_formatter(NullFormatter())
    axes.xaxis.set_major_locator(MaxNLocator(6))
    axes.set_xlabel("epoch")
    axes.set_ylabel("loss" if scale == "linear" else f"loss ({scale} scale)")
    for line, name in zip(axes.lines[:2], loss_names(model), strict=True):
        line.set_label(name)
    axes.legend(loc="lower right", bbox_to_anchor=(1.01, 1.0), ncol=2, handlelength=2.2, borderaxespad=0.2)


class _Sheet:
    """A figure in pixels, counted from the top left."""

    def __init__(self, width: int, height: int) -> None:
        self.width, self.height = width, height
        self.figure = Figure(figsize=(width / DPI, height / DPI), dpi=DPI)

    def text(self, left: float, top: float, text: str, **font: str | float) -> None:
        self.figure.text(left / self.width, 1 - top / self.height, text, va="top", **font)  # pyright: ignore[reportArgumentType]

    def image(self, left: int, top: int, image: Images) -> None:
        self.figure.figimage(image, left, self.height - top - image.shape[0], origin="upper")

    def axes(self, left: float, top: float, width: float, height: float) -> Axes:
        return self.figure.add_axes(
            (left / self.width, 1 - (top + height) / self.height, width / self.width, height / self.height)
        )


def _heading(cell: Cell, batch: int, runs: list[Record]) -> str:
    measure = words.measure_head("FID", runs[0]["extractor"]).partition(" (")[0]
    middle, deviation = summary(runs, "fid")
    around = "" if deviation is None else f" ± {deviation:.1f}"
    loss = FAMILIES[cell.family].losses[cell.loss]
    return f"{loss}, batch {batch}, latent {cell.latent} · {measure} {middle:.1f}{around}"


def _caption(model: str, data: str, seen: list[float], cells: list[Cell]) -> Caption:
    family = FAMILIES[model]
    title: words.Text = {
        language: words.admitted(
            words.appendix_title(APPENDICES[model], family.title, language), words.caveat(data, seen, language)
        )
        for language in words.LANGUAGES
    }
    first, second = loss_names(model)
    shown = "; ".join(f"{family.losses[cell.loss]} at latent size {cell.latent}" for cell in cells)
    alt = (
        f"For each cell ({shown}): a graph of the {first} and the {second} loss by epoch, above a grid of "
        f"{SHOWN} generated images and a grid of {SHOWN} training images of the same classes. Data: {data}."
        if cells
        else f"No cell of {family.title} is in params.yaml, so this appendix is empty."
    )
    return Caption(title, alt)


def draw_appendix(
    params: Params, model: str, results: list[Record], images: Images, labels: np.ndarray, data: str
) -> None:
    """Draw one model's appendix: rows are losses, columns are sizes.

    Raises:
        UserError: a curve or samples are missing or broken.
    """
    cells = [cell for cell in map(Cell.parse, params.cells) if cell.family == model]
    losses = [loss for loss in FAMILIES[model].losses if any(cell.loss == loss for cell in cells)]
    sizes = sorted({cell.latent for cell in cells})
    rows = [row for row in results if row["family"] == model]
    seen = [row["images_seen"] for row in rows]
    caption = _caption(model, data, seen, cells)
    shown = spread(np.arange(params.sampling.images) % 100, SHOWN)
    real = mosaic(examples(images, labels, shown % 100), COLUMNS)
    grid_height, grid_width = real.shape[:2]
    tile_width = 2 * grid_width + GAP
    tile_height = TILE_HEAD + GRAPH_HEIGHT + GRAPH_FOOT + GRID_HEAD + grid_height
    across, down = max(len(sizes), 2), max(len(losses), 1)
    sheet = _Sheet(
        2 * MARGIN + across * tile_width + (across - 1) * TILE_GAP,
        HEAD + (down * (tile_height + TILE_GAP) if cells else 200),
    )
    family = FAMILIES[model]
    told = [words.caveat(data, seen, language) for language in words.LANGUAGES]
    sheet.text(MARGIN, 50, words.appendix_title(APPENDICES[model], family.title, "uk"), fontsize=13, weight="bold")
    sheet.text(MARGIN, 108, words.appendix_title(APPENDICES[model], family.title, "en"), fontsize=12)
    sheet.text(MARGIN, 162, " · ".join(filter(None, told)), fontsize=11, color=VERMILION, weight="bold")
    if not cells:
        sheet.text(MARGIN, HEAD, f"No cell of {FAMILIES[model].title} is in params.yaml.", fontsize=12, color=GREY)
    else:
        said = f"Data: {data} · images seen: {words.span(seen, 'en')}"
        samples = f"{rows[0]['samples']:,.0f} samples against {rows[0]['reference']}"
        sheet.text(MARGIN, 216, f"{said} · {devices(rows)}", fontsize=9.5, color=GREY)
        sheet.text(MARGIN, 262, f"Measured with {rows[0]['extractor']} · {samples}", fontsize=9.5, color=GREY)
        if len(params.seeds) > 1:
            sheet.text(MARGIN, 308, words.SPREAD_NOTE["en"], fontsize=9.5, color=GREY)
    for cell in cells:
        left = MARGIN + sizes.index(cell.latent) * (tile_width + TILE_GAP)
        top = HEAD + losses.index(cell.loss) * (tile_height + TILE_GAP)
        runs = [row for row in rows if row["cell"] == str(cell)]
        sheet.text(left, top, _heading(cell, params.batch_size(cell), runs), fontsize=12, weight="bold")
        axes = sheet.axes(left + GRAPH_LEFT, top + TILE_HEAD, tile_width - GRAPH_LEFT, GRAPH_HEIGHT)
        draw_losses(axes, [read_curve(cell, seed) for seed in params.seeds], model)
        below = top + TILE_HEAD + GRAPH_HEIGHT + GRAPH_FOOT
        second = left + grid_width + GAP
        sheet.text(left, below, "generated", fontsize=10)
        sheet.text(second, below, "training images", fontsize=10)
        sheet.image(left, below + GRID_HEAD, mosaic(read_samples(cell, params.seeds[0], shown), COLUMNS))
        sheet.image(second, below + GRID_HEAD, real)
    save(sheet.figure, appendix(model), caption)


def write_appendices(params: Params) -> None:
    """Write reports/figures/appendix_{a,b,c,d}.png, one for each model.

    Raises:
        UserError: results.csv, the data, a curve or samples are missing.
    """
    results, arrays = read_results(), load(layout.ARRAYS)
    with styled():
        for model in FAMILIES:
            draw_appendix(
                params, model, results, arrays.train_images, arrays.train_labels, data_label(arrays.facts)
            )
