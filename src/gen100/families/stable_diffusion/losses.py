"""Losses of Stable Diffusion: how far the predicted noise is from the true noise.

Each is a function named as in the family's `losses`. It takes prediction and noise, both B x C x H x W, and
returns the mean over batch and dimensions, in float32. `delta` is the width of Huber's quadratic part, in
standard deviations of the noise; the others ignore it.
"""

import torch
from torch import Tensor


def mse(prediction: Tensor, noise: Tensor, _delta: float) -> Tensor:
    """(eps - eps_theta)^2, the simple loss of Ho et al. 2020, equation 14."""
    return (prediction.float() - noise).square().mean()


def mae(prediction: Tensor, noise: Tensor, _delta: float) -> Tensor:
    """|eps - eps_theta|, as Chen et al. 2021 (WaveGrad), equation 11."""
    return (prediction.float() - noise).abs().mean()


def huber(prediction: Tensor, noise: Tensor, delta: float) -> Tensor:
    """Huber's loss divided by delta: d^2 / (2 delta) where d = |eps - eps_theta| < delta, else d - delta / 2.

    This is the smooth L1 loss of Girshick 2015 with beta = delta: the slope is 1 outside whatever delta is,
    and delta -> 0 gives MAE.
    """
    distance = (prediction.float() - noise).abs()
    inside = distance.square() / (2 * delta)
    return torch.where(distance < delta, inside, distance - delta / 2).mean()
