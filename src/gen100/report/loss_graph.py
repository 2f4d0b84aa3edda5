"""The two losses of a cell by epoch."""

from typing import Literal

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from gen100.families.registry import FAMILIES
from gen100.i18n import N_, _
from gen100.report.style import BLUE, VERMILION, plain_numbers

COLUMNS = ("train_loss", "val_loss")
"""Of curve.csv."""
Scale = Literal["linear", "log", "symlog"]
AXIS_TITLES: dict[Scale, str] = {
    "linear": N_("loss"),
    "log": N_("loss (log scale)"),
    "symlog": N_("loss (symlog scale)"),
}
"""Of the vertical axis, to be translated."""


def loss_names(family: str) -> tuple[str, str]:
    """What a family's two loss columns hold, in the current language."""
    first, second = FAMILIES[family].loss_labels
    return _(first), _(second)


def choose_scale(values: np.ndarray) -> Scale:
    """'linear', 'log' where positive losses span more than a factor of 20, 'symlog' where signed ones do."""
    size = np.abs(values[np.isfinite(values)])
    if not size.size or size.max() == 0:
        return "linear"
    if np.nanmin(values) > 0:
        return "log" if size.max() / size.min() > 20 else "linear"
    return "symlog" if size.max() / np.median(size) > 20 else "linear"


def both_losses(curves: list[pd.DataFrame]) -> np.ndarray:
    """All values of both losses."""
    return np.concatenate([curve[list(COLUMNS)].to_numpy(float).ravel() for curve in curves])


def draw_losses(axes: Axes, curves: list[pd.DataFrame], family: str) -> None:
    """Both losses by epoch: one line per seed, thin where there are several."""
    several = len(curves) > 1
    for curve in curves:
        style = {"marker": "o" if len(curve) <= 30 and not several else "", "markersize": 3.5}
        style |= {"lw": 1, "alpha": 0.8} if several else {"lw": 1.8, "alpha": 1}
        axes.plot(curve["epoch"], curve["train_loss"], color=BLUE, **style)
        axes.plot(curve["epoch"], curve["val_loss"], color=VERMILION, ls=(0, (4, 1.5)), **style)
    for line, name in zip(axes.lines[:2], loss_names(family), strict=True):
        line.set_label(name)
    values = both_losses(curves)
    scale = choose_scale(values)
    axes.set_yscale(scale, **({"linthresh": float(np.nanmedian(np.abs(values)))} if scale == "symlog" else {}))
    if scale == "log":
        decades = np.log10(np.nanmax(values) / np.nanmin(values))
        plain_numbers(axes.yaxis, (1, 2, 5) if decades < 3 else (1,))
    axes.set_ylabel(_(AXIS_TITLES[scale]))
    axes.xaxis.set_major_locator(MaxNLocator(6))
    axes.set_xlabel(_("epoch"))
    axes.legend(loc="lower right", bbox_to_anchor=(1.01, 1.0), ncol=2, handlelength=2.2, borderaxespad=0.2)
