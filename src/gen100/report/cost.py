"""What quality costs: training hours against distance to real images, cost.<language>.svg."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from scipy.optimize import isotonic_regression

from gen100 import i18n
from gen100.cells import Cell
from gen100.families.registry import FAMILIES
from gen100.i18n import _
from gen100.provenance import Provenance
from gen100.report.figure_text import LEVELS, draw_levels, headed, level_name
from gen100.report.labels import network_head
from gen100.report.records import Record
from gen100.report.results import by_cell
from gen100.report.statistics import mean_interval
from gen100.report.style import Caption, colour, marker, plain, plain_numbers, save, shortened

LABEL_SIZE, LABEL_ROOM = 7.5, 1.27
"""Of the names of cells: points, and the inches that a title may take; the next panel begins behind them."""
LABEL_GAP = 0.043
"""Between the names of cells, as a share of a panel's height."""
ROOM = 1.8
"""A factor of hours that is left free on both sides of a point, so that the axis has a width in any case."""
Point = tuple[Cell, float, float]
"""A cell, its hours and its distance."""


def hours(run: Record) -> float:
    """Training hours of a run, with those of its autoencoder."""
    return (run["seconds"] + (run["autoencoder_seconds"] or 0.0)) / 3600


def spaced(heights: Sequence[float], gap: float) -> list[float]:
    """Heights in [0, 1], ascending, moved apart to keep `gap`, by the least sum of squares of all moves.

    Where they do not fit into [0, 1], the gap is as large as fits.
    """
    gap = min(gap, 1 / max(len(heights) - 1, 1))
    steps = gap * np.arange(len(heights))
    fitted = isotonic_regression(np.asarray(heights) - steps).x
    return (np.clip(fitted, 0, 1 - steps[-1]) + steps).tolist()


def draw_cost(results: list[Record], levels: dict[str, float], facts: Provenance, target: Path) -> None:
    """Write the plot in the current language: one point per cell, one panel per size, logarithmic axes; `levels`
    has the distance of real images, noise and one flat colour."""
    measure = network_head(facts.extractor.distance, facts.extractor)
    cells = by_cell(results)
    width, plot = 10.4, 4.75
    title = _("What quality costs: training hours and distance to real images")
    figure, title, head = headed((width, plot), title, results, facts)
    height = head + plot
    shared, points = None, []
    for number, (size, shown) in enumerate(_panels(list(cells)).items()):
        box = (0.065 + 0.475 * number, 0.6 / height, 0.27, (plot - 1.0) / height)
        axes = figure.add_axes(box, sharex=shared, sharey=shared)
        shared = shared or axes
        axes.set(xscale="log", yscale="log", xlabel=_("training hours, with the autoencoder"))
        axes.set(ylabel="" if number else measure, title=size)
        points.append([_draw_point(axes, cell, cells[cell]) for cell in shown])
        draw_levels(axes, levels)
        for axis in (axes.xaxis, axes.yaxis):
            plain_numbers(axis, (1, 2, 5))
    # Only now are the axes' limits known.
    for axes, shown in zip(figure.axes, points, strict=True):
        _name_points(axes, shown)
    said = "; ".join(
        _("{cell}: {hours} h, {distance}").format(
            cell=f"{cell.title} {cell.latent}", hours=plain(x, 3), distance=i18n.number(y, 1)
        )
        for shown in points
        for cell, x, y in shown
    )
    ends = "; ".join(f"{level_name(kind)} {i18n.number(levels[kind], 1)}" for kind in LEVELS)
    alt = _(
        "Training hours of a run, with its autoencoder, against {measure}: for each cell the mean over seeds, "
        "with its 95% interval where there are several: {cells}. Lines: {levels}."
    ).format(measure=measure, cells=said, levels=ends)
    save(figure, target, Caption(title, alt))


def _panels(cells: list[Cell]) -> dict[str, list[Cell]]:
    """The cells of each panel, under its title: each family's smallest size, and the larger ones."""
    smallest = {cell.family: min(other.latent for other in cells if other.family == cell.family) for cell in cells}
    panels = {
        _("smallest latent size"): [cell for cell in cells if cell.latent == smallest[cell.family]],
        _("larger latent size"): [cell for cell in cells if cell.latent > smallest[cell.family]],
    }
    return {title: shown for title, shown in panels.items() if shown}


def _look(cell: Cell) -> tuple[str, str]:
    """Colour and marker of a cell's family."""
    number = list(FAMILIES).index(cell.family)
    return colour(number), marker(number)


def _draw_point(axes: Axes, cell: Cell, runs: list[Record]) -> Point:
    means, bars = [], []
    for values in ([hours(run) for run in runs], [float(run["fid"]) for run in runs]):
        mean, half = mean_interval(values)
        means.append(mean)
        # An interval that reaches below 0 has no end on a logarithmic axis.
        bars.append([[min(half, 0.9 * mean)], [half]] if half is not None else None)
    tint, sign = _look(cell)
    style = {"fmt": sign, "color": tint, "ms": 7, "elinewidth": 0.9, "zorder": 3, "alpha": 0.9}
    axes.errorbar(*means, xerr=bars[0], yerr=bars[1], **style)
    axes.update_datalim([(means[0] / ROOM, means[1]), (means[0] * ROOM, means[1])])
    axes.autoscale_view()
    return cell, means[0], means[1]


def _name_points(axes: Axes, points: list[Point]) -> None:
    """Name points at the right edge, each with its marker and a line to the point, so that no names overlap."""
    points = sorted(points, key=lambda point: (point[2], -point[1]))
    heights = axes.transAxes.inverted().transform(axes.transData.transform([point[1:] for point in points]))[:, 1]
    for (cell, x, y), height in zip(points, spaced(heights.tolist(), LABEL_GAP), strict=True):
        tint, sign = _look(cell)
        axes.annotate(
            f"     {shortened(cell.title, LABEL_ROOM, LABEL_SIZE)} {cell.latent}",
            (x, y),
            (1.02, height),
            xycoords="data",
            textcoords="axes fraction",
            fontsize=LABEL_SIZE,
            va="center",
            arrowprops={"arrowstyle": "-", "color": tint, "lw": 0.5, "alpha": 0.7, "relpos": (0, 0.5)},
            annotation_clip=False,
        )
        spot = {"ls": "", "marker": sign, "color": tint, "ms": 5, "clip_on": False}
        axes.plot([1.045], [height], transform=axes.transAxes, **spot)
