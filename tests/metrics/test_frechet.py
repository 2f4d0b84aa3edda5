"""The Fréchet distance against torch-fidelity's and closed forms, whole and of weighted rows."""

import pytest
import torch
from torch import Tensor
from torch_fidelity.metric_fid import KEY_METRIC_FID, fid_features_to_statistics, fid_statistics_to_metric

from gen100.metrics import frechet
from gen100.metrics.frechet import Gaussian, Resampler, distance, nuclear_norm

D = 16


def drawn(count: int, seed: int, shift: float = 0.0, spread: float = 1.0) -> Tensor:
    mixing = torch.randn(D, D, generator=torch.Generator().manual_seed(9)) / D**0.5
    return spread * torch.randn(count, D, generator=torch.Generator().manual_seed(seed)) @ mixing + shift


def library(a: Tensor, b: Tensor) -> float:
    """torch-fidelity's distance."""
    sets = [fid_features_to_statistics(features) for features in (a, b)]
    return fid_statistics_to_metric(*sets, verbose=False)[KEY_METRIC_FID]


@pytest.mark.parametrize("block", [33, 16_384])
@pytest.mark.parametrize("count", [10, D, D + 1, 400])
def test_the_distance_is_torch_fidelitys(monkeypatch: pytest.MonkeyPatch, block: int, count: int) -> None:
    monkeypatch.setattr(frechet, "BLOCK", block)
    samples, real = drawn(count, 1, shift=0.3, spread=1.2), drawn(500, 2)
    a, b = Gaussian.fit(samples), Gaussian.fit(real)
    expected = pytest.approx(library(samples, real), rel=1e-5)
    assert distance(a, b) == expected
    assert distance(b, a) == expected
    assert Resampler(samples, b).distance(torch.ones(count)) == expected


@pytest.mark.parametrize("count", [5, 70])
def test_a_fitted_gaussian_has_the_mean_and_the_covariance(monkeypatch: pytest.MonkeyPatch, count: int) -> None:
    monkeypatch.setattr(frechet, "BLOCK", 32)
    features = drawn(count, 1, shift=5.0).double()
    found = Gaussian.fit(features)
    covariance = features.T.cov()
    assert torch.allclose(found.mean, features.mean(0))
    assert len(found.root) <= D
    assert torch.allclose(found.root.T @ found.root, covariance)
    assert float(found.trace) == pytest.approx(float(covariance.trace()))


def test_the_mean_is_added_up_in_float64() -> None:
    """In float32 the mean of 40,000 equal features would be off by 3e-7 of their size."""
    features = torch.full((40_000, 1), 1000.1)
    assert float(Gaussian.fit(features).mean) == pytest.approx(float(features[0]), rel=1e-12)


@pytest.mark.parametrize("count", [12, 50])
def test_weights_count_rows(count: int) -> None:
    samples, real = drawn(count, 1), drawn(500, 2)
    times = torch.arange(count) % 3
    rows = samples.repeat_interleave(times, dim=0)
    found = Resampler(samples, Gaussian.fit(real)).distance(times)
    assert found == pytest.approx(distance(Gaussian.fit(rows), Gaussian.fit(real)), rel=1e-8)
    assert found == pytest.approx(library(rows, real), rel=1e-5)


def test_a_set_is_at_no_distance_from_itself() -> None:
    found = Gaussian.fit(drawn(8, 1))
    assert abs(distance(found, found)) < 1e-6 * float(found.trace)


def test_the_distance_of_known_gaussians() -> None:
    """Of N(m, s^2 I) to N(0, I): |m|^2 + D (s - 1)^2."""
    shifted = Gaussian(torch.ones(D).double(), 3 * torch.eye(D).double())
    standard = Gaussian(torch.zeros(D).double(), torch.eye(D).double())
    assert distance(shifted, standard) == pytest.approx(D + 4 * D)


@pytest.mark.parametrize("shape", [(3, 7), (7, 3), (4, 4)])
def test_the_nuclear_norm_is_the_sum_of_singular_values(shape: tuple[int, int]) -> None:
    matrix = torch.randn(shape, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    assert nuclear_norm(matrix) == pytest.approx(float(torch.linalg.svdvals(matrix).sum()))
