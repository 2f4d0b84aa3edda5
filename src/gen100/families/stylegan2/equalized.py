"""Layers with an equalized learning rate, shared by StyleGAN2's two networks."""

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn

SLOPE = 0.2
GAIN = math.sqrt(2)
"""Keeps the variance through a leaky ReLU. That is positively homogeneous, so layers apply the gain
beforehand, in their weights, where it costs nothing."""


class EqualLinear(nn.Module):
    """A linear layer whose weights are scaled at run time to unit gain (Karras et al. 2018, section 4.1).

    Adam then moves all weights at the same relative speed; `rate` multiplies that speed. Runs outside
    autocast: styles and logits say much in few numbers, and cost little compared with convolutions.
    """

    def __init__(self, inputs: int, outputs: int, bias: float = 0.0, gain: float = 1.0, rate: float = 1.0):
        super().__init__()
        self.weight = nn.Parameter(torch.randn(outputs, inputs) / rate)
        self.bias = nn.Parameter(torch.full((outputs,), bias / rate))
        self.weight_scale = gain * rate / math.sqrt(inputs)
        self.bias_scale = gain * rate

    def forward(self, x: Tensor) -> Tensor:
        """... x inputs to ... x outputs."""
        with torch.autocast(x.device.type, enabled=False):
            return F.linear(x.to(self.weight.dtype), self.weight * self.weight_scale, self.bias * self.bias_scale)


class EqualConv(nn.Module):
    """A convolution whose weights are scaled at run time to the gain (Karras et al. 2018, section 4.1)."""

    def __init__(self, inputs: int, outputs: int, size: int, gain: float = 1.0, bias: bool = True):
        super().__init__()
        self.weight = nn.Parameter(torch.randn(outputs, inputs, size, size))
        self.bias = nn.Parameter(torch.zeros(outputs)) if bias else None
        self.weight_scale = gain / math.sqrt(inputs * size**2)
        self.bias_scale = gain

    def forward(self, x: Tensor, stride: int = 1, padding: int = 0) -> Tensor:
        """B x inputs x H x W to B x outputs x H' x W'."""
        bias = None if self.bias is None else self.bias * self.bias_scale
        return F.conv2d(x, self.weight * self.weight_scale, bias, stride=stride, padding=padding)
