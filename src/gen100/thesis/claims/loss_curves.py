"""What claims say of loss curves: how far they fall, whether they rise, part or cross."""

from collections.abc import Callable

import numpy as np
import pandas as pd

from gen100.families.registry import FAMILIES
from gen100.i18n import N_, _
from gen100.report.statistics import difference
from gen100.thesis.cells import LOSSES
from gen100.thesis.claims.claim import PartFinding
from gen100.thesis.claims.decision import DirectedTest, decide, within
from gen100.thesis.claims.hypotheses import Measure, Values, higher
from gen100.thesis.claims.pairs import SIZES, every, find
from gen100.thesis.claims.runs import MissingError, ThesisRuns
from gen100.thesis.claims.wording import listed, plain, short_name

PARTED = 0.05
"""Losses have parted where the validation loss exceeds the training loss by more than this share of it."""


def crossings(curve: pd.DataFrame) -> int:
    """How often the two losses of a curve swap sides."""
    signs = np.sign((curve["train_loss"] - curve["val_loss"]).to_numpy(float))
    signs = signs[np.isfinite(signs) & (signs != 0)]
    return int((signs[1:] != signs[:-1]).sum())


def fall(curve: pd.DataFrame) -> float:
    """How far the validation loss fell over the curve, as a share of its first value."""
    values = curve["val_loss"].dropna().to_numpy(float)
    return float((values[0] - values[-1]) / abs(values[0]))


def rises(curve: pd.DataFrame) -> float:
    """The share of records at which the validation loss is above that of the record before, in [0, 1].

    Raises:
        MissingError: there are fewer than two records.
    """
    values = curve["val_loss"].dropna().to_numpy(float)
    if len(values) < 2:
        raise MissingError(N_("a loss curve of two records"))
    return float((np.diff(values) > 0).mean())


def gap(curve: pd.DataFrame) -> float:
    """By how much the last validation loss exceeds the training loss, as a share of the training loss."""
    train, val = (float(curve[name].iloc[-1]) for name in ("train_loss", "val_loss"))
    return (val - train) / abs(train)


def last_error(curve: pd.DataFrame) -> float:
    """The last mean squared error of reconstructed test images, which all losses of a VAE record.

    Raises:
        MissingError: the curve has no such column.
    """
    if "val_mse" not in curve:
        raise MissingError("val_mse")
    return float(curve["val_mse"].iloc[-1])


def crosses(family: str, loss: str, claimed: bool) -> Measure:
    """Whether the two losses swap sides, in every run of a loss or in none.

    Where runs of a cell differ, the seed decides it, not the loss.
    """

    def measured(runs: ThesisRuns) -> PartFinding:
        counts = {
            cell: runs.curve_values(cell, crossings) for cell in (find(family, loss, size) for size in SIZES)
        }
        cross = [all(values) for values in counts.values()]
        never = [not any(values) for values in counts.values()]
        enough = all(len(values) > 1 for values in counts.values())
        agrees, differs = (cross, never) if claimed else (never, cross)
        outcome = (True if all(agrees) else False if any(differs) else None) if enough else None

        def write() -> str:
            said = (f"{short_name(cell)}: {', '.join(map(plain, values))}" for cell, values in counts.items())
            return _("crossings by seed: {counts}").format(counts="; ".join(said))

        return PartFinding(outcome, write)

    return measured


def gaps(family: str, size: str, parted: bool) -> Measure:
    """The last gap of every loss of a family at a size lies above PARTED, or surely within it."""

    def measured(runs: ThesisRuns) -> PartFinding:
        tests, said = [], []
        for cell in (find(family, loss, size) for loss in LOSSES[family]):
            values = runs.curve_values(cell, gap)
            found = difference(values, [PARTED if parted else 0.0] * len(values), 0.0, paired=True)
            tests += [DirectedTest(found, 1)] if parted else within(found, PARTED)
            said.append((short_name(cell), found))
        return PartFinding(decide(tests), lambda: listed(said))

    return measured


def doubled_error(family: str, loss: str, other: str) -> Measure:
    """The last error of a loss is more than twice that of another, at both sizes."""

    def measured(runs: ThesisRuns) -> PartFinding:
        tests, said = [], []
        for size in SIZES:
            cells = find(family, loss, size), find(family, other, size)
            first, second = (runs.curve_values(cell, last_error) for cell in cells)
            found = difference(first, (2 * np.array(second)).tolist(), 0.0, paired=True)
            tests.append(DirectedTest(found, 1))
            said.append((f"{short_name(cells[0])} − 2 × {cells[1].loss_title}", found))
        return PartFinding(decide(tests), lambda: listed(said))

    return measured


def family_mean(family: str, measure: Callable[[pd.DataFrame], float]) -> Values:
    """The mean of a measure over a family's curves, one value per seed."""
    return lambda runs: np.mean([runs.curve_values(cell, measure) for cell in every(family)], axis=0).tolist()


def rises_less(family: str) -> Measure:
    """The validation loss of a family rises less often than that of every other."""
    pairs = [
        (
            f"{FAMILIES[other].title} − {FAMILIES[family].title}",
            family_mean(other, rises),
            family_mean(family, rises),
        )
        for other in LOSSES
        if other != family
    ]
    return higher(pairs, paired=False)
