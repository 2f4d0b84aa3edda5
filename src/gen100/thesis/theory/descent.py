"""Figures 1.1 to 1.3: gradient descent, with real iterations on explicit functions."""

from functools import partial

import numpy as np
from matplotlib.figure import Figure

from gen100 import i18n
from gen100.i18n import _
from gen100.report.style import BLACK, BLUE, CYCLE, GREEN, GREY, VERMILION, Caption, plain
from gen100.thesis.theory import rules
from gen100.thesis.theory.rules import METHODS, SGD, Vector, descend

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


def _descent(start: float, title: str, alt: str) -> Drawn:
    """Draw a descent from `start`; `alt` is filled with numbers."""
    path = descend(wells_slope, np.array([start]), STEPS, partial(SGD, lr=RATE))[:, 0]
    figure = Figure(figsize=(9.2, 3.9), layout="constrained")
    left, right = figure.subplots(1, 2, width_ratios=(1.6, 1))
    x = np.linspace(-2.35, 2.3, 400)
    left.plot(x, wells(x), color=BLUE)
    left.plot(path, wells(path), color=VERMILION, marker="o", ms=4.5, lw=1, mec="white", mew=0.5)
    steep = wells_slope(path[0]) > 5
    left.annotate(
        _("start, x = {start}").format(start=plain(start)),
        (start, float(wells(path[0]))),
        (-12, 4) if steep else (0, 16),
        textcoords="offset points",
        ha="right" if steep else "center",
    )
    for place, name in zip(wells_minima(), (_("global minimum"), _("local minimum")), strict=True):
        value = float(wells(np.array(place)))
        left.plot(place, value, marker="*", color=GREEN, ms=12, mec="white", zorder=5)
        left.annotate(
            f"{name}\nf({i18n.number(place, 2)}) = {i18n.number(value, 2)}".replace("-", "−"),
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
    right.annotate(_("global minimum"), (STEPS, best), (0, -4), textcoords="offset points", ha="right", va="top")
    said = _("value by iteration, step size {rate}").format(rate=plain(RATE))
    right.set(title=said, xlabel=_("iteration"), ylabel="f(x)", ylim=(-8.2, 7.4))
    best, local = wells_minima()
    alt = alt.format(
        function=WELLS,
        best=i18n.number(best, 2),
        local=i18n.number(local, 2),
        start=plain(start),
        steps=STEPS,
        end=i18n.number(path[-1], 2),
    )
    return figure, Caption(title, alt)


def local_minimum() -> Drawn:
    return _descent(
        2.15,
        _("Figure 1.1. Gradient descent into a local minimum"),
        _(
            "{function} has a global minimum at {best} and a local one at {local}. From x = {start}, {steps} "
            "steps of plain gradient descent end at x = {end}, the local one."
        ),
    )


def global_minimum() -> Drawn:
    return _descent(
        0.05,
        _("Figure 1.2. Gradient descent into a global minimum"),
        _(
            "{function} has a global minimum at {best} and a local one at {local}. From x = {start}, {steps} "
            "steps of plain gradient descent end at x = {end}, the global one."
        ),
    )


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
    figure = Figure(figsize=(9.2, 4.6), layout="constrained")
    left, right = figure.subplots(1, 2)
    x, y = np.meshgrid(np.linspace(-5.8, 2.2, 160), np.linspace(-1.6, 3.0, 120))
    values = hollow(np.stack([x, y], axis=-1))
    left.contourf(x, y, values, levels=np.linspace(0, 1, 11), cmap="Greys_r", alpha=0.45)
    reached = []
    marks = ("-", (0, (5, 1.5)), (0, (1, 1)), (0, (5, 1, 1, 1)))
    for place, (method, rule) in enumerate(METHODS.items()):
        path = descend(hollow_slope, PLATEAU_START, PLATEAU_STEPS, rule)
        heights = hollow(path)
        style = {"color": CYCLE[place], "ls": marks[place % 4], "lw": 1.6}
        left.plot(*path.T, **style)
        below = np.flatnonzero(heights < REACHED)
        text = _("{method}: {steps} steps") if below.size else _("{method}: over {steps} steps")
        steps = i18n.number(below[0] if below.size else PLATEAU_STEPS)
        reached.append(text.format(method=_(method), steps=steps))
        right.plot(np.arange(1, PLATEAU_STEPS + 2), heights, label=reached[-1], **style)
    left.plot(*PLATEAU_START, marker="o", color=BLACK, ms=6)
    left.annotate(_("start"), tuple(PLATEAU_START), (6, 8), textcoords="offset points")
    left.plot(0, 0, marker="*", color=BLACK, ms=12, mec="white", zorder=5)
    left.set(
        title=_("{function}, seen from above").format(function="f(x, y) = 1 − exp(−x²/8 − y²/2)"),
        xlabel="x",
        ylabel="y",
    )
    left.set(xlim=(-5.8, 2.2), ylim=(-1.6, 3.0))
    left.grid(False)
    right.axhline(REACHED, color=GREY, lw=0.8)
    right.set(title=_("value by step"), xlabel=_("step (log scale)"))
    right.set(ylabel="f(x, y)", xscale="log", ylim=(-0.02, 1.03))
    figure.legend(
        *right.get_legend_handles_labels(),
        loc="outside lower center",
        ncol=4,
        handlelength=2.6,
        title=_("steps until f < {level} (step size {rate}, Adadelta 1)").format(
            level=plain(REACHED), rate=plain(rules.RATE)
        ),
    )
    alt = _(
        "Paths of eight optimizers from a flat region into a hollow, and the value by step. Until f < {level}: "
        "{steps}."
    ).format(level=plain(REACHED), steps=", ".join(reached))
    return figure, Caption(_("Figure 1.3. Slow descent on a plateau, by optimizer"), alt)
