"""Figures 1.1 to 1.3: gradient descent, with real iterations on explicit functions."""

import numpy as np
from matplotlib.figure import Figure

from gen100.report.style import BLACK, BLUE, CYCLE, GREEN, GREY, VERMILION, Caption
from gen100.thesis.theory.rules import METHODS, Vector, plain

Drawn = tuple[Figure, Caption]

WELLS = "f(x) = x⁴ − 4x² + x"
RATE, STEPS = 0.02, 40


def wells(x: Vector) -> Vector:
    return x**4 - 4 * x**2 + x


def wells_slope(x: Vector) -> Vector:
    return 4 * x**3 - 8 * x + 1


def wells_minima() -> tuple[float, float]:
    """The global and the local minimum: the outer roots of the slope."""
    roots = np.sort(np.roots([4, 0, -8, 1]).real)
    return float(roots[0]), float(roots[2])


def _descent(start: float, kind_en: str, kind_uk: str, number: str) -> Drawn:
    path = plain(wells_slope, np.array([start]), STEPS, RATE)[:, 0]
    figure = Figure(figsize=(9.2, 3.9), dpi=200, layout="constrained")
    left, right = figure.subplots(1, 2, width_ratios=(1.6, 1))
    x = np.linspace(-2.35, 2.3, 400)
    left.plot(x, wells(x), color=BLUE)
    left.plot(path, wells(path), color=VERMILION, marker="o", ms=4.5, lw=1, mec="white", mew=0.5)
    steep = wells_slope(path[0]) > 5
    left.annotate(
        f"start, x = {start:g}",
        (start, float(wells(path[0]))),
        (-12, 4) if steep else (0, 16),
        textcoords="offset points",
        ha="right" if steep else "center",
    )
    for place, name in zip(wells_minima(), ("global minimum", "local minimum"), strict=True):
        value = float(wells(np.array(place)))
        left.plot(place, value, marker="*", color=GREEN, ms=12, mec="white", zorder=5)
        left.annotate(
            f"{name}\nf({place:.2f}) = {value:.2f}".replace("-", "−"),
            (place, value),
            (0, -12),
            textcoords="offset points",
            ha="center",
            va="top",
        )
    left.set(title=WELLS, xlabel="x", ylabel="f(x)", ylim=(-8.2, 7.4))
    right.plot(wells(path), color=VERMILION, marker="o", ms=3.5)
    best = float(wells(np.array(wells_minima()[0])))
    right.axhline(best, color=GREEN, ls=(0, (4, 2)), lw=1.2)
    right.annotate("global minimum", (STEPS, best), (0, -4), textcoords="offset points", ha="right", va="top")
    right.set(title=f"value by iteration, step size {RATE}", xlabel="iteration", ylabel="f(x)", ylim=(-8.2, 7.4))
    caption = Caption(
        {
            "en": f"Figure {number}. Gradient descent into a {kind_en} minimum",
            "uk": f"Рисунок {number}. Градієнтний спуск до {kind_uk} мінімуму",
        },
        f"{WELLS} has a global minimum at {wells_minima()[0]:.2f} and a local one at "
        f"{wells_minima()[1]:.2f}. From x = {start:g}, {STEPS} steps of plain gradient descent end at "
        f"x = {path[-1]:.2f}, the {kind_en} one.",
    )
    return figure, caption


def local_minimum() -> Drawn:
    return _descent(2.15, "local", "локального", "1.1")


def global_minimum() -> Drawn:
    return _descent(0.05, "global", "глобального", "1.2")


# A hollow in a plain: the gradient vanishes with the distance from the hollow.
WIDTHS = np.array([2.0, 1.0])
PLATEAU_START, PLATEAU_STEPS = np.array([-5.0, 2.0]), 1000
REACHED = 0.1


def hollow(points: Vector) -> Vector:
    """1 - exp(-(x / 2)^2 / 2 - y^2 / 2) of points, (...) x 2."""
    return 1 - np.exp(-((points / WIDTHS) ** 2).sum(-1) / 2)


def hollow_slope(point: Vector) -> Vector:
    return point / WIDTHS**2 * (1 - hollow(point))


def plateau() -> Drawn:
    figure = Figure(figsize=(9.2, 4.6), dpi=200, layout="constrained")
    left, right = figure.subplots(1, 2)
    x, y = np.meshgrid(np.linspace(-5.8, 2.2, 160), np.linspace(-1.6, 3.0, 120))
    values = hollow(np.stack([x, y], axis=-1))
    left.contourf(x, y, values, levels=np.linspace(0, 1, 11), cmap="Greys_r", alpha=0.45)
    reached = []
    marks = ("-", (0, (5, 1.5)), (0, (1, 1)), (0, (5, 1, 1, 1)))
    for place, method in enumerate(METHODS):
        path = method.rule(hollow_slope, PLATEAU_START, PLATEAU_STEPS, method.rate)
        heights = hollow(path)
        style = {"color": CYCLE[place], "ls": marks[place % 4], "lw": 1.6}
        left.plot(*path.T, **style)
        below = np.flatnonzero(heights < REACHED)
        when = f"{below[0]} steps" if below.size else f"over {PLATEAU_STEPS:,} steps"
        reached.append(f"{method.title} {when}")
        right.plot(np.arange(1, PLATEAU_STEPS + 2), heights, label=f"{method.title}, {when}", **style)
    left.plot(*PLATEAU_START, marker="o", color=BLACK, ms=6)
    left.annotate("start", tuple(PLATEAU_START), (6, 8), textcoords="offset points")
    left.plot(0, 0, marker="*", color=BLACK, ms=12, mec="white", zorder=5)
    left.set(title="f(x, y) = 1 − exp(−x²/8 − y²/2), seen from above", xlabel="x", ylabel="y")
    left.set(xlim=(-5.8, 2.2), ylim=(-1.6, 3.0))
    left.grid(False)
    right.axhline(REACHED, color=GREY, lw=0.8)
    right.set(title="value by step", xlabel="step (log scale)", ylabel="f(x, y)", xscale="log", ylim=(-0.02, 1.03))
    figure.legend(
        *right.get_legend_handles_labels(),
        loc="outside lower center",
        ncol=4,
        handlelength=2.6,
        title=f"steps until f < {REACHED:g} (step size 0.05, Adadelta 1)",
    )
    caption = Caption(
        {
            "en": "Figure 1.3. Slow descent on a plateau, by optimizer",
            "uk": "Рисунок 1.3. Повільний спуск на плато для різних оптимізаторів",
        },
        "Paths of eight optimizers from a flat region into a hollow, and the value by step. "
        f"Until f < {REACHED:g}: {', '.join(reached)}.",
    )
    return figure, caption
