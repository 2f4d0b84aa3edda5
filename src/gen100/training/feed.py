"""Training images on the device: no loader processes, no copies per step, an order fixed by the seed."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import torch
from torch import Tensor

from gen100.training.phase import Batch, Trainable
from gen100.training.randomness import derive

ENCODE_BATCH = 500


def to_float(images: Tensor) -> Tensor:
    """uint8 images in [0, 255] as float32 in [-1, 1], channels last in memory."""
    return images.to(torch.float32, memory_format=torch.channels_last).div_(127.5).sub_(1)


def to_uint8(images: Tensor) -> Tensor:
    """Float images in [-1, 1] as uint8, rounded; values outside are clamped."""
    return images.float().add(1).mul(127.5).round_().clamp_(0, 255).to(torch.uint8)


@dataclass
class Split:
    """One split on the device: what the model's `encode` makes of its images, and their labels.

    Attributes:
        rows: N x ..., uint8 images, channels last in memory, where `encode` keeps them as they are, else its
            output. Where mirror images are asked for they follow, another N: one read gives either.
        labels: N, int64.
    """

    rows: Tensor
    labels: Tensor

    def __len__(self) -> int:
        return len(self.labels)


def load_split(
    model: Trainable, images: np.ndarray, labels: np.ndarray, device: torch.device, flip: bool
) -> Split:
    """Put a split on the device, encoded as the model wants it.

    Args:
        images: N x 3 x 32 x 32, uint8.
        labels: N, int64.
        flip: whether mirror images will be asked for.
    """
    given = torch.from_numpy(images).to(device)
    if type(model).encode is Trainable.encode:
        rows = _both_sides(given) if flip else given.contiguous(memory_format=torch.channels_last)
    else:
        rows = torch.cat([_encode(model, side) for side in ([given, given.flip(3)] if flip else [given])])
    return Split(rows, torch.from_numpy(labels).to(device))


def _both_sides(images: Tensor) -> Tensor:
    """The images and behind them their mirror images, channels last, with no further copy in memory."""
    count, *shape = images.shape
    where, kind = images.device, images.dtype
    rows = torch.empty((2 * count, *shape), dtype=kind, device=where, memory_format=torch.channels_last)
    rows[:count] = images
    for target, part in zip(rows[count:].split(ENCODE_BATCH), images.split(ENCODE_BATCH), strict=True):
        target.copy_(part.flip(3))
    return rows


@torch.no_grad()
def _encode(model: Trainable, images: Tensor) -> Tensor:
    model.eval()
    return torch.cat([model.encode(to_float(part)) for part in images.split(ENCODE_BATCH)])


def batches(images: int, batch_size: int) -> int:
    """Into how many batches images are cut: equal ones (they differ by one image at most) of at most `batch_size`.

    Where that would make a batch of one, of which batch normalization and other statistics of a batch can tell
    nothing, as with 2 of an odd number, there are fewer: some then have 3.
    """
    count = -(-images // batch_size)
    return max(1, images // 2) if images // count < 2 <= batch_size else count


class Feed:
    """Batches of the training split; which images a step sees is a function of the seed and the step.

    Every epoch is a fresh permutation. The budget is cut as `batches` says, so that all cells of a model see
    exactly the same number of images.
    """

    def __init__(self, split: Split, *, images: int, batch_size: int, seed: int, flip: bool) -> None:
        self.split = split
        self.images = images
        self.steps = batches(images, batch_size)
        self._seed = seed
        self._flip = flip
        self._orders: dict[int, Tensor] = {}

    def seen(self, step: int) -> int:
        """Images seen before `step`."""
        return step * self.images // self.steps

    def batch(self, step: int) -> Batch:
        """The images of a step, mirrored at random from torch's global generator."""
        start, end = self.seen(step), self.seen(step + 1)
        index = place = self._index(start, end)
        if self._flip:
            mirror = torch.rand(len(index), device=index.device) < 0.5
            place = index + mirror * len(self.split)
        return Batch(as_input(_take(self.split.rows, place)), self.split.labels[index], start / self.images)

    def _index(self, start: int, end: int) -> Tensor:
        size = len(self.split)
        parts = []
        for epoch in range(start // size, (end - 1) // size + 1):
            order = self._order(epoch)
            parts.append(order[max(start - epoch * size, 0) : min(end - epoch * size, size)])
        return torch.cat(parts)

    def _order(self, epoch: int) -> Tensor:
        if epoch not in self._orders:
            self._orders = {key: order for key, order in self._orders.items() if key == epoch - 1}
            generator = torch.Generator().manual_seed(derive(self._seed, "order", epoch))
            order = torch.randperm(len(self.split), generator=generator)
            self._orders[epoch] = order.to(self.split.labels.device)
        return self._orders[epoch]


def _take(rows: Tensor, place: Tensor) -> Tensor:
    """Some of the rows; maps as they lie in memory, channels last, which is several times as fast."""
    if rows.dim() == 4:
        return rows.permute(0, 2, 3, 1).index_select(0, place).permute(0, 3, 1, 2)
    return rows.index_select(0, place)


def as_input(rows: Tensor) -> Tensor:
    """Rows of a split as a model takes them: uint8 images become floats in [-1, 1]."""
    return to_float(rows) if rows.dtype == torch.uint8 else rows


def in_order(split: Split, batch_size: int, progress: float) -> Iterator[Batch]:
    """The whole split in batches, cut as `batches` says, for validation."""
    count = batches(len(split), batch_size)
    edges = [part * len(split) // count for part in range(count + 1)]
    for start, end in pairwise(edges):
        yield Batch(as_input(split.rows[start:end]), split.labels[start:end], progress)
