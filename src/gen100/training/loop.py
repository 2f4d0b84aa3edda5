"""The training loop: it knows phases, and no model by name."""

import math
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Any

import torch

from gen100 import __version__
from gen100.data.arrays import Cifar100
from gen100.device import describe, peak_memory
from gen100.errors import Interrupted
from gen100.settings import Training
from gen100.training import checkpoint
from gen100.training.average import Average
from gen100.training.curve import Means, Row
from gen100.training.feed import Feed, Split, batches, in_order, load_split
from gen100.training.phase import Trainable
from gen100.training.progress import reporter
from gen100.training.randomness import reseed
from gen100.training.state import Saved, State, recorded_steps, restore, resume, snapshot, usable
from gen100.training.stepper import Stepper, autocast, not_finite
from gen100.version import commit

CHECKPOINT_SECONDS = 60.0
"""A checkpoint is written after this much training, and on a signal."""

STOPS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
"""Signals that stop training: of an engine or a time limit, of the keyboard, of a terminal that is closed."""


@dataclass(frozen=True)
class Run:
    """What is trained, in addition to the network: its name in messages, seed, budget, and where checkpoints lie.

    `fingerprint` stands for all that decides the weights (parameters, data, seed) but the budget: a checkpoint of
    another fingerprint is not resumed.
    """

    name: str
    seed: int
    batch_size: int
    settings: Training
    fingerprint: str
    checkpoints: Path


@dataclass(frozen=True)
class Trained:
    """The outcome: the averaged network, the curve and what it took, from the first image on.

    Attributes:
        seconds: of all processes that trained it.
        memory: the most that one of them used, in bytes.
        trained_by: device and program of the last one.
    """

    network: Trainable
    curve: list[Row]
    images: int
    seconds: float
    memory: int
    trained_by: dict[str, Any]


def train(network: Trainable, data: Cifar100, run: Run, device: torch.device) -> Trained:
    """Train until the budget is spent, going on from a checkpoint of the same fingerprint if there is one.

    A step is a function of (weights, seed, step): an interrupted and resumed run gives the same bits as one
    that was not, on one machine. The last checkpoint stays, so that the outcome can be written again, and training
    can go on to a larger budget.

    Raises:
        Interrupted: a signal of STOPS came; a checkpoint was saved first.
        UserError: a loss or a weight is not finite; names the phase and the step.
    """
    settings = run.settings
    network.to(device)
    saved = usable(
        checkpoint.load(run.checkpoints, run.fingerprint),
        network,
        settings,
        run.batch_size,
        run.checkpoints,
    )
    state = resume(saved, settings, network, run.batch_size)
    if saved is not None and saved["step"] == batches(settings.images, run.batch_size):
        return _finished(saved, network, run, state)
    train_split = load_split(network, data.train_images, data.train_labels, device, settings.flip)
    held_out = load_split(network, data.test_images, data.test_labels, device, flip=False)
    feed = Feed(train_split, images=settings.images, batch_size=run.batch_size, seed=run.seed, flip=settings.flip)
    network.calibrate(feed.split.rows[: len(feed.split)])
    network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    phases = network.phases()
    stepper = Stepper(network, phases)
    average = Average(network, phases, settings.ema_images)
    if saved is not None:
        restore(saved, network, average, phases)
    records = recorded_steps(feed.steps, settings.records)
    latest = time.monotonic()
    begin = latest - state.seconds

    def save() -> None:
        stepper.check(run.name, state.step)
        state.seconds = time.monotonic() - begin
        state.memory = max(state.memory, peak_memory(device))
        state.trained_by = _this_process(device)
        checkpoint.save(run.checkpoints, run.fingerprint, snapshot(state, network, average, phases))

    network.train()
    with _signals() as received, reporter(run.name, settings.images, feed.seen(state.step)) as progress:
        while state.step < feed.steps and not received:
            reseed(run.seed, "step", state.step)
            weight = feed.seen(state.step + 1) - feed.seen(state.step)
            loss = stepper.step(feed.batch(state.step), state.step, feed.seen(state.step), state.means, weight)
            state.step += 1
            seen = feed.seen(state.step)
            average.update(seen, weight)
            if state.step in records:
                stepper.check(run.name, state.step)
                window = dict(state.means.weights)
                state.curve.append(_record(network, held_out, run, state, seen, len(feed.split)))
                state.windows.append(window)
            if time.monotonic() - latest >= CHECKPOINT_SECONDS:
                save()
                latest = time.monotonic()
            if progress.due():
                progress.report(seen, float(loss))
        save()
        if received:
            raise Interrupted(received[0], f"{feed.seen(state.step):,} of {settings.images:,} images")
    return _outcome(average.network, state)


def _finished(saved: Saved, network: Trainable, run: Run, state: State) -> Trained:
    """The outcome of a training that a checkpoint is the end of."""
    print(
        f"{run.name}: trained already: outputs are made of {run.checkpoints / checkpoint.NAME}",
        file=sys.stderr,
        flush=True,
    )
    network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    network.load_state_dict(saved["average"])
    return _outcome(network.eval().requires_grad_(False), state)


def _outcome(network: Trainable, state: State) -> Trained:
    return Trained(network, state.curve, state.images, state.seconds, state.memory, state.trained_by)


def _this_process(device: torch.device) -> dict[str, Any]:
    return {**describe(device), "gen100": __version__, "commit": commit(), "torch": str(torch.__version__)}


def _record(network: Trainable, held_out: Split, run: Run, state: State, seen: int, epoch: int) -> Row:
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
