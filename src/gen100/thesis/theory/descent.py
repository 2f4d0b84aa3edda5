"""Figures 1.1 to 1.3: gradient descent, with real iterations of torch's optimizers on explicit functions."""

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import torch
from matplotlib.figure import Figure
from numpy.typing import NDArray
from torch import Tensor, optim

from gen100 import i18n
from gen100.i18n import N_, _
from gen100.report.style import BLACK, BLUE, CYCLE, GREEN, GREY, VERMILION, Caption, plain
from gen100.training.optimizer import without_compiler

Drawn = tuple[Figure, Caption]
Vector = NDArray[np.float64]
Rule = Callable[[list[Tensor]], optim.Optimizer]

RATE = 0.05
SGD = without_compiler(optim.SGD)
METHODS: dict[str, Rule] = {
    N_("plain"): partial(SGD, lr=RATE),
    N_("momentum"): partial(SGD, lr=RATE, momentum=0.9),  # heavy ball (Polyak 1964)
    # Nesterov 1983, in the form of Sutskever et al. 2013
    "Nesterov": partial(SGD, lr=RATE, momentum=0.9, nesterov=True),
    "Adagrad": partial(without_compiler(optim.Adagrad), lr=RATE, eps=1e-8),  # Duchi et al. 2011
    "RMSProp": partial(without_compiler(optim.RMSprop), lr=RATE),  # Tieleman and Hinton 2012
    "Adadelta": partial(without_compiler(optim.Adadelta), lr=1.0),  # Zeiler 2012: made to need no rate
    "Adam": partial(without_compiler(optim.Adam), lr=RATE),  # Kingma and Ba 2015, algorithm 1
    "NAdam": partial(without_compiler(optim.NAdam), lr=RATE),  # Dozat 2016
}
"""Each method by its usual name, to be translated."""


def descend(gradient: Callable[[Vector], Vector], start: Vector, steps: int, rule: Rule) -> Vector:
    """The path of a point under an update rule: (steps + 1) x dimensions, from the start on."""
    point = torch.tensor(start, dtype=torch.float64)
    optimizer = rule([point])
    path = [start]
    for _step in range(steps):
        point.grad = torch.from_numpy(gradient(path[-1]))
        optimizer.step()
        path.append(point.numpy().copy())
    return np.array(path)


WELLS = "f(x) = x⁴ − 4x² + x"
WELLS_RATE, WELLS_STEPS = 0.02, 40


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
    path = descend(wells_slope, np.array([start]), WELLS_STEPS, partial(SGD, lr=WELLS_RATE))[:, 0]
    minima = wells_minima()
    lows = [float(wells(np.array(place))) for place in minima]
    figure = Figure(figsize=(9.2, 3.9), layout="constrained")
    left, right = figure.subplots(1, 2, width_ratios=(1.6, 1))
    offset: dict[str, Any] = {"textcoords": "offset points"}
    x = np.linspace(-2.35, 2.3, 400)
    left.plot(x, wells(x), color=BLUE)
    left.plot(path, wells(path), color=VERMILION, marker="o", ms=4.5, lw=1, mec="white", mew=0.5)
    steep = wells_slope(path[0]) > 5
    said = _("start, x = {start}").format(start=plain(start))
    shift = (-12, 4) if steep else (0, 16)
    left.annotate(said, (start, float(wells(path[0]))), shift, ha="right" if steep else "center", **offset)
    for place, low, name in zip(minima, lows, (_("global minimum"), _("local minimum")), strict=True):
        left.plot(place, low, marker="*", color=GREEN, ms=12, mec="white", zorder=5)
        said = f"{name}\nf({i18n.number(place, 2)}) = {i18n.number(low, 2)}".replace("-", "−")
        left.annotate(said, (place, low), (0, -12), ha="center", va="top", **offset)
    left.set(title=WELLS, xlabel="x", ylabel="f(x)", ylim=(-8.2, 7.4))
    right.plot(wells(path), color=VERMILION, marker="o", ms=3.5)
    right.axhline(lows[0], color=GREEN, ls=(0, (4, 2)), lw=1.2)
    right.annotate(_("global minimum"), (WELLS_STEPS, lows[0]), (0, -4), ha="right", va="top", **offset)
    said = _("value by iteration, step size {rate}").format(rate=plain(WELLS_RATE))
    right.set(title=said, xlabel=_("iteration"), ylabel="f(x)", ylim=(-8.2, 7.4))
    best, local, end = (i18n.number(place, 2) for place in (*minima, path[-1]))
    alt = alt.format(function=WELLS, best=best, local=local, start=plain(start), steps=WELLS_STEPS, end=end)
    return figure, Caption(title, alt)


def local_minimum() -> Drawn:
    alt = _(
        "{function} has a global minimum at {best} and a local one at {local}. From x = {start}, {steps} "
        "steps of plain gradient descent end at x = {end}, the local one."
    )
    return _descent(2.15, _("Figure 1.1. Gradient descent into a local minimum"), alt)


def global_minimum() -> Drawn:
    alt = _(
        "{function} has a global minimum at {best} and a local one at {local}. From x = {start}, {steps} "
        "steps of plain gradient descent end at x = {end}, the global one."
    )
    return _descent(0.05, _("Figure 1.2. Gradient descent into a global minimum"), alt)


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
    said = _("{function}, seen from above").format(function="f(x, y) = 1 − exp(−x²/8 − y²/2)")
    left.set(title=said, xlabel="x", ylabel="y", xlim=(-5.8, 2.2), ylim=(-1.6, 3.0))
    left.grid(False)
    right.axhline(REACHED, color=GREY, lw=0.8)
    right.set(title=_("value by step"), xlabel=_("step (log scale)"))
    right.set(ylabel="f(x, y)", xscale="log", ylim=(-0.02, 1.03))
    said = _("steps until f < {level} (step size {rate}, Adadelta 1)").format(
        level=plain(REACHED), rate=plain(RATE)
    )
    lines = right.get_legend_handles_labels()
    figure.legend(*lines, loc="outside lower center", ncol=4, handlelength=2.6, title=said)
    alt = _(
        "Paths of eight optimizers from a flat region into a hollow, and the value by step. Until f < {level}: "
        "{steps}."
    ).format(level=plain(REACHED), steps=", ".join(reached))
    return figure, Caption(_("Figure 1.3. Slow descent on a plateau, by optimizer"), alt)
