"""The formulas of FID and IS, correct and mistaken, against closed forms or other libraries."""

import math

import numpy as np
import pytest
import scipy.linalg
import torch
from torch import Tensor
from torch_fidelity.metric_fid import fid_features_to_statistics, fid_statistics_to_metric
from torch_fidelity.metric_isc import isc_features_to_metric

from gen100.thesis.forensics import frechet_distances, inception_scores, preprocessing
from gen100.thesis.forensics.frechet_distances import DistanceFunction, FeatureStatistics
from gen100.thesis.forensics.inception_scores import ScoreFunction
from gen100.thesis.forensics.mistakes import MISTAKES, Mistake


def gaussian(count: int, width: int, seed: int, shift: float = 0.0) -> Tensor:
    random = np.random.default_rng(seed)
    mixed = random.normal(size=(count, width)) @ np.random.default_rng(width).normal(size=(width, width))
    return torch.tensor(mixed + shift)


A, B = gaussian(130, 6, 1), gaussian(150, 6, 2, shift=0.7)
COV_A, COV_B = (np.cov(x.numpy(), rowvar=False) for x in (A, B))
APART = float((A.mean(0) - B.mean(0)).square().sum())


def library(a: Tensor, b: Tensor) -> float:
    statistics = [fid_features_to_statistics(x) for x in (a, b)]
    return fid_statistics_to_metric(*statistics, verbose=False)["frechet_inception_distance"]


def by(distance: DistanceFunction, a: Tensor = A, b: Tensor = B) -> float:
    return distance(FeatureStatistics(a), FeatureStatistics(b))


@pytest.mark.parametrize(("count", "width"), [(100, 6), (20, 50)], ids=["tall", "wide"])
def test_the_correct_distance_is_torch_fidelitys(count: int, width: int) -> None:
    a, b = gaussian(count, width, 3), gaussian(count + 5, width, 4, shift=0.3)
    assert by(frechet_distances.frechet, a, b) == pytest.approx(library(a, b), rel=1e-5)


def test_scatter_multiplies_the_spread_by_images_less_one() -> None:
    b = B[: len(A)]
    apart = float((A.mean(0) - b.mean(0)).square().sum())
    expected = apart + (len(A) - 1) * (library(A, b) - apart)
    assert by(frechet_distances.scatter, A, b) == pytest.approx(expected, rel=1e-8)


def test_covariance_over_images() -> None:
    a, b = A[:40], B[:40]
    covariances = [np.cov(x.numpy()) for x in (a, b)]
    cross = np.real(np.sqrt(np.linalg.eigvals(covariances[0] @ covariances[1]).astype(complex))).sum()
    expected = float((a.mean(0) - b.mean(0)).square().sum()) + sum(np.trace(c) for c in covariances) - 2 * cross
    assert by(frechet_distances.over_images, a, b) == pytest.approx(expected, rel=1e-4)


def test_without_and_with_half_of_the_root() -> None:
    expected = APART + np.trace(COV_A) + np.trace(COV_B)
    assert by(frechet_distances.without_root) == pytest.approx(expected)
    assert by(frechet_distances.half_root) == pytest.approx((expected + library(A, B)) / 2)


def test_variances_alone() -> None:
    deviations = [x.numpy().std(axis=0, ddof=1) for x in (A, B)]
    assert by(frechet_distances.diagonal) == pytest.approx(APART + ((deviations[0] - deviations[1]) ** 2).sum())


def test_roots_of_elements() -> None:
    expected = APART + np.trace(COV_A + COV_B) - 2 * np.trace(np.sqrt(np.maximum(COV_A @ COV_B, 0)))
    assert np.diagonal(COV_A @ COV_B).min() > 0
    assert by(frechet_distances.elementwise_root) == pytest.approx(expected)
    negative = torch.tensor([[1.0, 1.0], [-1.0, -1.0], [0.1, 0.0], [0.0, 0.1]])
    opposite = negative * torch.tensor([1.0, -2.0])
    assert math.isnan(by(frechet_distances.elementwise_root, negative, opposite))


def test_scipys_root() -> None:
    assert by(frechet_distances.scipy_root) == pytest.approx(library(A, B), rel=1e-6)
    a, b = gaussian(10, 40, 5), gaussian(10, 40, 6)
    statistics = [(x.mean(0).numpy(), np.cov(x.numpy(), rowvar=False)) for x in (a, b)]
    (mean_a, cov_a), (mean_b, cov_b) = statistics
    root = np.real(scipy.linalg.sqrtm(cov_a @ cov_b))
    expected = ((mean_a - mean_b) ** 2).sum() + np.trace(cov_a + cov_b - 2 * root)
    assert by(frechet_distances.scipy_root, a, b) == pytest.approx(expected, rel=1e-3)


def test_norms_of_a_pure_shift() -> None:
    shift = torch.tensor([3.0, -4.0, 0.0, 0.0, 0.0, 0.0])
    assert by(frechet_distances.frechet, A, A + shift) == pytest.approx(25)
    assert by(frechet_distances.norm_of_means, A, A + shift) == pytest.approx(5)
    assert by(frechet_distances.sum_of_means, A, A + shift) == pytest.approx(1)
    assert by(frechet_distances.root, A, A + shift) == pytest.approx(5)
    assert by(frechet_distances.squared, A, A + shift) == pytest.approx(625)


def test_batches() -> None:
    parts = [library(A[start : start + 64], B[start : start + 64]) for start in (0, 64)]
    assert by(frechet_distances.batches_averaged) == pytest.approx(sum(parts) / 2, rel=1e-6)
    assert by(frechet_distances.batches_summed) == pytest.approx(sum(parts), rel=1e-6)


@pytest.mark.parametrize("name", list(dict.fromkeys(mistake.distance for mistake in MISTAKES)))
def test_which_distances_grow_with_the_square_of_the_scale(name: str) -> None:
    distance = getattr(frechet_distances, name)
    scaled = by(distance, 3 * A, 3 * B)
    quadratic = scaled == pytest.approx(9 * by(distance), rel=1e-6)
    assert quadratic == (name not in frechet_distances.NOT_QUADRATIC)


LOGITS = 3 * torch.tensor(np.random.default_rng(0).normal(size=(200, 100)))
FEATURES = torch.tensor(np.random.default_rng(1).uniform(size=(200, 30)))
ONE_HOT = 100 * torch.eye(100).repeat(10, 1)


def divergence(p: np.ndarray) -> float:
    """Mean KL of rows p from their mean."""
    return float((p * np.log(p / p.mean(axis=0))).sum(axis=1).mean())


def test_the_correct_score_is_torch_fidelitys() -> None:
    expected = isc_features_to_metric(LOGITS)["inception_score_mean"]
    assert inception_scores.inception_score(LOGITS) == expected
    padded = inception_scores.as_inception(LOGITS)
    assert padded.shape == (200, 1008)
    assert inception_scores.inception_score(padded) == pytest.approx(expected)


def test_certain_predictions_have_a_score() -> None:
    certain = 1e6 * torch.eye(5).repeat(20, 1)
    assert math.isnan(isc_features_to_metric(certain[:4], splits=1)["inception_score_mean"])
    assert inception_scores.one_split(certain) == pytest.approx(5)
    assert inception_scores.one_split(certain[:4]) == pytest.approx(4)


@pytest.mark.parametrize("name", ["split_each", "one_image", "marginal_alone", "one_output"])
def test_scores_that_are_one_whatever_the_network_says(name: str) -> None:
    score: ScoreFunction = getattr(inception_scores, name)
    assert inception_scores.inception_score(LOGITS) > 2
    for logits in (LOGITS, ONE_HOT):
        assert score(logits) == pytest.approx(1, abs=1e-12)


def test_softmax_twice_prints_one_even_for_perfect_predictions() -> None:
    perfect = 1000 * torch.eye(1008)
    total = math.e + 1007
    at, off = math.e / total, 1 / total
    expected = math.exp(at * math.log(1008 * at) + 1007 * off * math.log(1008 * off))
    found = isc_features_to_metric(perfect.softmax(dim=1), splits=1)["inception_score_mean"]
    assert found == pytest.approx(expected)
    assert f"{expected:.2f}" == "1.00"
    assert inception_scores.twice_softmax(ONE_HOT) < expected


def test_the_mean_over_classes() -> None:
    right = isc_features_to_metric(LOGITS, splits=1)["inception_score_mean"]
    assert inception_scores.mean_over_classes(LOGITS) == pytest.approx(math.exp(math.log(right) / 1008))
    assert inception_scores.one_split(LOGITS) == pytest.approx(right)
    assert inception_scores.without_exp(LOGITS) == pytest.approx(math.log(right))
    # torch's own kl_div, as it is by default, sees the same classes.
    log_p = LOGITS.log_softmax(dim=1)
    mean = log_p.exp().mean(dim=0, keepdim=True).log().expand_as(log_p)
    with pytest.warns(UserWarning, match="divides the total loss by both"):
        kl = torch.nn.functional.kl_div(mean, log_p, log_target=True).item()
    assert math.log(inception_scores.mean_over_classes(LOGITS)) * 1008 == pytest.approx(kl * 100)


def test_softmax_over_images_and_of_features() -> None:
    p = LOGITS.exp().numpy()
    expected = math.exp(divergence(p / p.sum(axis=0)))
    assert inception_scores.softmax_over_images(LOGITS) == pytest.approx(expected)
    q = FEATURES.exp().numpy()
    q = q / q.sum(axis=1, keepdims=True)
    near = math.exp(divergence(q))
    assert inception_scores.features_for_logits(FEATURES) == pytest.approx(near, rel=0.01)


@pytest.mark.parametrize("mistake", MISTAKES, ids=lambda mistake: mistake.name)
def test_the_functions_that_the_table_names_exist(mistake: Mistake) -> None:
    named = (
        (preprocessing, mistake.samples),
        (preprocessing, mistake.real),
        (frechet_distances, mistake.distance),
        (inception_scores, mistake.score),
    )
    for module, name in named:
        assert getattr(module, name).__module__ == module.__name__
