"""What quality costs, and how its measure depends on the number of samples: cost.svg and bias.svg."""

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

from gen100 import layout
from gen100.cells import FAMILIES, Cell
from gen100.config import Params
from gen100.report import words
from gen100.report.aggregate import Record, read_results
from gen100.report.resamples import read_levels, read_resamples
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


def fit(images: Sequence[float], fids: Sequence[float]) -> tuple[float, float]:
    """Slope and intercept of FID over 1/N by least squares: the intercept is its limit for many samples.

    FID's bias is about proportional to 1/N (Chong & Forsyth 2020, section 4).
    """
    slope, intercept = np.polyfit(1 / np.asarray(images, float), np.asarray(fids, float), 1)
    return float(slope), float(intercept)


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
    figure.text(0.01, 0.945, "\n".join(said), fontsize=8.5, color=GREY, va="top")


def _plain_log(axes: Axes, which: str) -> None:
    axis = axes.xaxis if which == "x" else axes.yaxis
    axis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axis.set_minor_formatter(NullFormatter())


def _levels(axes: Axes, levels: dict[str, float], names: Sequence[str]) -> None:
    for name in names:
        said, dashes = LEVELS[name]
        axes.axhline(levels[name], color=BLACK, lw=1.1, ls=dashes, zorder=1)
        axes.annotate(
            said,
            (0.995, levels[name]),
            xycoords=("axes fraction", "data"),
            xytext=(0, 3),
            textcoords="offset points",
            ha="right",
            fontsize=8.5,
        )


def draw_cost(results: list[Record], levels: dict[str, float]) -> None:
    """Write cost.svg: training hours against distance, one point a cell, both axes logarithmic."""
    measure = words.measure_head("FID", results[0]["extractor"])
    figure = Figure(figsize=(9.2, 6.2))
    axes = figure.add_axes((0.085, 0.1, 0.7, 0.77))
    axes.set(xscale="log", yscale="log", xlabel="training hours of a run, with its autoencoder", ylabel=measure)
    said = []
    for cell, runs in _runs(results).items():
        sizes = sorted({run["latent_size"] for run in results if run["model"] == cell.model})
        colour, marker = LOOKS[cell.model]
        (x, x_half), (y, y_half) = (
            mean_interval([hours(run) for run in runs]),
            mean_interval([float(run["fid"]) for run in runs]),
        )
        bars = [
            [[min(half, 0.9 * middle)], [half]] if half else None for middle, half in ((x, x_half), (y, y_half))
        ]
        filled = colour if cell.latent == sizes[-1] else "white"
        axes.errorbar(
            *(x, y),
            xerr=bars[0],
            yerr=bars[1],
            fmt=marker,
            color=colour,
            mfc=filled,
            ms=7.5,
            mew=1.6,
            elinewidth=0.8,
            zorder=3,
        )
        axes.annotate(
            FAMILIES[cell.model].losses[cell.loss],
            (x, y),
            xytext=(7, 3),
            textcoords="offset points",
            fontsize=7.5,
            color=BLACK,
            zorder=4,
        )
        said.append(f"{cell.title} {cell.latent}: {x:.3g} h, {y:.1f}")
    _levels(axes, levels, list(LEVELS))
    for which in ("x", "y"):
        _plain_log(axes, which)
    handles = []
    for model in dict.fromkeys(cell.model for cell in _runs(results)):
        colour, marker = LOOKS[model]
        for latent in sorted({run["latent_size"] for run in results if run["model"] == model}):
            last = latent == max(run["latent_size"] for run in results if run["model"] == model)
            handles.append(
                Line2D(
                    *([], []),
                    ls="",
                    marker=marker,
                    color=colour,
                    mfc=colour if last else "white",
                    mew=1.6,
                    ms=7.5,
                    label=f"{FAMILIES[model].title} {latent}",
                )
            )
    axes.legend(handles=handles, loc="upper left", bbox_to_anchor=(1.01, 1.0), title="model, latent size")
    _head(figure, "What quality costs: training hours against distance to real images", results)
    title: words.Text = {
        "en": "What quality costs: training hours against the distance of samples to real images",
        "uk": "Скільки коштує якість: години навчання та відстань зразків до справжніх зображень",
    }
    ends = "; ".join(f"{LEVELS[name][0]} {levels[name]:.1f}" for name in LEVELS)
    alt = (
        f"Training hours of a run, with its autoencoder, against {measure}, for each cell the mean over seeds "
        f"with its 95% interval where there are several: {'; '.join(said)}. Lines: {ends}."
    )
    save(figure, COST, _titled(results, title, alt))


def draw_bias(results: list[Record], levels: dict[str, float]) -> None:
    """Write bias.svg: for each model a panel of FID against 1/N, with lines to infinitely many samples.

    Raises:
        UserError: resamples of a run are missing or broken.
    """
    measure = words.measure_head("FID", results[0]["extractor"])
    cells = _runs(results)
    models = list(dict.fromkeys(cell.model for cell in cells))
    figure = Figure(figsize=(9.6, 7.6))
    places = figure.add_gridspec(2, 2, left=0.075, right=0.985, top=0.845, bottom=0.08, hspace=0.36, wspace=0.2)
    said = []
    for place, model in enumerate(models):
        axes = figure.add_subplot(places[place // 2, place % 2])
        family = FAMILIES[model]
        mine = [cell for cell in cells if cell.model == model]
        sizes = sorted({cell.latent for cell in mine})
        ticks: dict[int, float] = {}
        for cell in mine:
            subsets = [read_resamples(cell, run["seed"]).query("kind == 'subset'") for run in cells[cell]]
            images = np.concatenate([rows["images"].to_numpy(float) for rows in subsets])
            fids = np.concatenate([rows["fid"].to_numpy(float) for rows in subsets])
            slope, limit = fit(images.tolist(), fids.tolist())
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
            axes.plot([0], [limit], marker="_", ms=13, mew=2, color=colour, clip_on=False, zorder=4)
            said.append(f"{cell.title} {cell.latent}: {means[-1]:.1f} at {counts[-1]:.0f}, limit {limit:.1f}")
        _levels(axes, levels, ["real"])
        axes.set_title(family.title)
        axes.set_xlim(0, 1.04 * max(ticks.values()))
        axes.set_ylim(bottom=0)
        axes.set_xticks([0, *ticks.values()], ["∞", *(f"{count:,}" for count in ticks)], fontsize=8)
        axes.set(xlabel="samples N, evenly spaced in 1/N", ylabel=measure)
        axes.legend(ncol=2, fontsize=7.5, loc="best", handlelength=2.6)
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
