"""A figure per family: for each of its cells the losses by epoch, generated images and training images."""

from pathlib import Path
from typing import Any

import numpy as np

from gen100 import i18n
from gen100.cells import Cell
from gen100.config import Params
from gen100.data.arrays import Cifar100
from gen100.families.registry import FAMILIES
from gen100.i18n import _
from gen100.provenance import Provenance
from gen100.report.figure_text import headed
from gen100.report.grid import examples, mosaic, spread
from gen100.report.loss_graph import draw_losses, loss_names
from gen100.report.records import Record
from gen100.report.results import read_curve
from gen100.report.samples import read_samples
from gen100.report.statistics import mean_interval
from gen100.report.style import Caption, save

COLUMNS, SHOWN = 8, 48
DPI = 200
# Pixels: a tile is a heading, a graph, a line of headings, and two mosaics side by side.
MARGIN, GAP, TILE_GAP = 60, 24, 110
GRAPH_LEFT, GRAPH_HEIGHT, GRAPH_FOOT, TILE_HEAD, GRID_HEAD = 110, 400, 130, 100, 50


def usual_title(family: str) -> str:
    """The title of a family's figure, in the current language."""
    return _("Training and images generated with the {family} model").format(family=FAMILIES[family].title)


def draw_family(
    params: Params,
    family: str,
    title: str,
    results: list[Record],
    arrays: Cifar100,
    facts: Provenance,
    target: Path,
) -> None:
    """Draw the cells of a family in the current language: rows are losses, columns are sizes.

    Args:
        title: of the figure, in the current language, without caveats.
        results: of all runs; those of other families are left out.

    Raises:
        UserError: a curve or samples are missing or broken.
    """
    runs = [run for run in results if run["family"] == family]
    cells = [cell for cell in map(Cell.parse, params.cells) if cell.family == family]
    losses = [loss for loss in FAMILIES[family].losses if any(cell.loss == loss for cell in cells)]
    sizes = sorted({cell.latent for cell in cells})
    shown = spread(np.arange(params.sampling.images) % 100, SHOWN)
    real = mosaic(examples(arrays.train_images, arrays.train_labels, shown % 100), COLUMNS)
    grid_height, grid_width = real.shape[:2]
    tile_width = 2 * grid_width + GAP
    tile_height = TILE_HEAD + GRAPH_HEIGHT + GRAPH_FOOT + GRID_HEAD + grid_height
    across = max(len(sizes), 2)
    width = 2 * MARGIN + across * tile_width + (across - 1) * TILE_GAP
    body = len(losses) * (tile_height + TILE_GAP)
    several = len(params.seeds) > 1
    more = [_("± is half the width of the mean's 95% t interval over seeds.")] if several else []
    figure, title, inches = headed((width / DPI, body / DPI), title, runs, facts, more, MARGIN / DPI, DPI)
    head = round(DPI * inches)
    height = head + body

    def text(left: int, top: int, said: str, **font: Any) -> None:
        figure.text(left / width, 1 - top / height, said, va="top", **font)

    for cell in cells:
        left = MARGIN + sizes.index(cell.latent) * (tile_width + TILE_GAP)
        top = head + losses.index(cell.loss) * (tile_height + TILE_GAP)
        said = _cell_title(cell, params, [run for run in runs if run["cell"] == str(cell)], facts)
        text(left, top, said, fontsize=11, weight="bold")
        bottom = 1 - (top + TILE_HEAD + GRAPH_HEIGHT) / height
        box = ((left + GRAPH_LEFT) / width, bottom, (tile_width - GRAPH_LEFT) / width, GRAPH_HEIGHT / height)
        draw_losses(figure.add_axes(box), [read_curve(cell, seed) for seed in params.seeds], family)
        below, second = top + TILE_HEAD + GRAPH_HEIGHT + GRAPH_FOOT, left + grid_width + GAP
        generated = mosaic(read_samples(cell, params.seeds[0], shown), COLUMNS)
        for place, name, sheet in ((left, _("generated"), generated), (second, _("training images"), real)):
            text(place, below, name, fontsize=10)
            figure.figimage(sheet, place, height - below - GRID_HEAD - sheet.shape[0], origin="upper")
    save(figure, target, Caption(title, _alt(cells)))


def _cell_title(cell: Cell, params: Params, runs: list[Record], facts: Provenance) -> str:
    mean, half = mean_interval([float(run["fid"]) for run in runs])
    distance = i18n.number(mean, 1) + ("" if half is None else f" ± {i18n.number(half, 1)}")
    return _("{loss}, batch {batch}, latent {latent} · {measure} {distance}").format(
        loss=cell.loss_title,
        batch=params.batch_size(cell),
        latent=cell.latent,
        measure=facts.extractor.distance,
        distance=distance,
    )


def _alt(cells: list[Cell]) -> str:
    first, second = loss_names(cells[0].family)
    return _(
        "For each cell ({cells}): a graph of two losses by epoch ({first}, {second}), above a grid of {count} "
        "generated images and a grid of {count} training images of the same classes."
    ).format(
        cells="; ".join(f"{cell.loss_title} {cell.latent}" for cell in cells),
        first=first,
        second=second,
        count=SHOWN,
    )
