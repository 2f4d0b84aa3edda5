"""How the distance depends on the number of samples, and its limit for infinitely many: bias.<language>.svg."""

import math
from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from gen100 import i18n
from gen100.cells import Cell
from gen100.families.registry import FAMILIES
from gen100.i18n import _
from gen100.metrics.resampling import extrapolate
from gen100.provenance import Provenance
from gen100.report.figure_text import draw_levels, headed
from gen100.report.labels import network_head
from gen100.report.records import Record
from gen100.report.results import by_cell
from gen100.report.samples import read_resamples
from gen100.report.style import Caption, colour, dashes, marker, save

WIDTH, PANEL, AXIS, LEGEND_LINE = 9.6, 2.2, 0.55, 0.16
"""Inches: of the figure, of a panel's height, of the room below it for the axis, and per line of a legend."""
LEGEND_COLUMNS = 3


def draw_bias(results: list[Record], levels: dict[str, float], facts: Provenance, target: Path) -> None:
    """Write the plot in the current language: a panel per family of FID against 1/N, with lines to 1/N = 0.

    `levels` has the distance of real images, noise and one flat colour. UserError where resamples are missing or
    broken.
    """
    panels: dict[str, dict[Cell, list[Record]]] = {}
    for cell, runs in by_cell(results).items():
        panels.setdefault(cell.family, {})[cell] = runs
    panels = {name: panels[name] for name in FAMILIES if name in panels}
    columns = min(len(panels), 2)
    legend = {name: LEGEND_LINE * -(-len(cells) // LEGEND_COLUMNS) for name, cells in panels.items()}
    above = 0.3 + max(legend.values())
    below = -(-len(panels) // columns) * (above + PANEL + AXIS)
    title = _("How the distance depends on the number of samples")
    figure, title, head = headed((WIDTH, below), title, results, facts)
    height = head + below
    measure, said = network_head(facts.extractor.distance, facts.extractor), []
    for number, (name, cells) in enumerate(panels.items()):
        row, column = divmod(number, columns)
        top = head + row * (above + PANEL + AXIS) + above
        axes = figure.add_axes((0.075 + 0.48 * column, 1 - (top + PANEL) / height, 0.415, PANEL / height))
        said += _draw_panel(axes, cells)
        draw_levels(axes, levels, ["real"])
        axes.set_title(FAMILIES[name].title, pad=72 * (0.06 + legend[name]))
        axes.set(xlabel=_("samples N, evenly spaced in 1/N"), ylabel=measure)
    alt = _(
        "{measure} of random subsets of N samples against 1/N, one panel per family and one line per cell, fitted "
        "by least squares over all seeds and extended to infinitely many samples, where a bar is twice the "
        "standard error of the limit: {cells}. Real images of the other split score {real}, at their own number "
        "of images."
    ).format(measure=measure, cells="; ".join(said), real=i18n.number(levels["real"], 1))
    save(figure, target, Caption(title, alt))


def _draw_panel(axes: Axes, cells: dict[Cell, list[Record]]) -> list[str]:
    """Draw one family: colours are losses, line styles and markers are sizes. Says what each cell shows."""
    losses = list(FAMILIES[next(iter(cells)).family].losses)
    sizes = sorted({cell.latent for cell in cells}, reverse=True)
    ticks: dict[int, float] = {}
    lowest, said = 0.0, []
    for cell, runs in cells.items():
        subsets = pd.concat([read_resamples(cell, run["seed"]) for run in runs]).query("kind == 'subset'")
        images, fids = (subsets[name].to_numpy(float) for name in ("images", "fid"))
        line = extrapolate(images, fids)
        # Samples of seeds are drawn apart; the line bends alike for all.
        error = math.hypot(math.hypot(*(run["fid_se"] for run in runs)) / len(runs), line.error)
        lowest = min(lowest, line.limit - error)
        counts = np.unique(images)
        means = [fids[images == count].mean() for count in counts]
        ticks |= {int(count): 1 / count for count in counts}
        tint, size = colour(losses.index(cell.loss)), sizes.index(cell.latent)
        points = {"marker": marker(size // 2), "ms": 5, "mew": 1.3, "color": tint}
        points["mfc"] = "white" if size % 2 else tint
        axes.plot(1 / counts, means, ls="", **points)
        reach = np.array([0, 1 / counts.min()])
        axes.plot(reach, line.limit + line.slope * reach, color=tint, lw=1.3, ls=dashes(size))
        axes.plot([], [], ls=dashes(size), lw=1.3, label=f"{cell.loss_title} {cell.latent}", **points)
        axes.plot([0], [line.limit], marker="_", ms=9, mew=2, color=tint, clip_on=False, zorder=4)
        axes.plot([0, 0], [line.limit - error, line.limit + error], color=tint, lw=4, alpha=0.35)
        said.append(
            _("{cell}: {distance} at {count}, limit {limit} ± {error}").format(
                cell=f"{cell.title} {cell.latent}",
                distance=i18n.number(means[-1], 1),
                count=i18n.number(counts[-1]),
                limit=i18n.number(line.limit, 1),
                error=i18n.number(error, 1),
            )
        )
    # A little beyond 1/N = 0, for the bars of the limits.
    axes.set_xlim(-0.015 * max(ticks.values()), 1.04 * max(ticks.values()))
    axes.set_ylim(1.2 * lowest, 1.05 * axes.get_ylim()[1])
    axes.set_xticks([0, *ticks.values()], ["∞", *(i18n.number(count) for count in ticks)], fontsize=8)
    axes.legend(
        ncol=LEGEND_COLUMNS, fontsize=7.5, loc="lower left", bbox_to_anchor=(-0.02, 0.99), handlelength=2.6
    )
    return said
