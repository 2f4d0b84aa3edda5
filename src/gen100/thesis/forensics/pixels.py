"""What a network is shown: right, and by the mistakes that are made with pixels before it.

Each takes images as floats on the scale of bytes, N x 3 x 32 x 32 in [0, 255], and returns what the network
gets, on the same scale: it then computes x / 127.5 - 1 by itself. A float that it should never see, as 255
where it expects at most 1, so becomes a number far outside of [0, 255] here.
"""

from collections.abc import Callable

import torch
from torch import Tensor

Pixels = Callable[[Tensor], Tensor]


def as_bytes(images: Tensor) -> Tensor:
    """Nothing done: right."""
    return images


def _signed(images: Tensor) -> Tensor:
    """The same images in [-1, 1], as generators with a tanh give them."""
    return images / 127.5 - 1


def _wrapped(values: Tensor) -> Tensor:
    """What a cast to uint8 leaves on x86: the fraction is cut off, the rest taken modulo 256."""
    return torch.remainder(torch.trunc(values), 256)


def unit_cast(images: Tensor) -> Tensor:
    """[0, 1] cast to uint8: 0, and 1 where a pixel was white."""
    return _wrapped(images / 255)


def signed_cast(images: Tensor) -> Tensor:
    """[-1, 1] cast to uint8: 0, but 1 where a pixel was white and 255 where it was black."""
    return _wrapped(_signed(images))


def signed_times_255(images: Tensor) -> Tensor:
    """[-1, 1] taken for [0, 1], times 255 and cast to uint8: the darker half wraps around."""
    return _wrapped(2 * images - 255)  # the same without rounding, which would shift some pixels by one


def signed_clipped(images: Tensor) -> Tensor:
    """[-1, 1] clipped to [0, 1] and scaled to bytes: the darker half becomes black."""
    return torch.round(_signed(images).clamp(0, 1) * 255)


def scaled_twice(images: Tensor) -> Tensor:
    """[0, 1] scaled as if it were bytes: the network sees [-1, -0.99]."""
    return images / 255


def unit_input(images: Tensor) -> Tensor:
    """The network sees [0, 1], where it was trained on [-1, 1]."""
    return 127.5 * (images / 255) + 127.5


def bytes_input(images: Tensor) -> Tensor:
    """The network sees [0, 255], where it was trained on [-1, 1]."""
    return 127.5 * images + 127.5


def bgr(images: Tensor) -> Tensor:
    """Red and blue exchanged."""
    return images.flip(1)


def reshaped(images: Tensor) -> Tensor:
    """N x 32 x 32 x 3 reshaped to N x 3 x 32 x 32 where its axes should have been permuted."""
    return images.permute(0, 2, 3, 1).reshape(images.shape)


def collapsed(images: Tensor) -> Tensor:
    """Every image the first."""
    return images[:1].expand_as(images)
