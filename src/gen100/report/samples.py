"""A run's samples.npy."""

import numpy as np
from numpy.typing import NDArray

from gen100 import layout
from gen100.cells import Cell
from gen100.errors import UserError

CHECKED = 1000
"""Images that are searched for values other than 0, 1 and 255."""


def read_samples(cell: Cell | str, seed: int, chosen: NDArray[np.integer] | None = None) -> NDArray[np.uint8]:
    """A run's samples, N x 3 x 32 x 32.

    Args:
        chosen: the indices of those that are wanted; only these are read from the disk. All where None.

    Raises:
        UserError: the file is missing, damaged, holds something other than uint8 images or too few of them, or
            images that were cast to uint8 without scaling.
    """
    file = layout.run(cell, seed) / "samples.npy"
    advice = f"run stage sample {cell} {seed}"
    try:
        samples = np.load(file, mmap_mode="r", allow_pickle=False)
    except FileNotFoundError:
        raise UserError(f"{file} is missing: {advice}") from None
    except (OSError, EOFError, ValueError) as error:
        raise UserError(f"{file} cannot be read ({error}): {advice} again") from None
    if samples.dtype != np.uint8 or samples.shape[1:] != (3, 32, 32):
        shape = " x ".join(map(str, samples.shape))
        raise UserError(
            f"{file} holds {samples.dtype}, {shape}, not uint8 images, N x 3 x 32 x 32: {advice} again"
        )
    if chosen is not None and len(chosen) and len(samples) <= chosen.max():
        raise UserError(
            f"{file} holds {len(samples)} images, of which number {chosen.max()} is asked for: {advice}"
        )
    some = samples[:CHECKED]
    if not ((some > 1) & (some < 255)).any():
        raise UserError(
            f"{file} holds no values but 0, 1 and 255: images in [0, 1] or [-1, 1] that were cast to uint8 without"
            f" scaling, or a model that draws nothing; correct it and {advice} again"
        )
    return np.array(samples if chosen is None else samples[chosen])
