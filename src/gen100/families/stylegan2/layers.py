"""Layers that StyleGAN2's two networks share: with an equalized learning rate, and the low-pass filter."""

import math
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.autograd import Function

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


class _Gather(Function):
    """Each channel convolved with the same kernel.

    It and its adjoint `_Spread` are each other's gradient. PyTorch's own double gradient of a grouped
    convolution would work out the constant kernel's gradient too, channel by channel.
    """

    @staticmethod
    def forward(ctx: Any, x: Tensor, kernel: Tensor, stride: int, padding: int) -> Tensor:
        ctx.arguments = kernel, stride, padding
        weight = kernel.to(x.dtype).expand(x.shape[1], 1, -1, -1)
        return F.conv2d(x, weight, stride=stride, padding=padding, groups=x.shape[1])

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> Any:
        return _Spread.apply(gradients[0], *ctx.arguments), None, None, None


class _Spread(Function):
    """The transposed convolution of each channel with the same kernel."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, kernel: Tensor, stride: int, padding: int) -> Tensor:
        ctx.arguments = kernel, stride, padding
        weight = kernel.to(x.dtype).expand(x.shape[1], 1, -1, -1)
        return F.conv_transpose2d(x, weight, stride=stride, padding=padding, groups=x.shape[1])

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> Any:
        return _Gather.apply(gradients[0], *ctx.arguments), None, None, None


class LowPass(nn.Module):
    """The separable filter [1, 3, 3, 1] against aliasing when an image is resampled (Karras et al. 2020).

    It sums to 1, images are zero outside their borders, and gradients of any order are exact and cheap.
    """

    kernel: Tensor

    def __init__(self) -> None:
        super().__init__()
        taps = torch.tensor([1.0, 3.0, 3.0, 1.0]) / 8
        self.register_buffer("kernel", torch.outer(taps, taps), persistent=False)

    def smooth(self, x: Tensor, padding: int, gain: float = 1.0) -> Tensor:
        """B x C x H x W to B x C x (H + 2 padding - 3) x (W + 2 padding - 3)."""
        return self._apply_to(_Gather, x, gain, 1, padding)

    def down(self, x: Tensor) -> Tensor:
        """Halve the size: B x C x H x W to B x C x H/2 x W/2."""
        return self._apply_to(_Gather, x, 1.0, 2, 1)

    def up(self, x: Tensor) -> Tensor:
        """Double the size: B x C x H x W to B x C x 2H x 2W."""
        return self._apply_to(_Spread, x, 4.0, 2, 1)

    def _apply_to(self, function: type[Function], x: Tensor, gain: float, stride: int, padding: int) -> Tensor:
        # In the precision of `x`: autocast would round an image that has to stay float32.
        with torch.autocast(x.device.type, enabled=False):
            return function.apply(x, self.kernel * gain, stride, padding)  # type: ignore[no-any-return]
