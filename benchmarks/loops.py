"""Two training loops to compare: gen100's own, and a bare one with only forward, backward and optimizer."""

import math
import tempfile
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass, replace
from itertools import count
from pathlib import Path

import torch
from subjects import Subject
from timing import now
from torch.utils.flop_counter import FlopCounterMode

from gen100.data.arrays import Cifar100
from gen100.device import fastest
from gen100.training.feed import Feed, load_split
from gen100.training.loop import Run, train
from gen100.training.phase import Batch, Parts, Phase, Trainable

UNTIMED = 3
"""Steps before the clock starts."""

BATCHES = 4
"""Different batches that the bare loop cycles through."""


def whole_cycles(subject: Subject, data: Cifar100, steps: int) -> int:
    """At least `steps` steps, in which every phase of the network runs as often as its share of them."""
    cycle = math.lcm(*(phase.every for phase in subject.build(data).phases()))
    return -(-steps // cycle) * cycle


def gen100_seconds(subject: Subject, data: Cifar100, steps: int) -> float:
    """Seconds of `steps` steps of `gen100.training.loop.train`, after a few untimed ones."""
    network, started, times = subject.build(data), count(), []
    phases = network.phases

    def clocked() -> list[Phase]:
        first, *others = phases()

        def loss(batch: Batch) -> Parts:
            if next(started) in (UNTIMED, UNTIMED + steps):
                times.append(now())
            return first.loss(batch)

        return [replace(first, loss=loss), *others]

    network.phases = clocked  # type: ignore[method-assign]
    # One step more: the last timed one ends where the next begins.
    images = subject.batch_size * (UNTIMED + steps + 1)
    settings = subject.training.model_copy(update={"images": images, "records": 1})
    with tempfile.TemporaryDirectory() as folder:
        train(network, data, Run(subject.name, 0, subject.batch_size, settings, "", Path(folder)), fastest())
    begin, end = times
    return end - begin


@dataclass(frozen=True)
class Variant:
    """How the bare loop computes; without arguments as gen100 on a CPU, with `autocast` as on a GPU.

    Attributes:
        autocast: bfloat16 where torch considers it safe, else float32.
        compiled: losses go through torch.compile, except those with a gradient penalty: it has no double backward.
        channels_last: memory format of weights and images.
        deterministic: in torch's deterministic mode, as gen100 trains on a GPU. Who makes the loop sets the mode.
        fill: that mode fills new memory unless told not to, as gen100 does.
    """

    autocast: bool = False
    compiled: bool = False
    channels_last: bool = True
    deterministic: bool = True
    fill: bool = False


class BareLoop:
    """Forward, backward and torch's fused AdamW of a network, on batches that lie ready on the device."""

    def __init__(self, subject: Subject, data: Cifar100, variant: Variant | None = None) -> None:
        self.variant = variant or Variant(autocast=fastest().type == "cuda")
        network = subject.build(data).to(fastest())
        self._batches = _batches(subject, network, data)
        if not self.variant.channels_last:
            network.to(memory_format=torch.contiguous_format)  # type: ignore[call-overload]
            self._batches = [replace(batch, images=batch.images.contiguous()) for batch in self._batches]
        network.train()
        self._everything = [parameter for parameter in network.parameters() if parameter.requires_grad]
        self._phases = network.phases()
        self._losses = [self._loss(phase, subject) for phase in self._phases]
        self._optimizers = {id(phase.optimizer): _torch_adamw(phase) for phase in self._phases}

    def step(self, number: int) -> None:
        """Every phase that is due in this step."""
        for phase, loss in zip(self._phases, self._losses, strict=True):
            if number % phase.every == 0:
                self._update(phase, loss, self._batches[number % BATCHES])

    def seconds(self, steps: int) -> float:
        """Seconds of `steps` steps, after a few untimed ones."""
        for number in range(UNTIMED):
            self.step(number)
        begin = now()
        for number in range(UNTIMED, UNTIMED + steps):
            self.step(number)
        return now() - begin

    def flops(self) -> float:
        """Floating-point operations per step of matrix products and convolutions; a lazy phase by its share.

        What checkpointing computes twice counts twice.
        """
        total = 0.0
        for phase, loss in zip(self._phases, self._losses, strict=True):
            with FlopCounterMode(display=False) as counter:
                self._update(phase, loss, self._batches[0])
            total += counter.get_total_flops() / phase.every
        return total

    def _update(self, phase: Phase, loss: Callable[[Batch], Parts], batch: Batch) -> None:
        if len(self._optimizers) > 1:
            # Gradients of one network only, as in any loop for a GAN.
            for parameter in self._everything:
                parameter.requires_grad_(False)
            for parameter in phase.parameters:
                parameter.requires_grad_(True)
        optimizer = self._optimizers[id(phase.optimizer)]
        optimizer.zero_grad()
        with torch.autocast(fastest().type, torch.bfloat16) if self.variant.autocast else nullcontext():
            value = loss(batch)["loss"]
        value.backward()
        optimizer.step()

    def _loss(self, phase: Phase, subject: Subject) -> Callable[[Batch], Parts]:
        twice = phase.name == "r1" or (phase.name == "discriminator" and subject.cell.loss == "wasserstein")
        return phase.loss if twice or not self.variant.compiled else torch.compile(phase.loss)


def _torch_adamw(phase: Phase) -> torch.optim.AdamW:
    (ours,) = phase.optimizer.param_groups
    settings = {"lr": ours["initial_lr"], "betas": ours["betas"], "weight_decay": 0.0}
    return torch.optim.AdamW(phase.parameters, **settings, fused=True)


def _batches(subject: Subject, network: Trainable, data: Cifar100) -> list[Batch]:
    """Batches as the network sees them in the middle of training."""
    settings, size = subject.training, subject.batch_size
    split = load_split(network, data.train_images, data.train_labels, fastest(), settings.flip)
    network.calibrate(split.rows[: len(split)])
    network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    feed = Feed(split, images=BATCHES * size, batch_size=size, seed=0, flip=settings.flip)
    return [replace(feed.batch(step), progress=0.5) for step in range(BATCHES)]
