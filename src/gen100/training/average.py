"""The exponential moving average of a network's weights, from which samples are drawn."""

import copy

import torch
from torch.optim.swa_utils import get_ema_multi_avg_fn

from gen100.training.phase import Phase, Trainable

RAMP = 0.1
"""Early in training the half-life is this share of the images seen, so that the initial weights fade."""


class Average:
    """A copy of the network whose weights trail it with a half-life given in images.

    Source: Karras et al. 2020, "Training generative adversarial networks with limited data", appendix C.
    Weights that no phase trains (a frozen autoencoder) are equal in both and are left alone.
    """

    def __init__(self, network: Trainable, phases: list[Phase], half_life: int) -> None:
        self.network = copy.deepcopy(network).eval().requires_grad_(False)
        self._half_life = half_life
        trained = {id(parameter) for phase in phases for parameter in phase.parameters}
        moving = {name for name, parameter in network.named_parameters() if id(parameter) in trained}
        source, target = network.state_dict(keep_vars=True), self.network.state_dict(keep_vars=True)
        buffers = {name for name, _ in network.named_buffers() if name in source}
        floats = sorted(name for name in moving | buffers if source[name].is_floating_point())
        others = sorted(name for name in buffers if not source[name].is_floating_point())
        self._floats = [source[name].detach() for name in floats], [target[name].detach() for name in floats]
        self._others = [source[name].detach() for name in others], [target[name].detach() for name in others]

    @torch.no_grad()
    def update(self, seen: int, batch: int) -> None:
        """Move towards the network after a step on `batch` images, with `seen` images seen in all."""
        half_life = min(self._half_life, seen * RAMP)
        move = get_ema_multi_avg_fn(0.5 ** (batch / half_life))
        move(self._floats[1], self._floats[0], seen)
        for source, target in zip(*self._others, strict=True):
            target.copy_(source)
