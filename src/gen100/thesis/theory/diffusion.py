"""Figure 2.8: a training image diffused forward and back under a linear and two other schedules."""

from typing import Any

import numpy as np
from matplotlib.figure import Figure

from gen100.families.stable_diffusion.betas import alpha_bars
from gen100.i18n import N_, _
from gen100.provenance import DataFacts
from gen100.report.labels import admitted, caveat, data_label
from gen100.report.style import CYCLE, GREY, Caption
from gen100.thesis.theory.descent import Drawn, Vector

SCHEDULES = {"linear": N_("linear"), "quadratic": N_("quadratic"), "exponential": N_("exponential")}
"""Noise schedules, and what each is called, to be translated."""
TIMESTEPS = 1000
SHOWN = (0, 100, 250, 400, 550, 700, 850, 1000)


def forward(image: Vector, kept: Vector, noise: Vector, times: tuple[int, ...]) -> list[Vector]:
    """x_t = sqrt(abar_t) x_0 + sqrt(1 - abar_t) eps for each t; `kept` is abar of steps 1 to T."""
    levels = np.concatenate([[1.0], kept])
    return [np.sqrt(levels[t]) * image + np.sqrt(1 - levels[t]) * noise for t in times]


def reverse_mean(now: Vector, image: Vector, kept: Vector, step: int) -> Vector:
    """Mean of q(x_{t-1} | x_t, x_0), t = `step`: (x_t - (1 - a_t) / sqrt(1 - abar_t) eps) / sqrt(a_t).

    eps is the noise that separates x_t from x_0; a model would have to predict it.
    """
    level, before = kept[step - 1], kept[step - 2] if step > 1 else 1.0
    alpha = level / before
    noise = (now - np.sqrt(level) * image) / np.sqrt(1 - level)
    return (now - (1 - alpha) / np.sqrt(1 - level) * noise) / np.sqrt(alpha)


def reverse(image: Vector, kept: Vector, random: np.random.Generator, times: tuple[int, ...]) -> list[Vector]:
    """Walk from pure noise at T back to 0 with the exact posterior; give the images at `times`.

    Its variance is (1 - abar_{t-1}) / (1 - abar_t) b_t (Ho et al. 2020, equation 7).
    """
    now = random.standard_normal(image.shape)
    seen = {len(kept): now}
    for step in range(len(kept), 0, -1):
        before = kept[step - 2] if step > 1 else 1.0
        variance = (1 - before) / (1 - kept[step - 1]) * (1 - kept[step - 1] / before)
        now = reverse_mean(now, image, kept, step) + np.sqrt(variance) * random.standard_normal(image.shape)
        seen[step - 1] = now
    return [seen[t] for t in times]


def forward_and_reverse(images: np.ndarray, labels: np.ndarray, data: DataFacts) -> Drawn:
    """Draw the figure for the training image with the strongest contrast among 500 of classes 0 to 19, of N x 3 x
    32 x 32 uint8 images with N labels; `data` says what they are."""
    candidates = np.flatnonzero(labels < 20)[:500]
    chosen = candidates[images[candidates].astype(np.float32).std(axis=(1, 2, 3)).argmax()]
    image = images[chosen].astype(np.float64) / 127.5 - 1
    random = np.random.default_rng(28)
    noise = random.standard_normal(image.shape)
    # In hundredths of an inch, from the top left.
    side, gap, left, head, graph = 84, 6, 160, 76, 290
    block = 2 * (side + gap) + 26
    width, height = left + len(SHOWN) * (side + gap) + 14, head + len(SCHEDULES) * block + graph
    figure = Figure(figsize=(width / 100, height / 100))

    def text(x: float, y: float, said: str, **font: Any) -> None:
        figure.text(x / width, 1 - y / height, said, **font)

    title = _("A training image, diffused and back: {data}").format(data=data_label(data))
    text(20, 18, title, fontsize=11, weight="bold", va="top")
    for column, time in enumerate(SHOWN):
        text(left + column * (side + gap) + side / 2, head - 6, f"t = {time}", fontsize=9, ha="center")
    axes = figure.add_axes((84 / width, 52 / height, (width - 110) / width, (graph - 100) / height))
    for row, (schedule, name) in enumerate(SCHEDULES.items()):
        kept, tint = alpha_bars(schedule, TIMESTEPS), CYCLE[row]
        axes.plot(np.arange(TIMESTEPS + 1), np.concatenate([[1.0], kept]), color=tint, label=_(name))
        walks = (forward(image, kept, noise, SHOWN), reverse(image, kept, random, SHOWN))
        directions = (_("forward →"), _("← reverse"))
        for line, (walk, direction) in enumerate(zip(walks, directions, strict=True)):
            top = head + row * block + line * (side + gap)
            text(left - 12, top + side / 2, direction, fontsize=9, ha="right", va="center", color=GREY)
            for column, state in enumerate(walk):
                place = (left + column * (side + gap)) / width, 1 - (top + side) / height
                panel = figure.add_axes((*place, side / width, side / height))
                pixels = np.clip((state + 1) * 127.5, 0, 255).round().astype(np.uint8).transpose(1, 2, 0)
                panel.imshow(pixels, interpolation="none", aspect="auto")
                panel.set_axis_off()
        middle: dict[str, Any] = {"rotation": 90, "ha": "center", "va": "center", "color": tint}
        text(28, head + row * block + side + gap / 2, _(name), fontsize=10, weight="bold", **middle)
    axes.set(title=_("remaining share of the image's variance"), xlabel=_("step t"), ylabel=_("ᾱ at step t"))
    axes.legend(loc="upper right")
    axes.margins(x=0.01)
    title = _(
        "Figure 2.8. Forward and reverse diffusion of an image under linear, quadratic and exponential noise "
        "schedules"
    )
    alt = _(
        "One training image ({data}) at t = {times} of {steps}: noise is added forward and removed in reverse "
        "with the exact posterior given the image. The non-linear schedules keep more of the image midway. Below, "
        "the remaining share of variance by step."
    ).format(data=data_label(data), times=", ".join(map(str, SHOWN)), steps=TIMESTEPS)
    return figure, Caption(admitted(title, caveat(data, ())), alt)
