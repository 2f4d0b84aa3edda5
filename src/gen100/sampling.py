"""Drawing the samples of a run: each image from its own stream of random numbers."""

import numpy as np
import torch
from torch import Tensor

from gen100.config import Sampling
from gen100.data.arrays import sample_labels
from gen100.errors import UserError
from gen100.families.interfaces import GenerativeModel
from gen100.training.feed import to_uint8
from gen100.training.randomness import derive


class Streams:
    """The `Noise` of images `start` to `end`: image i draws from a Philox stream keyed by the seeds and i.

    Args:
        seed: of the run.
        again: `sampling.seed`, for other samples of each run.
    """

    def __init__(self, seed: int, start: int, end: int, device: torch.device, again: int | None = None) -> None:
        key = derive(seed, "samples" if again is None else f"samples {again}")
        self._generators = [np.random.Generator(np.random.Philox(key=[key, i])) for i in range(start, end)]
        self._device = device

    def normal(self, *shape: int) -> Tensor:
        draws = np.stack([g.standard_normal(shape, dtype=np.float32) for g in self._generators])
        return torch.from_numpy(draws).to(self._device)

    def uniform(self, *shape: int) -> Tensor:
        draws = np.stack([g.random(shape, dtype=np.float32) for g in self._generators])
        return torch.from_numpy(draws).to(self._device)


@torch.no_grad()
def draw(
    model: GenerativeModel, sampling: Sampling, seed: int, device: torch.device, batch_size: int
) -> np.ndarray:
    """Draw `sampling.images` images, uint8, N x 3 x 32 x 32; they do not depend on `batch_size`.

    Args:
        seed: of the run.

    Raises:
        UserError: the model draws a number that is not finite, which would come out as a pixel of 0.
    """
    model.to(device).eval()
    count = sampling.images
    labels = torch.from_numpy(sample_labels(count)).to(device)
    images = np.empty((count, 3, 32, 32), dtype=np.uint8)
    for start in range(0, count, batch_size):
        end = min(start + batch_size, count)
        drawn = model.sample(labels[start:end], Streams(seed, start, end, device, sampling.seed), sampling)
        if not drawn.isfinite().all():
            raise UserError(
                f"the model draws numbers that are not finite, in images {start} to {end - 1}: train it again with"
                " a lower learning rate in params.yaml"
            )
        images[start:end] = to_uint8(drawn).cpu().numpy()
    return images
