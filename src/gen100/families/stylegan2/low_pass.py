"""The low-pass filter that StyleGAN2 resamples images with."""

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.autograd import Function


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
