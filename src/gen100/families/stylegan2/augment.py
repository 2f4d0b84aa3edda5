"""Differentiable augmentation of what a discriminator sees (Zhao et al. 2020, DiffAugment).

Each function draws parameters for each image from torch's global generator and is differentiable, so that
real and generated images can both pass through it: then what it does to images does not leak into samples.
Indexing is done by products with 0/1 matrices, whose gradients are deterministic on every device.
"""

from collections.abc import Callable, Iterable

import torch
from torch import Tensor

SHIFT_SHARE = 1 / 8
HOLE_SHARE = 1 / 2


def _uniform(images: Tensor, low: float, high: float) -> Tensor:
    return torch.rand(len(images), 1, 1, 1, device=images.device, dtype=images.dtype) * (high - low) + low


def color(images: Tensor) -> Tensor:
    """Brightness shifted by U(-1/2, 1/2), saturation scaled by U(0, 2), contrast scaled by U(1/2, 3/2)."""
    images = images + _uniform(images, -0.5, 0.5)
    gray = images.mean(dim=1, keepdim=True)
    images = gray + (images - gray) * _uniform(images, 0.0, 2.0)
    mean = images.mean(dim=(1, 2, 3), keepdim=True)
    return mean + (images - mean) * _uniform(images, 0.5, 1.5)


def _selection(images: Tensor, size: int, shift: Tensor) -> Tensor:
    """B x size x size matrices that take element i + shift into place i; zero where there is none."""
    place = torch.arange(size, device=images.device)
    return (place[:, None] + shift[:, None, None] == place).to(images.dtype)


def translation(images: Tensor) -> Tensor:
    """Shifted by whole pixels, uniform up to an eighth of the size each way; zero moves in."""
    batch, _, height, width = images.shape
    most_rows, most_columns = round(height * SHIFT_SHARE), round(width * SHIFT_SHARE)
    rows = torch.randint(-most_rows, most_rows + 1, (batch,), device=images.device)
    columns = torch.randint(-most_columns, most_columns + 1, (batch,), device=images.device)
    take_rows = _selection(images, height, rows)[:, None]
    take_columns = _selection(images, width, columns)[:, None]
    return take_rows @ images @ take_columns.mT


def _inside(images: Tensor, size: int) -> Tensor:
    """B x size of 0 and 1: which places a window covers that starts anywhere, even partly outside."""
    extent = round(size * HOLE_SHARE)
    center = torch.randint(0, size + 1 - extent % 2, (len(images), 1), device=images.device)
    offset = torch.arange(size, device=images.device) - center + extent // 2
    return ((offset >= 0) & (offset < extent)).to(images.dtype)


def cutout(images: Tensor) -> Tensor:
    """A square of half the size set to zero, its center anywhere in the image."""
    rows, columns = _inside(images, images.shape[2]), _inside(images, images.shape[3])
    return images * (1 - rows[:, None, :, None] * columns[:, None, None, :])


AUGMENTATIONS: dict[str, Callable[[Tensor], Tensor]] = {
    "color": color,
    "translation": translation,
    "cutout": cutout,
}


def augment(images: Tensor, names: Iterable[str]) -> Tensor:
    """Augment B x 3 x H x W images in [-1, 1], in order and in their precision; the result may leave the range."""
    with torch.autocast(images.device.type, enabled=False):
        for name in names:
            images = AUGMENTATIONS[name](images)
    return images
