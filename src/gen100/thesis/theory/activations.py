"""Figures 1.4 to 1.6: activations, where they saturate, and what batch normalization does about it."""

import numpy as np
from matplotlib.figure import Figure

from gen100 import i18n
from gen100.i18n import N_, _
from gen100.report.style import BLUE, GREEN, GREY, ORANGE, VERMILION, Caption, plain
from gen100.thesis.theory.descent import Drawn, Vector

LEAK = 0.1


def sigmoid(z: Vector) -> Vector:
    return 1 / (1 + np.exp(-z))


def sigmoid_slope(z: Vector) -> Vector:
    return sigmoid(z) * (1 - sigmoid(z))


def tanh_slope(z: Vector) -> Vector:
    return 1 - np.tanh(z) ** 2


def steep_until(share: float) -> float:
    """Where the sigmoid's slope s (1 - s) has fallen to `share` of its maximum 1/4."""
    value = (1 + np.sqrt(1 - share)) / 2
    return float(np.log(value / (1 - value)))


def saturation() -> Drawn:
    edge = steep_until(0.1)
    z = np.linspace(-8, 8, 401)
    figure = Figure(figsize=(8.2, 5.2), layout="constrained")
    upper, lower = figure.subplots(2, 1, sharex=True)
    for axes in (upper, lower):
        axes.axvspan(-edge, edge, color=GREEN, alpha=0.13, lw=0)
        for left, right in ((-8, -edge), (edge, 8)):
            axes.axvspan(left, right, color=VERMILION, alpha=0.09, lw=0)
        axes.margins(x=0)
    upper.plot(z, sigmoid(z), color=BLUE)
    title = _("sigmoid, {formula}").format(formula="σ(z) = 1 / (1 + exp(−z))")
    upper.set(title=title, ylabel="σ(z)", ylim=(-0.05, 1.3))
    for place, name in ((-5.8, _("saturated")), (0, _("steep")), (5.8, _("saturated"))):
        upper.text(place, 1.17, name, ha="center", va="center")
    lower.plot(z, sigmoid_slope(z), color=ORANGE)
    lower.axhline(0.025, color=GREY, lw=0.9, ls=(0, (4, 2)))
    lower.text(7.9, 0.034, _("a tenth of the largest slope"), ha="right", va="bottom", fontsize=9)
    title = _("its derivative, {formula}").format(formula="σ′(z) = σ(z) (1 − σ(z))")
    lower.set(title=title, xlabel="z", ylabel="σ′(z)", ylim=(-0.01, 0.29))
    alt = _(
        "The sigmoid and its derivative. For |z| below {edge} it is steep; beyond, its slope is less than a tenth "
        "of its maximum {maximum} and it is saturated."
    ).format(edge=i18n.number(edge, 2), maximum=plain(0.25))
    return figure, Caption(_("Figure 1.4. Steep and saturated regions of an activation"), alt)


ACTIVATIONS = {
    N_("threshold"): (lambda z: np.where(z >= 0, 1.0, 0.0), np.zeros_like),
    "tanh": (np.tanh, tanh_slope),
    N_("sigmoid"): (sigmoid, sigmoid_slope),
    "ReLU": (lambda z: np.maximum(z, 0), lambda z: np.where(z >= 0, 1.0, 0.0)),
    N_("Leaky ReLU, slope {leak} below 0"): (
        lambda z: np.where(z >= 0, z, LEAK * z),
        lambda z: np.where(z >= 0, 1.0, LEAK),
    ),
}


def five_activations() -> Drawn:
    figure = Figure(figsize=(9.2, 5.2), layout="constrained")
    panels = figure.subplots(2, 3, sharex=True, sharey=True).ravel()
    z = np.linspace(-3, 3, 600)  # even: no point lies on the jump at 0
    for axes, (name, (function, slope)) in zip(panels, ACTIVATIONS.items(), strict=False):
        # A jump is a gap, not a steep line.
        for part in (z < 0, z >= 0):
            axes.plot(z[part], function(z[part]), color=BLUE, label=_("activation f(z)"))
            axes.plot(z[part], slope(z[part]), color=ORANGE, ls=(0, (4, 1.5)), label=_("derivative f′(z)"))
        axes.axhline(0, color=GREY, lw=0.8, zorder=0)
        axes.axvline(0, color=GREY, lw=0.8, zorder=0)
        axes.set(title=_(name).format(leak=plain(LEAK)), xlabel="z", ylim=(-1.3, 2.3), xlim=(-3, 3))
        axes.xaxis.set_tick_params(labelbottom=True)
    panels[-1].axis("off")
    panels[-1].legend(*(part[:2] for part in panels[0].get_legend_handles_labels()), loc="center", fontsize=11)
    alt = _(
        "Five activations with their derivatives for z from -3 to 3. The derivative is 0 for the threshold, "
        "bell-shaped for tanh and sigmoid, 0 or 1 for ReLU, {leak} or 1 for Leaky ReLU."
    ).format(leak=plain(LEAK))
    return figure, Caption(_("Figure 1.5. Activations: threshold, tanh, sigmoid, ReLU and Leaky ReLU"), alt)


NEAR_LINEAR = float(np.arctanh(np.sqrt(0.5)))
"""Below this |z| the slope of tanh, 1 - tanh(z)^2, is at least half of its maximum."""


def pre_activations(count: int = 20_000) -> Vector:
    """What one neuron sees for a batch: 64 ReLU outputs of the layer before, weighted, plus a bias."""
    random = np.random.default_rng(0)
    inputs = np.maximum(random.normal(0.3, 1.0, (count, 64)), 0)
    weights = random.normal(0.05, 0.42, 64)
    return inputs @ weights + 2.0


def normalization() -> Drawn:
    before = pre_activations()
    after = (before - before.mean()) / np.sqrt(before.var() + 1e-5)
    figure = Figure(figsize=(9.2, 5.4), layout="constrained")
    panels = figure.subplots(2, 2)
    shares = []
    reach = 1.02 * float(np.abs(before).max())
    z = np.linspace(-reach, reach, 400)
    near, bars = {"color": GREEN, "alpha": 0.15, "lw": 0}, {"density": True, "color": BLUE, "alpha": 0.75}
    for (left, right), values, name in zip(panels, (before, after), (_("before"), _("after")), strict=True):
        shares.append(i18n.number(100 * float((np.abs(values) < NEAR_LINEAR).mean())))
        left.axvspan(-NEAR_LINEAR, NEAR_LINEAR, label=_("near-linear region"), **near)
        left.hist(values, bins=np.linspace(-reach, reach, 121).tolist(), **bars)
        mean, deviation = i18n.number(abs(values.mean()), 2), i18n.number(values.std(), 2)
        title = _("{name}: mean {mean}, deviation {deviation}").format(name=name, mean=mean, deviation=deviation)
        left.set(title=title, xlabel="z", ylabel=_("density"), xlim=(-reach, reach), ylim=(0, 0.62))
        curve = left.twinx()
        curve.plot(z, np.tanh(z), color=VERMILION, lw=1.5)
        curve.set(ylabel="tanh(z)", ylim=(-1.15, 1.6), yticks=(-1, 0, 1))
        curve.grid(False)
        curve.spines["right"].set_visible(True)
        curve.yaxis.label.set_color(VERMILION)
        right.hist(np.tanh(values), bins=np.linspace(-1, 1, 61).tolist(), **bars)
        title = _("{name}: {share}% in the near-linear region").format(name=name, share=shares[-1])
        right.set(title=title, xlabel="tanh(z)", ylabel=_("density"))
        right.axvspan(-np.sqrt(0.5), np.sqrt(0.5), zorder=0, **near)
    panels[0, 0].legend(loc="upper left")
    alt = _(
        "Pre-activations of a neuron for {count} inputs, and their tanh. The near-linear region, where the slope "
        "is at least half of its maximum, holds {before}% of them before batch normalization and {after}% after."
    ).format(count=i18n.number(len(before)), before=shares[0], after=shares[1])
    return figure, Caption(_("Figure 1.6. Batch normalization and the near-linear region of tanh"), alt)
