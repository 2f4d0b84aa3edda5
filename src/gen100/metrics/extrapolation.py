"""FID without the bias of few samples: its limit for infinitely many."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray


def extrapolate(images: Sequence[float] | NDArray, fids: Sequence[float] | NDArray) -> tuple[float, float]:
    """Slope and limit of FID = limit + slope / N, by least squares, for samples of at least two sizes N.

    FID's bias is about proportional to 1/N, so the intercept is the limit (Chong & Forsyth 2020, section 4).

    Args:
        images: N of each FID.
    """
    slope, limit = np.polyfit(1 / np.asarray(images, float), np.asarray(fids, float), 1)
    return float(slope), float(limit)
