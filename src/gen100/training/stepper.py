"""A step of training: the phases that are due, and a watch over what is not finite."""

import math
from contextlib import AbstractContextManager, nullcontext

import torch
from torch import Tensor, nn

from gen100.errors import UserError
from gen100.training.curve import Means
from gen100.training.phase import Batch, Phase, Trainable


class Stepper:
    """Runs the phases of a step, and remembers on the device where a loss first was not finite."""

    def __init__(self, network: Trainable, phases: list[Phase]) -> None:
        self._phases = phases
        self._parameters: list[nn.Parameter] = [p for p in network.parameters() if p.requires_grad]
        self._alone = len({frozenset(map(id, phase.parameters)) for phase in phases}) == 1
        first = next(network.parameters())
        self._failed = [torch.full((), math.inf, device=first.device) for _ in phases]
        self._autocast = autocast(first.device)

    def step(self, batch: Batch, step: int, seen: int, means: Means, weight: int) -> Tensor:
        """One update of every phase that is due; returns the first phase's loss, on the device."""
        shown: Tensor | None = None
        for number, phase in enumerate(self._phases):
            if step % phase.every:
                continue
            _warm_up(phase, seen + weight)
            self._focus(phase)
            with self._autocast:
                parts = phase.loss(batch)
            loss = parts["loss"]
            phase.optimizer.zero_grad()
            loss.backward()
            phase.optimizer.step()
            self._watch(number, loss.detach(), step)
            means.add(phase.name, parts, weight)
            shown = loss.detach() if shown is None else shown
        assert shown is not None, "the first phase runs on every step"
        return shown

    def check(self, name: str, step: int) -> None:
        """Stop the run where a loss was not finite, or a weight is not after `step` steps.

        A gradient may not be finite though its loss is; the loss only tells one step later.
        """
        for phase, failed in zip(self._phases, self._failed, strict=True):
            if (at := failed.item()) != math.inf:
                raise not_finite(name, f"the loss of phase '{phase.name}'", int(at))
        for phase in self._phases:
            if not torch.stack([parameter.isfinite().all() for parameter in phase.parameters]).all():
                raise not_finite(name, f"a weight of phase '{phase.name}'", step)

    def _focus(self, phase: Phase) -> None:
        if self._alone:
            return
        inside = set(map(id, phase.parameters))
        for parameter in self._parameters:
            parameter.requires_grad_(id(parameter) in inside)

    def _watch(self, number: int, loss: Tensor, step: int) -> None:
        failed = self._failed[number]
        bad = torch.where(torch.isfinite(loss), math.inf, float(step)).to(failed)
        torch.minimum(failed, bad, out=failed)


def not_finite(name: str, what: str, step: int) -> UserError:
    return UserError(
        f"{name}: {what} is not finite at step {step}: lower that learning rate in params.yaml"
        " and start again; with other parameters the run starts from the beginning"
    )


def autocast(device: torch.device) -> AbstractContextManager[object]:
    """bfloat16 on a GPU, for training and for validation, so that the two curves compare.

    Where a model leaves it, convolutions multiply in TF32, which is torch's default.
    """
    return torch.autocast("cuda", torch.bfloat16) if device.type == "cuda" else nullcontext()


def _warm_up(phase: Phase, seen: int) -> None:
    if phase.warmup_images:
        for group in phase.optimizer.param_groups:
            group["lr"] = group["initial_lr"] * min(1.0, seen / phase.warmup_images)
