"""The optimizer of params.yaml."""

from collections.abc import Iterable
from typing import Any

import torch
from torch import Tensor, nn
from torch.optim.adamw import adamw as adamw_step

from gen100.settings import Optimizer

EPSILON = 1e-8


class AdamW:
    """Adam with decoupled weight decay (Loshchilov & Hutter 2019): torch's fused step, and its state.

    torch's optimizer classes import its compiler on first use, which takes longer than a small run trains.

    Attributes:
        lr: the rate of the next step; `rate` is the one that warm-up ends at.
    """

    def __init__(
        self, parameters: Iterable[nn.Parameter], lr: float, betas: tuple[float, float], weight_decay: float
    ) -> None:
        self.rate = self.lr = lr
        self.betas = betas
        self._weight_decay = weight_decay
        self._parameters = list(parameters)
        self._means = [torch.zeros_like(p) for p in self._parameters]
        self._squares = [torch.zeros_like(p) for p in self._parameters]
        self._steps = [torch.zeros((), device=p.device) for p in self._parameters]

    def zero_grad(self) -> None:
        for parameter in self._parameters:
            parameter.grad = None

    @torch.no_grad()
    def step(self) -> None:
        """Update the parameters that have a gradient."""
        due = [i for i, parameter in enumerate(self._parameters) if parameter.grad is not None]
        gradients = [g for p in self._parameters if (g := p.grad) is not None]
        parameters, means, squares, steps = (
            [values[i] for i in due] for values in (self._parameters, self._means, self._squares, self._steps)
        )
        adamw_step(
            parameters,
            gradients,
            means,
            squares,
            [],
            steps,
            fused=True,
            amsgrad=False,
            beta1=self.betas[0],
            beta2=self.betas[1],
            lr=self.lr,
            weight_decay=self._weight_decay,
            eps=EPSILON,
            maximize=False,
        )

    def state_dict(self) -> dict[str, Any]:
        return {"means": self._means, "squares": self._squares, "steps": self._steps}

    def load_state_dict(self, state: dict[str, list[Tensor]]) -> None:
        """Take over moments and step counts, in the order of the parameters."""
        for name, own in self.state_dict().items():
            for target, source in zip(own, state[name], strict=True):
                target.copy_(source)


def adamw(parameters: Iterable[nn.Parameter], settings: Optimizer, lr: float | None = None) -> AdamW:
    """The optimizer that `settings` describe, at `settings.lr` or the given rate."""
    return AdamW(parameters, settings.lr if lr is None else lr, settings.betas, settings.weight_decay)
