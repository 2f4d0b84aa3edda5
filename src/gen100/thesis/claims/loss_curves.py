"""What claims say of loss curves: how far they fall, whether they rise, part or cross."""

import numpy as np
import pandas as pd

from gen100.families.registry import FAMILIES
from gen100.i18n import _
from gen100.report.statistics import difference
from gen100.thesis.cells import LOSSES
from gen100.thesis.claims.claim import hypothesis
from gen100.thesis.claims.decision import DirectedTest, PartFinding, finding, plain, short_name, stated, within
from gen100.thesis.claims.pairs import select, versus
from gen100.thesis.claims.runs import MissingError, ThesisRuns

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
        raise MissingError(_("a loss curve of two records"))
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


@hypothesis
def crosses(runs: ThesisRuns, family: str, loss: str, claimed: bool) -> PartFinding:
    """Whether the two losses swap sides, in every run of a loss or in none.

    Where runs of a cell differ, the seed decides it, not the loss. More training cannot undo a crossing.
    """
    counts = {cell: runs.curve_values(cell, crossings) for cell in select(family, loss)}
    agree = [[bool(count) == claimed for count in by_seed] for by_seed in counts.values()]
    outcome = True if all(map(all, agree)) else None if all(map(any, agree)) else False
    if any(len(by_seed) < 2 for by_seed in agree):
        outcome = None
    said = "; ".join(f"{short_name(cell)}: {', '.join(map(plain, values))}" for cell, values in counts.items())
    text = _("crossings by seed: {counts}").format(counts=said)
    return PartFinding(outcome, text, lasting=outcome == claimed)


@hypothesis
def gaps(runs: ThesisRuns, family: str, size: str, parted: bool) -> PartFinding:
    """The last gap of every loss of a family at a size lies above PARTED, or surely within it."""
    tests = []
    for cell in select(family, size=size):
        values = runs.curve_values(cell, gap)
        found = difference(values, [PARTED if parted else 0.0] * len(values), 0.0, paired=True)
        name = short_name(cell)
        tests += [DirectedTest(name, found, 1)] if parted else within(name, found, PARTED)
    return stated(tests)


@hypothesis
def doubled_error(runs: ThesisRuns, family: str, loss: str, other: str) -> PartFinding:
    """The last error of a loss is more than twice that of another, at both sizes."""
    tests = []
    for cells in versus(select(family, loss), select(family, other)):
        first, second = (runs.curve_values(cell, last_error) for cell in cells)
        found = difference(first, (2 * np.array(second)).tolist(), 0.0, paired=True)
        tests.append(DirectedTest(f"{short_name(cells[0])} − 2 × {cells[1].loss_title}", found, 1))
    return stated(tests)


@hypothesis
def rises_less(runs: ThesisRuns, family: str) -> PartFinding:
    """The validation loss of a family rises less often than that of every other."""

    def by_seed(of: str) -> list[float]:
        return np.mean([runs.curve_values(cell, rises) for cell in select(of)], axis=0).tolist()

    tests = []
    for other in (other for other in LOSSES if other != family):
        found = difference(by_seed(other), by_seed(family), 0.0, paired=False)
        tests.append(DirectedTest(f"{FAMILIES[other].title} − {FAMILIES[family].title}", found, 1))
    return finding(tests)
