"""Resampled Fréchet distances: bootstrap, subsets and the limit over 1/N."""

import numpy as np
import pandas as pd
import pytest
import torch
from torch import Tensor

from gen100.metrics.frechet import Gaussian, Resampler, distance
from gen100.metrics.resampling import REPLICATES, resample, summarize

D = 16


def drawn(count: int, seed: int, shift: float = 0.0, spread: float = 1.0) -> Tensor:
    mixing = torch.randn(D, D, generator=torch.Generator().manual_seed(9)) / D**0.5
    return spread * torch.randn(count, D, generator=torch.Generator().manual_seed(seed)) @ mixing + shift


def test_rows_are_paired_between_runs_of_one_size(monkeypatch: pytest.MonkeyPatch) -> None:
    reference, seen = Gaussian.fit(drawn(500, 2)), []
    monkeypatch.setattr(Resampler, "distance", lambda _self, weights: seen.append(weights) or 0.0)
    rows = resample(drawn(120, 1), reference)
    assert list(rows.columns) == ["kind", "images", "replicate", "fid"]
    bootstrap = rows[rows["kind"] == "bootstrap"]
    assert bootstrap["replicate"].tolist() == list(range(100))
    assert set(bootstrap["images"]) == {120}
    resample(drawn(120, 3), reference)
    first, second = seen[:REPLICATES], seen[len(rows) : len(rows) + REPLICATES]
    assert all(torch.equal(one, other) for one, other in zip(first, second, strict=True))
    assert all(int(weights.sum()) == 120 and int(weights.max()) > 1 for weights in first)
    assert not torch.equal(first[0], first[1])


def test_subsets_are_parts_of_the_samples() -> None:
    rows = resample(drawn(121, 1), Gaussian.fit(drawn(500, 2)))
    subsets = rows[rows["kind"] == "subset"]
    assert subsets.groupby("images").size().to_dict() == {121: 1, 60: 2, 40: 3, 30: 4, 24: 5}
    whole = subsets.loc[subsets["images"] == 121, "fid"].item()
    expected = distance(Gaussian.fit(drawn(121, 1)), Gaussian.fit(drawn(500, 2)))
    assert whole == pytest.approx(expected, rel=1e-9)


def test_the_bootstraps_spread_is_that_over_fresh_samples() -> None:
    real = Gaussian.fit(drawn(20_000, 2))
    fresh = np.std([distance(Gaussian.fit(drawn(400, seed, shift=1.0)), real) for seed in range(100, 200)], ddof=1)
    found = summarize(resample(drawn(400, 1, shift=1.0), real))[0]
    assert found == pytest.approx(fresh, rel=0.3)


def test_the_limit_takes_the_bias_of_few_samples_away() -> None:
    """Samples of the reference's own distribution: the FID of N of them is all bias, about a constant over N."""
    real = Gaussian.fit(drawn(200_000, 2))
    found = [resample(drawn(1000, seed), real) for seed in (1, 3, 4, 5)]
    biased = np.mean([rows.loc[rows["images"] == 1000, "fid"].iloc[-1] for rows in found])
    limits = np.array([summarize(rows)[1] for rows in found])
    assert biased > 0.01
    assert abs(limits.mean()) < 0.25 * biased


def test_the_limit_is_the_intercept_over_one_over_n() -> None:
    sizes = np.array([100, 50, 50, 25, 20])
    rows = pd.DataFrame({"kind": "subset", "images": sizes, "replicate": 0, "fid": 7 + 300 / sizes})
    more = pd.DataFrame({"kind": "bootstrap", "images": 100, "replicate": range(3), "fid": [1.0, 2.0, 3.0]})
    assert summarize(pd.concat([rows, more])) == (pytest.approx(1), pytest.approx(7), pytest.approx(1))


@pytest.mark.parametrize(
    ("features", "count", "shift"), [(16, 400, 0.3), (16, 400, 0.0), (64, 500, 0.0)], ids=["far", "near", "few"]
)
def test_the_limits_error_covers_the_known_distance(features: int, count: int, shift: float) -> None:
    """Against N(0, I), whose distance from N(shift, I) is D shift^2; `few` samples make the limit negative."""
    real = Gaussian(torch.zeros(features, dtype=torch.float64), torch.eye(features, dtype=torch.float64))
    found = []
    for seed in range(24):
        samples = shift + torch.randn(count, features, generator=torch.Generator().manual_seed(seed))
        _, limit, error = summarize(resample(samples, real))
        found.append((limit - features * shift**2, error))
    off, errors = np.array(found).T
    assert (np.abs(off) < 2 * errors).mean() > 0.85
    if features == 16:
        # Neither too narrow nor much too wide.
        assert 0.8 < np.sqrt(np.square(errors).mean()) / np.sqrt(np.square(off).mean()) < 3
    else:
        assert (off < 0).all()
