"""All figures of a workspace's runs, once per language; and that of a family: for each of its cells the losses by
epoch, generated images and training images."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from gen100 import i18n, layout
from gen100.cells import Cell
from gen100.config import Params
from gen100.data.arrays import Cifar100, load, sample_labels
from gen100.families.registry import FAMILIES
from gen100.i18n import _
from gen100.provenance import Provenance
from gen100.report.bias import draw_bias
from gen100.report.cost import draw_cost
from gen100.report.figure_text import headed
from gen100.report.grid import examples, mosaic, spread
from gen100.report.labels import usual_title
from gen100.report.loss_graph import draw_losses, loss_names
from gen100.report.records import Record
from gen100.report.reference import read_levels, read_provenance
from gen100.report.results import read_curve, read_results
from gen100.report.samples import read_samples
from gen100.report.statistics import mean_interval
from gen100.report.style import Caption, save, styled

COLUMNS, SHOWN = 8, 48
DPI = 200
# Pixels: a tile is a heading, a graph, a line of headings, and two mosaics side by side.
MARGIN, GAP, TILE_GAP = 60, 24, 110
GRAPH_LEFT, GRAPH_HEIGHT, GRAPH_FOOT, TILE_HEAD, GRID_HEAD = 110, 400, 130, 100, 50


def write_figures(params: Params, title: Callable[[str], str] = usual_title) -> None:
    """Write reports/figures/{family_<family>.<language>.png, cost.<language>.svg, bias.<language>.svg}.

    `title` gives that of a family's figure, in the current language. UserError where results, the reference, the
    data, a curve, samples or resamples are missing or broken.
    """
    results, facts, levels, arrays = read_results(), read_provenance(), read_levels(), load(layout.ARRAYS)
    for language in i18n.LANGUAGES:
        with i18n.language(language), styled():
            for family in params.families:
                target = layout.family_figure(family, language)
                draw_family(params, family, title(family), results, arrays, facts, target)
            draw_cost(results, levels, facts, layout.plot("cost", language))
            draw_bias(results, levels, facts, layout.plot("bias", language))


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

    `title` is without caveats; `results` may hold other families. UserError where a curve or samples are missing
    or broken.
    """
    runs = [run for run in results if run["family"] == family]
    cells = [cell for cell in map(Cell.parse, params.cells) if cell.family == family]
    losses = [loss for loss in FAMILIES[family].losses if any(cell.loss == loss for cell in cells)]
    sizes = sorted({cell.latent for cell in cells})
    labels = sample_labels(params.sampling.images)
    shown = spread(labels, SHOWN)
    real = mosaic(examples(arrays.train_images, arrays.train_labels, labels[shown]), COLUMNS)
    grid_height, grid_width = real.shape[:2]
    tile_width = 2 * grid_width + GAP
    tile_height = TILE_HEAD + GRAPH_HEIGHT + GRAPH_FOOT + GRID_HEAD + grid_height
    across = max(len(sizes), 2)
    width = 2 * MARGIN + across * tile_width + (across - 1) * TILE_GAP
    body = len(losses) * (tile_height + TILE_GAP)
    more = [_("± is half the width of the mean's 95% t interval over seeds.")] * (len(params.seeds) > 1)
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
    first_loss, second_loss = loss_names(family)
    alt = _(
        "For each cell ({cells}): a graph of two losses by epoch ({first}, {second}), above a grid of {count} "
        "generated images and a grid of {count} training images of the same classes."
    ).format(
        cells="; ".join(f"{cell.loss_title} {cell.latent}" for cell in cells),
        first=first_loss,
        second=second_loss,
        count=SHOWN,
    )
    save(figure, target, Caption(title, alt))


def _cell_title(cell: Cell, params: Params, runs: list[Record], facts: Provenance) -> str:
    mean, half = mean_interval([float(run["fid"]) for run in runs])
    return _("{loss}, batch {batch}, latent {latent} · {measure} {distance}").format(
        loss=cell.loss_title,
        batch=params.batch_size(cell),
        latent=cell.latent,
        measure=facts.extractor.distance,
        distance=i18n.number(mean, 1) + ("" if half is None else f" ± {i18n.number(half, 1)}"),
    )
