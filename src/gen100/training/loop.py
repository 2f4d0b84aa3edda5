"""The training loop: it knows phases, and no model by name."""

import math
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import Any

import torch
from torch import optim

from gen100.data.arrays import Cifar100
from gen100.errors import Interrupted
from gen100.settings import Training
from gen100.training import checkpoint
from gen100.training.average import Average
from gen100.training.curve import Means, Row
from gen100.training.feed import Feed, Split, in_order, load_split
from gen100.training.phase import Phase, Trainable
from gen100.training.progress import reporter
from gen100.training.randomness import reseed
from gen100.training.stepper import Stepper, autocast, not_finite

CHECKPOINT_SECONDS = 60.0
"""A checkpoint is written after this much training, and on a signal."""

STOPS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
"""Signals that stop training: of an engine or a time limit, of the keyboard, of a terminal that is closed."""


@dataclass(frozen=True)
class Run:
    """What is trained, in addition to the network: its name in messages, seed, budget, and where checkpoints lie.

    `fingerprint` stands for all that decides the weights (parameters, data, seed): a checkpoint of another
    fingerprint is not resumed.
    """

    name: str
    seed: int
    batch_size: int
    settings: Training
    fingerprint: str
    checkpoints: Path


@dataclass(frozen=True)
class Trained:
    """The outcome: the averaged network, the curve and what it took."""

    network: Trainable
    curve: list[Row]
    images: int
    seconds: float


@dataclass
class _State:
    """All that a checkpoint holds, except weights and optimizers."""

    step: int = 0
    seconds: float = 0.0
    curve: list[Row] = field(default_factory=list)
    means: Means = field(default_factory=Means)


def train(network: Trainable, data: Cifar100, run: Run, device: torch.device) -> Trained:
    """Train until the budget is spent, going on from a checkpoint of the same fingerprint if there is one.

    A step is a function of (weights, seed, step): an interrupted and resumed run gives the same bits as one
    that was not, on one machine.

    Raises:
        Interrupted: a signal of STOPS came; a checkpoint was saved first.
        UserError: a loss or a weight is not finite; names the phase and the step.
    """
    settings = run.settings
    network.to(device)
    train_split = load_split(network, data.train_images, data.train_labels, device, settings.flip)
    held_out = load_split(network, data.test_images, data.test_labels, device, flip=False)
    feed = Feed(train_split, images=settings.images, batch_size=run.batch_size, seed=run.seed, flip=settings.flip)
    network.calibrate(feed.split.rows[: len(feed.split)])
    network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    phases = network.phases()
    stepper = Stepper(network, phases)
    average = Average(network, phases, settings.ema_images)
    state = _restore(checkpoint.load(run.checkpoints, run.fingerprint), network, average, phases)
    records = {max(1, round(k * feed.steps / settings.records)) for k in range(1, settings.records + 1)}
    saved = time.monotonic()
    begin = saved - state.seconds

    def save() -> None:
        stepper.check(run.name, state.step)
        state.seconds = time.monotonic() - begin
        checkpoint.save(run.checkpoints, run.fingerprint, _snapshot(state, network, average, phases))

    network.train()
    with _signals() as received, reporter(run.name, settings.images, feed.seen(state.step)) as progress:
        while state.step < feed.steps:
            reseed(run.seed, "step", state.step)
            weight = feed.seen(state.step + 1) - feed.seen(state.step)
            loss = stepper.step(feed.batch(state.step), state.step, feed.seen(state.step), state.means, weight)
            state.step += 1
            seen = feed.seen(state.step)
            average.update(seen, weight)
            if state.step in records:
                stepper.check(run.name, state.step)
                state.curve.append(_record(network, held_out, run, state, seen, len(feed.split)))
            if time.monotonic() - saved >= CHECKPOINT_SECONDS:
                save()
                saved = time.monotonic()
            if progress.due():
                progress.report(seen, float(loss))
            if received:
                save()
                raise Interrupted(received[0], f"{seen:,} of {settings.images:,} images")
    return Trained(average.network, state.curve, feed.seen(state.step), time.monotonic() - begin)


def _record(network: Trainable, held_out: Split, run: Run, state: _State, seen: int, epoch: int) -> Row:
    means = Means()
    reseed(run.seed, "validation")
    network.eval()
    with torch.no_grad(), autocast(held_out.labels.device):
        for batch in in_order(held_out, run.batch_size, seen / run.settings.images):
            means.add("val", network.validate(batch), len(batch.labels))
    network.train()
    parts: Row = {**state.means.take(), **means.take()}
    wrong = [name for name, value in parts.items() if not math.isfinite(value)]
    if wrong:
        phase = wrong[0].partition("_")[0]
        where = "validation" if phase == "val" else f"phase '{phase}'"
        raise not_finite(run.name, f"the loss of {where}", state.step)
    fixed: Row = {
        "epoch": round(seen / epoch, 6),
        "step": state.step,
        "images": seen,
        "train_loss": parts[network.train_column],
        "val_loss": parts[network.val_column],
    }
    return fixed | {name: value for name, value in parts.items() if name not in fixed}


def _snapshot(state: _State, network: Trainable, average: Average, phases: list[Phase]) -> dict[str, Any]:
    return {
        "step": state.step,
        "seconds": state.seconds,
        "curve": state.curve,
        "sums": state.means.sums,
        "weights": state.means.weights,
        "network": network.state_dict(),
        "average": average.network.state_dict(),
        "optimizers": [optimizer.state_dict() for optimizer in _optimizers(phases)],
    }


def _restore(saved: dict[str, Any] | None, network: Trainable, average: Average, phases: list[Phase]) -> _State:
    if saved is None:
        return _State()
    network.load_state_dict(saved["network"])
    average.network.load_state_dict(saved["average"])
    for optimizer, state in zip(_optimizers(phases), saved["optimizers"], strict=True):
        optimizer.load_state_dict(state)
    means = Means()
    device = next(network.parameters()).device
    means.sums = {name: total.to(device) for name, total in saved["sums"].items()}
    means.weights = saved["weights"]
    return _State(saved["step"], saved["seconds"], saved["curve"], means)


def _optimizers(phases: list[Phase]) -> list[optim.Optimizer]:
    """Each optimizer once, in the order of the phases."""
    return list(dict.fromkeys(phase.optimizer for phase in phases))


@contextmanager
def _signals() -> Iterator[list[int]]:
    """Note the signals of STOPS instead of dying, so that the step can end and a checkpoint be saved.

    One that this process was started to ignore stays ignored: SIGHUP under `nohup`.
    """
    received: list[int] = []

    def note(number: int, _frame: FrameType | None) -> None:
        received.append(number)

    before = {number: signal.getsignal(number) for number in STOPS}
    noted = {number: handler for number, handler in before.items() if handler is not signal.SIG_IGN}
    for number in noted:
        signal.signal(number, note)
    try:
        yield received
    finally:
        for number, handler in noted.items():
            signal.signal(number, handler)
