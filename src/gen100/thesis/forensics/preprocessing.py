"""What the network is shown: the correct images, and the mistakes made with pixels before it.

Each function takes float images on the scale of bytes, N x 3 x 32 x 32 in [0, 255], and returns the network's
input on the same scale: the network itself then computes x / 127.5 - 1. An input that the network should never
see, such as 255 where it expects at most 1, is therefore a number far outside [0, 255] here.
"""

from collections.abc import Callable

import torch
from torch import Tensor

PixelChange = Callable[[Tensor], Tensor]


def as_bytes(images: Tensor) -> Tensor:
    """No change: correct."""
    return images


def _signed(images: Tensor) -> Tensor:
    """The same images in [-1, 1], as generators with a tanh output give them."""
    return images / 127.5 - 1


def _wrapped(values: Tensor) -> Tensor:
    """A cast to uint8 on x86: the fraction is cut off, the rest taken modulo 256."""
    return torch.remainder(torch.trunc(values), 256)


def unit_cast(images: Tensor) -> Tensor:
    """[0, 1] cast to uint8: 0, and 1 where a pixel was white."""
    return _wrapped(images / 255)


def signed_cast(images: Tensor) -> Tensor:
    """[-1, 1] cast to uint8: 0, but 1 where a pixel was white and 255 where it was black."""
    return _wrapped(_signed(images))


def signed_times_255(images: Tensor) -> Tensor:
    """[-1, 1] mistaken for [0, 1], times 255 and cast to uint8: the darker half wraps around."""
    return _wrapped(2 * images - 255)  # exact: rounding would shift some pixels by one


def signed_clipped(images: Tensor) -> Tensor:
    """[-1, 1] clipped to [0, 1] and scaled to bytes: the darker half becomes black."""
    return torch.round(_signed(images).clamp(0, 1) * 255)


def scaled_twice(images: Tensor) -> Tensor:
    """[0, 1] scaled as if they were bytes: the network sees [-1, -0.99]."""
    return images / 255


def unit_input(images: Tensor) -> Tensor:
    """The network sees [0, 1] but was trained on [-1, 1]."""
    return 127.5 * (images / 255) + 127.5


def bytes_input(images: Tensor) -> Tensor:
    """The network sees [0, 255] but was trained on [-1, 1]."""
    return 127.5 * images + 127.5


def bgr(images: Tensor) -> Tensor:
    """Red and blue swapped."""
    return images.flip(1)


def reshaped(images: Tensor) -> Tensor:
    """N x 32 x 32 x 3 reshaped to N x 3 x 32 x 32 instead of permuted."""
    return images.permute(0, 2, 3, 1).reshape(images.shape)


def collapsed(images: Tensor) -> Tensor:
    """Every image is the first."""
    return images[:1].expand_as(images)
