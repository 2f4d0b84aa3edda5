"""What quality costs, and how its measure depends on the number of samples: cost.svg and bias.svg."""

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter
from scipy.optimize import isotonic_regression

from gen100 import layout
from gen100.cells import Cell
from gen100.config import Params
from gen100.families.registry import FAMILIES
from gen100.metrics.extrapolation import extrapolate
from gen100.report import words
from gen100.report.resamples import read_levels, read_resamples
from gen100.report.results import Record, read_results
from gen100.report.statistics import mean_interval
from gen100.report.style import BLACK, BLUE, GREEN, GREY, PURPLE, VERMILION, Caption, save, styled

COST, BIAS = layout.FIGURES / "cost.svg", layout.FIGURES / "bias.svg"
LOOKS = {
    "vae": (BLUE, "o"),
    "dalle": (VERMILION, "s"),
    "stylegan2": (GREEN, "^"),
    "stable_diffusion": (PURPLE, "D"),
}
"""Colour and marker of each model."""
LEVELS: dict[str, tuple[str, str]] = {
    "noise": ("noise", ":"),
    "constant": ("one flat colour", "-."),
    "real": ("real images", "--"),
}
LOSS_COLOURS = (BLUE, VERMILION, GREEN)


def hours(run: Record) -> float:
    """Training hours of a run, with those of its autoencoder."""
    return (run["seconds"] + (run["autoencoder_seconds"] or 0.0)) / 3600


def _runs(results: list[Record]) -> dict[Cell, list[Record]]:
    found: dict[Cell, list[Record]] = {}
    for run in results:
        found.setdefault(Cell.parse(run["cell"]), []).append(run)
    return found


def _titled(results: list[Record], title: words.Text, alt: str) -> Caption:
    seen = [run["images_seen"] for run in results]
    told = {language: words.caveat(results[0]["data"], seen, language) for language in words.LANGUAGES}
    return Caption(
        {language: words.admitted(title[language], told[language]) for language in words.LANGUAGES}, alt
    )


def _head(figure: Figure, title: str, results: list[Record]) -> None:
    """The title, and under it with what, and on what, distances were measured."""
    first, seen = results[0], [run["images_seen"] for run in results]
    told = words.caveat(first["data"], seen, "en")
    seeds = words.span([len(runs) for runs in _runs(results).values()], "en")
    samples = words.span([run["samples"] for run in results], "en")
    said = [
        f"Data: {first['data']} · {samples} samples against {first['reference']} · seeds: {seeds}",
        f"Measured with {first['extractor']} · images seen: {words.span(seen, 'en')} · "
        + "; ".join(dict.fromkeys(run["device"] for run in results)),
    ]
    figure.suptitle(words.admitted(title, told), x=0.01, ha="left", fontsize=12.5, weight="bold")
    figure.text(0.01, 0.938, "\n".join(said), fontsize=8.5, color=GREY, va="top")


def _levels(axes: Axes, levels: dict[str, float], names: Sequence[str]) -> None:
    """Lines at known levels, each named at the left: above its line, the lower of two neighbours below."""
    for name in names:
        said, dashes = LEVELS[name]
        higher = any(levels[other] > levels[name] for other in names if other != name)
        below = name != "real" and higher
        axes.axhline(levels[name], color=BLACK, lw=1.1, ls=dashes, zorder=1)
        axes.annotate(
            said,
            (0.01, levels[name]),
            xycoords=("axes fraction", "data"),
            xytext=(0, -3 if below else 3),
            textcoords="offset points",
            va="top" if below else "bottom",
            fontsize=8,
        )


def spaced(places: Sequence[float], gap: float) -> list[float]:
    """Places in [0, 1], ascending, moved apart to keep `gap`, by the least sum of squares of all moves."""
    steps = gap * np.arange(len(places))
    fitted = isotonic_regression(np.asarray(places) - steps).x
    return (np.clip(fitted, 0, 1 - steps[-1]) + steps).tolist()


def _label(axes: Axes, points: list[tuple[Cell, float, float]]) -> None:
    """Name points at the right edge, each with its marker and a line to the point, so that no names overlap."""
    points = sorted(points, key=lambda point: (point[2], -point[1]))
    heights = axes.transAxes.inverted().transform(axes.transData.transform([point[1:] for point in points]))[:, 1]
    for (cell, x, y), height in zip(points, spaced(heights.tolist(), 0.043), strict=True):
        colour, marker = LOOKS[cell.family]
        edge = {"xycoords": "data", "textcoords": "axes fraction"}
        arrow = {"arrowstyle": "-", "color": colour, "lw": 0.5, "alpha": 0.7, "relpos": (0, 0.5)}
        axes.annotate(
            f"     {cell.title} {cell.latent}",
            *((x, y), (1.02, height)),
            **edge,
            va="center",
            fontsize=7.5,
            arrowprops=arrow,
            annotation_clip=False,
        )
        spot = {"ls": "", "marker": marker, "color": colour, "ms": 5, "clip_on": False}
        axes.plot([1.045], [height], transform=axes.transAxes, **spot)


def draw_cost(results: list[Record], levels: dict[str, float]) -> None:
    """Write cost.svg: training hours against distance, a point a cell, a panel a size, all axes logarithmic."""
    measure = words.measure_head("FID", results[0]["extractor"])
    cells = _runs(results)
    smallest = {cell.family: min(other.latent for other in cells if other.family == cell.family) for cell in cells}
    panels = {
        "smallest latent size": [cell for cell in cells if cell.latent == smallest[cell.family]],
        "larger latent size": [cell for cell in cells if cell.latent > smallest[cell.family]],
    }
    panels = {heading: shown for heading, shown in panels.items() if shown}
    figure = Figure(figsize=(10.4, 5.8))
    shared, said = None, []
    for place, (heading, shown) in enumerate(panels.items()):
        axes = figure.add_axes((0.065 + 0.475 * place, 0.105, 0.27, 0.73), sharex=shared, sharey=shared)
        shared = shared or axes
        axes.set(xscale="log", yscale="log", xlabel="training hours of a run, with its autoencoder")
        axes.set_ylabel(measure if place == 0 else "")
        axes.set_title(heading)
        for cell in shown:
            colour, marker = LOOKS[cell.family]
            means, bars = [], []
            for values in ([hours(run) for run in cells[cell]], [float(run["fid"]) for run in cells[cell]]):
                mean, half = mean_interval(values)
                means.append(mean)
                # An interval that reaches below 0 has no end on a logarithmic axis.
                bars.append([[min(half, 0.9 * mean)], [half]] if half is not None else None)
            look = {"fmt": marker, "color": colour, "ms": 7, "elinewidth": 0.9, "zorder": 3, "alpha": 0.9}
            axes.errorbar(*means, xerr=bars[0], yerr=bars[1], **look)
            said.append((cell, *means))
        _levels(axes, levels, list(LEVELS))
        for axis in (axes.xaxis, axes.yaxis):
            axis.set_major_locator(LogLocator(subs=(1, 2, 5)))
            axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
            axis.set_minor_formatter(NullFormatter())
    # Only now are the axes' limits known.
    for axes, shown in zip(figure.axes, panels.values(), strict=True):
        _label(axes, [point for point in said if point[0] in shown])
    _head(figure, "What quality costs: training hours against distance to real images", results)
    title: words.Text = {
        "en": "What quality costs: training hours against the distance of samples to real images",
        "uk": "Скільки коштує якість: години навчання та відстань зразків до справжніх зображень",
    }
    told = "; ".join(f"{cell.title} {cell.latent}: {x:.3g} h, {y:.1f}" for cell, x, y in said)
    ends = "; ".join(f"{LEVELS[name][0]} {levels[name]:.1f}" for name in LEVELS)
    alt = (
        f"Training hours of a run, with its autoencoder, against {measure}, for each cell the mean over seeds "
        f"with its 95% interval where there are several: {told}. Lines: {ends}."
    )
    save(figure, COST, _titled(results, title, alt))


def draw_bias(results: list[Record], levels: dict[str, float]) -> None:
    """Write bias.svg: for each model a panel of FID against 1/N, with lines to infinitely many samples.

    Raises:
        UserError: resamples of a run are missing or broken.
    """
    measure = words.measure_head("FID", results[0]["extractor"])
    cells = _runs(results)
    models = list(dict.fromkeys(cell.family for cell in cells))
    figure = Figure(figsize=(9.6, 7.6))
    places = figure.add_gridspec(2, 2, left=0.075, right=0.985, top=0.8, bottom=0.07, hspace=0.56, wspace=0.2)
    said = []
    for place, model in enumerate(models):
        axes = figure.add_subplot(places[place // 2, place % 2])
        family = FAMILIES[model]
        mine = [cell for cell in cells if cell.family == model]
        sizes = sorted({cell.latent for cell in mine})
        ticks: dict[int, float] = {}
        for cell in mine:
            subsets = [read_resamples(cell, run["seed"]).query("kind == 'subset'") for run in cells[cell]]
            images = np.concatenate([rows["images"].to_numpy(float) for rows in subsets])
            fids = np.concatenate([rows["fid"].to_numpy(float) for rows in subsets])
            slope, limit = extrapolate(images, fids)
            colour = LOSS_COLOURS[list(family.losses).index(cell.loss)]
            last = cell.latent == sizes[-1]
            counts = np.unique(images)
            ticks |= {int(count): 1 / count for count in counts}
            means = [fids[images == count].mean() for count in counts]
            marker = {"marker": "o", "ms": 5, "mfc": colour if last else "white", "mew": 1.3, "color": colour}
            axes.plot(1 / counts, means, ls="", **marker)
            reach = np.array([0, 1 / counts.min()])
            label = f"{family.losses[cell.loss]} {cell.latent}"
            axes.plot(reach, limit + slope * reach, color=colour, lw=1.3, ls="-" if last else (0, (4, 1.5)))
            axes.plot([], [], ls="-" if last else (0, (4, 1.5)), lw=1.3, label=label, **marker)
            axes.plot([0], [limit], marker="_", ms=9, mew=2, color=colour, clip_on=False, zorder=4)
            said.append(f"{cell.title} {cell.latent}: {means[-1]:.1f} at {counts[-1]:.0f}, limit {limit:.1f}")
        _levels(axes, levels, ["real"])
        axes.set_title(family.title, pad=34)
        axes.set_xlim(0, 1.04 * max(ticks.values()))
        axes.set_ylim(bottom=0)
        axes.set_xticks([0, *ticks.values()], ["∞", *(f"{count:,}" for count in ticks)], fontsize=8)
        axes.set(xlabel="samples N, evenly spaced in 1/N", ylabel=measure)
        # Of a loss both sizes stand one above the other.
        axes.legend(ncol=3, fontsize=7.5, loc="lower left", bbox_to_anchor=(-0.02, 0.99), handlelength=2.6)
    _head(figure, "How the distance depends on the number of samples", results)
    title: words.Text = {
        "en": "How the distance depends on the number of samples, and its limit for infinitely many",
        "uk": "Як відстань залежить від кількості зразків, та її границя для нескінченної кількості",
    }
    alt = (
        f"{measure} of random subsets of N samples against 1/N, a panel a model, a line a cell, fitted by least "
        f"squares over all seeds and drawn on to infinitely many samples: {'; '.join(said)}. "
        f"Real images of the other split score {levels['real']:.1f}, at their own number of images."
    )
    save(figure, BIAS, _titled(results, title, alt))


def write_trade(_params: Params) -> None:
    """Write reports/figures/cost.svg and bias.svg.

    Raises:
        UserError: results, the reference or resamples are missing or broken.
    """
    results, levels = read_results(), read_levels()
    with styled():
        draw_cost(results, levels)
        draw_bias(results, levels)
