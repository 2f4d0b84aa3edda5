"""The state of a training: what a checkpoint holds, and whether training can go on from it."""

from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from torch import optim

from gen100.settings import Training
from gen100.training import checkpoint
from gen100.training.average import Average
from gen100.training.curve import Means, Row
from gen100.training.feed import batches
from gen100.training.phase import Phase, Trainable

Saved = dict[str, Any]
"""What a checkpoint holds, as plain values and tensors on the CPU."""

KEPT = ("images", "records", "step", "seconds", "memory", "trained_by", "curve", "windows")
"""Of the state, as a checkpoint holds it; the means are tensors and are held apart."""


@dataclass
class State:
    """All that a checkpoint holds, except weights and optimizers.

    Attributes:
        images, records: the budget, and the rows of its curve.
        windows: for each row of the curve, the weight of each mean over training since the row before.
    """

    images: int
    records: int
    step: int = 0
    seconds: float = 0.0
    memory: int = 0
    trained_by: dict[str, Any] = field(default_factory=dict)
    curve: list[Row] = field(default_factory=list)
    windows: list[dict[str, float]] = field(default_factory=list)
    means: Means = field(default_factory=Means)

    def keep_rows(self, steps: set[int], train_column: str) -> None:
        """Keep the rows of the curve after these steps, as if the others had not been recorded."""
        if all(row["step"] in steps for row in self.curve):
            return
        rows, windows = self.curve, self.windows
        self.curve, self.windows, sums, weights = [], [], Counter[str](), Counter[str]()
        for row, window in zip(rows, windows, strict=True):
            sums.update({name: row[name] * weight for name, weight in window.items()})
            weights.update(window)
            if row["step"] in steps:
                means = {name: total / weights[name] for name, total in sums.items()}
                self.curve.append(row | means | {"train_loss": means[train_column]})
                self.windows.append(dict(weights))
                sums, weights = Counter[str](), Counter[str]()
        for name, total in sums.items():
            self.means.sums[name] = self.means.sums.get(name, torch.zeros((), dtype=torch.float64)) + total
            self.means.weights[name] = self.means.weights.get(name, 0.0) + weights[name]


def recorded_steps(steps: int, records: int) -> set[int]:
    """After which of its steps a training writes a row of its curve: at most `records`, spread evenly."""
    return {max(1, round(k * steps / records)) for k in range(1, records + 1)}


def usable(
    saved: Saved | None, network: Trainable, settings: Training, batch_size: int, folder: Path
) -> Saved | None:
    """A checkpoint, if going on from it gives the weights and curve of a training that had these settings at once.

    Else None, and a line says why.

    Args:
        saved: of a training with the same settings but the budget and the records, if there is one.
        folder: of the checkpoint.
    """
    if saved is None or (saved["images"], saved["records"]) == (settings.images, settings.records):
        return saved
    before, now, size = saved["images"], settings.images, batch_size
    recorded = recorded_steps(batches(before, size), saved["records"])
    asked = recorded_steps(batches(now, size), settings.records)
    if before != now and network.depends_on_budget():
        why = "and what a step does depends on the budget"
    elif before * batches(now, size) != now * batches(before, size):
        why = f"which is cut into other batches: choose multiples of the batch size, {size}"
    elif before != now and saved["step"] >= batches(now, size):
        why = f"and already at {now:,} images or beyond"
    elif any(step <= saved["step"] and step not in recorded for step in asked):
        why = "with rows of the curve at steps that were not recorded: take a whole multiple of one or of both"
    else:
        return saved
    kind = f"{before:,} images and {saved['records']} records instead of {now:,} and {settings.records}"
    checkpoint.start_over(folder, f"is of {kind}, {why}")
    return None


def snapshot(state: State, network: Trainable, average: Average, phases: list[Phase]) -> Saved:
    """All that a checkpoint holds."""
    return {
        **{name: getattr(state, name) for name in KEPT},
        "sums": state.means.sums,
        "weights": state.means.weights,
        "network": network.state_dict(),
        "average": average.network.state_dict(),
        "optimizers": [optimizer.state_dict() for optimizer in _optimizers(phases)],
    }


def resume(saved: Saved | None, settings: Training, network: Trainable, batch_size: int) -> State:
    """The state to go on from, its curve that of these settings; or to begin with."""
    if saved is None:
        return State(settings.images, settings.records)
    means = Means()
    means.sums, means.weights = saved["sums"], saved["weights"]
    kept: dict[str, Any] = {name: saved[name] for name in KEPT}
    kept |= {"images": settings.images, "records": settings.records}
    state = State(**kept, means=means)
    state.keep_rows(recorded_steps(batches(settings.images, batch_size), settings.records), network.train_column)
    device = next(network.parameters()).device
    means.sums = {name: total.to(device) for name, total in means.sums.items()}
    return state


def restore(saved: Saved, network: Trainable, average: Average, phases: list[Phase]) -> None:
    """Fill weights and optimizers."""
    network.load_state_dict(saved["network"])
    average.network.load_state_dict(saved["average"])
    for optimizer, state in zip(_optimizers(phases), saved["optimizers"], strict=True):
        optimizer.load_state_dict(state)


def _optimizers(phases: list[Phase]) -> list[optim.Optimizer]:
    """Each optimizer once, in the order of the phases."""
    return list(dict.fromkeys(phase.optimizer for phase in phases))
