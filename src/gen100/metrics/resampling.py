"""How sure a FID is: over bootstrap resamples of the samples, and over subsets of several sizes."""

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from gen100.metrics.extrapolation import extrapolate
from gen100.metrics.frechet import Gaussian, Resampler

REPLICATES = 100
PARTS = (1, 2, 3, 4, 5)
"""Into how many parts the samples are cut: steps of equal length in 1/N."""


def resample(features: Tensor, reference: Gaussian) -> pd.DataFrame:
    """The FID of resamples: columns kind, images, replicate, fid.

    `bootstrap` rows draw N of N with replacement (Efron 1979); the draw depends on N and the replicate alone, so
    that rows of two runs are pairs. `subset` rows are the parts of one random order of all N, cut into 1 to 5
    equal parts, so that at each size every sample counts about once.

    Args:
        features: N x D, float32.
    """
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


def summarize(resamples: pd.DataFrame) -> dict[str, float]:
    """`fid_se`, the standard deviation over bootstrap resamples, and `fid_limit`, without the bias of N.

    Args:
        resamples: as `resample` returns them.
    """
    kinds, fids = resamples["kind"].to_numpy(), resamples["fid"].to_numpy(float)
    subsets = kinds == "subset"
    _, limit = extrapolate(resamples["images"].to_numpy()[subsets], fids[subsets])
    return {"fid_se": float(fids[kinds == "bootstrap"].std(ddof=1)), "fid_limit": limit}
