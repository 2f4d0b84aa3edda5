"""How sure a FID is: over bootstrap resamples of the samples, over subsets of several sizes, and at their limit.

Importing this is cheap (no torch).
"""

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

if TYPE_CHECKING:
    from torch import Tensor

    from gen100.metrics.frechet import Gaussian

REPLICATES = 100
PARTS = (1, 2, 3, 4, 5)
"""Into how many parts the samples are cut: steps of equal length in 1/N."""


def resample(features: "Tensor", reference: "Gaussian") -> pd.DataFrame:
    """The FID of resamples of N x D features, float32: columns kind, images, replicate, fid.

    `bootstrap` rows draw N of N with replacement (Efron 1979); the draw depends on N and the replicate alone, so
    that rows of two runs are pairs. `subset` rows are the parts of one random order of all N, cut into 1 to 5
    equal parts, so that at each size every sample counts about once.
    """
    import torch

    from gen100.metrics.frechet import Resampler

    count, resampler = len(features), Resampler(features, reference)
    rows = []
    for replicate in range(REPLICATES):
        drawn = np.random.default_rng((count, replicate)).integers(0, count, count)
        weights = torch.from_numpy(np.bincount(drawn, minlength=count))
        rows.append(("bootstrap", count, replicate, resampler.distance(weights)))
    order = torch.from_numpy(np.random.default_rng(count).permutation(count))
    for parts in PARTS:
        for replicate, part in enumerate(order[: count - count % parts].chunk(parts)):
            weights = torch.zeros(count, dtype=torch.int64).index_fill(0, part, 1)
            rows.append(("subset", len(part), replicate, resampler.distance(weights)))
    return pd.DataFrame(rows, columns=["kind", "images", "replicate", "fid"])


def summarize(resamples: pd.DataFrame) -> tuple[float, float, float]:
    """Of what `resample` returns: the FID's standard error, by bootstrap; its limit, without the bias of N; and
    the standard error of that."""
    kinds, fids = resamples["kind"].to_numpy(), resamples["fid"].to_numpy(float)
    subsets = kinds == "subset"
    line = extrapolate(resamples["images"].to_numpy()[subsets], fids[subsets])
    error = float(fids[kinds == "bootstrap"].std(ddof=1))
    return error, line.limit, math.hypot(error, line.error)


class Line(NamedTuple):
    """FID = limit + slope / N, and how far the limit is off where FID's bias is not quite proportional to 1/N."""

    slope: float
    limit: float
    error: float


def extrapolate(images: Sequence[float] | NDArray, fids: Sequence[float] | NDArray) -> Line:
    """The line by least squares, for samples of at least three sizes N, `images`.

    FID's bias is about proportional to 1/N, so the intercept is the limit (Chong & Forsyth 2020, section 4). With
    few samples for the number of features the bias bends upwards, and the intercept comes out too low, below 0 if
    the distance is small. How far it moves where a term in 1/N^2 is fitted too is the line's error. The error of
    the samples themselves is another one: each size holds all samples once, so all share it.
    """
    x, y = 1 / np.asarray(images, float), np.asarray(fids, float)
    slope, limit = np.polyfit(x, y, 1)
    return Line(float(slope), float(limit), abs(float(limit - np.polyfit(x, y, 2)[-1])))
