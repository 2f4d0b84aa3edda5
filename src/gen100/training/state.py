"""The state of a training: what a checkpoint holds, and whether training can go on from it."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from torch import optim

from gen100.training import checkpoint
from gen100.training.average import Average
from gen100.training.curve import Means, Row
from gen100.training.feed import batches
from gen100.training.phase import Phase, Trainable

Saved = dict[str, Any]
"""What a checkpoint holds, as plain values and tensors on the CPU."""

KEPT = ("images", "step", "seconds", "memory", "trained_by", "curve")
"""Of the state, as a checkpoint holds it; the means are tensors and are held apart."""


@dataclass
class State:
    """All that a checkpoint holds, except weights and optimizers; `images` is the budget."""

    images: int
    step: int = 0
    seconds: float = 0.0
    memory: int = 0
    trained_by: dict[str, Any] = field(default_factory=dict)
    curve: list[Row] = field(default_factory=list)
    means: Means = field(default_factory=Means)


def usable(saved: Saved | None, network: Trainable, images: int, batch_size: int, folder: Path) -> Saved | None:
    """A checkpoint, if going on from it gives the bits of a training that had the budget from the start.

    Else None, and a line says why.

    Args:
        saved: of a training with the same settings but the budget, if there is one.
        images: the budget.
        folder: of the checkpoint.
    """
    if saved is None or saved["images"] == images:
        return saved
    before, now, size = saved["images"], images, batch_size
    if network.depends_on_budget():
        why = "and what a step does depends on the budget"
    elif before * batches(now, size) != now * batches(before, size):
        why = f"which is cut into other batches: choose multiples of the batch size, {size}"
    elif saved["step"] >= batches(now, size):
        why = f"and already at {now:,} images or beyond"
    else:
        return saved
    checkpoint.start_over(folder, f"is of a budget of {before:,} images instead of {now:,}, {why}")
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


def restore(saved: Saved | None, images: int, network: Trainable, average: Average, phases: list[Phase]) -> State:
    """The state to go on from, of a budget of `images`."""
    if saved is None:
        return State(images)
    network.load_state_dict(saved["network"])
    average.network.load_state_dict(saved["average"])
    for optimizer, state in zip(_optimizers(phases), saved["optimizers"], strict=True):
        optimizer.load_state_dict(state)
    means = Means()
    device = next(network.parameters()).device
    means.sums = {name: total.to(device) for name, total in saved["sums"].items()}
    means.weights = saved["weights"]
    kept: dict[str, Any] = {name: saved[name] for name in KEPT} | {"images": images}
    return State(**kept, means=means)


def _optimizers(phases: list[Phase]) -> list[optim.Optimizer]:
    """Each optimizer once, in the order of the phases."""
    return list(dict.fromkeys(phase.optimizer for phase in phases))
