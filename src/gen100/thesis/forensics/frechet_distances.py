"""The Fréchet distance of two sets of features: the correct one, and the mistakes made in computing it.

d^2 = |m1 - m2|^2 + Tr(S1 + S2 - 2 (S1 S2)^(1/2)) (Dowson & Landau 1982; Heusel et al. 2017), with means m and
covariances S. Each function takes the features of the generated and of the real images.
"""

import math
import warnings
from collections.abc import Callable
from functools import cached_property

import numpy as np
import scipy.linalg
from torch import Tensor

from gen100.metrics.frechet import Gaussian, distance, nuclear_norm

BATCH = 64
"""Images per batch, where a distance is computed batch by batch."""


class FeatureStatistics:
    """Features of a set of images, N x D in float64, with their mean and covariance computed once."""

    def __init__(self, values: Tensor) -> None:
        self.values = values.double()

    @cached_property
    def gaussian(self) -> Gaussian:
        return Gaussian.fit(self.values)

    @property
    def mean(self) -> Tensor:
        return self.gaussian.mean

    @property
    def root(self) -> Tensor:
        """R, at most D x D, with R^T R the covariance."""
        return self.gaussian.root


DistanceFunction = Callable[[FeatureStatistics, FeatureStatistics], float]


def _means(a: FeatureStatistics, b: FeatureStatistics) -> float:
    return float((a.mean - b.mean).square().sum())


def _product(a: FeatureStatistics, b: FeatureStatistics) -> Tensor:
    """S1 S2, D x D."""
    return (a.root.T @ a.root) @ (b.root.T @ b.root)


def _cross(root_a: Tensor, root_b: Tensor) -> float:
    """Tr (S1 S2)^(1/2)."""
    return nuclear_norm(root_a @ root_b.T)


def _spread(root_a: Tensor, root_b: Tensor) -> float:
    """Tr(S1 + S2 - 2 (S1 S2)^(1/2))."""
    return float(root_a.square().sum() + root_b.square().sum()) - 2 * _cross(root_a, root_b)


def frechet(a: FeatureStatistics, b: FeatureStatistics) -> float:
    """The correct one."""
    return distance(a.gaussian, b.gaussian)


def scatter(a: FeatureStatistics, b: FeatureStatistics) -> float:
    """Scatter matrices instead of covariances: not divided by N - 1."""
    roots = (features.root * math.sqrt(len(features.values) - 1) for features in (a, b))
    return _means(a, b) + _spread(*roots)


def over_images(a: FeatureStatistics, b: FeatureStatistics) -> float:
    """Covariances over images, N x N, instead of over features: numpy.cov without rowvar=False."""
    count = min(len(a.values), len(b.values))
    a, b = (FeatureStatistics(features.values[:count]) for features in (a, b))
    return _means(a, b) + _spread(*(Gaussian.fit(features.values.T).root for features in (a, b)))


def without_root(a: FeatureStatistics, b: FeatureStatistics) -> float:
    """Tr(S1 + S2) alone."""
    return _means(a, b) + float(a.root.square().sum() + b.root.square().sum())


def half_root(a: FeatureStatistics, b: FeatureStatistics) -> float:
    """The root without its factor 2."""
    return frechet(a, b) + _cross(a.root, b.root)


def diagonal(a: FeatureStatistics, b: FeatureStatistics) -> float:
    """Variances alone: the diagonals of the covariances."""
    deviations = [features.root.square().sum(dim=0).sqrt() for features in (a, b)]
    return _means(a, b) + float((deviations[0] - deviations[1]).square().sum())


def elementwise_root(a: FeatureStatistics, b: FeatureStatistics) -> float:
    """The root of each element of S1 S2 instead of the matrix root; NaN if one on the diagonal is negative."""
    return without_root(a, b) - 2 * float(_product(a, b).diagonal().sqrt().sum())


def scipy_root(a: FeatureStatistics, b: FeatureStatistics) -> float:
    """scipy's sqrtm of the product, its imaginary part dropped: unreliable where the product is singular."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", scipy.linalg.LinAlgWarning)  # singular on purpose
        found = scipy.linalg.sqrtm(_product(a, b).numpy())
    return without_root(a, b) - 2 * float(np.trace(found).real)


def norm_of_means(a: FeatureStatistics, b: FeatureStatistics) -> float:
    """The norm of the difference of means, not squared."""
    return math.sqrt(_means(a, b)) + _spread(a.root, b.root)


def sum_of_means(a: FeatureStatistics, b: FeatureStatistics) -> float:
    """The differences of means summed before squaring."""
    return float((a.mean - b.mean).sum().square()) + _spread(a.root, b.root)


def root(a: FeatureStatistics, b: FeatureStatistics) -> float:
    """d instead of d^2."""
    return math.sqrt(max(frechet(a, b), 0.0))


def squared(a: FeatureStatistics, b: FeatureStatistics) -> float:
    """d^4 instead of d^2."""
    return frechet(a, b) ** 2


def _batches(a: FeatureStatistics, b: FeatureStatistics) -> list[float]:
    """The distance of each full batch from the real batch with the same index."""
    count = max(min(len(a.values), len(b.values)) // BATCH, 1)
    parts = [slice(BATCH * index, BATCH * (index + 1)) for index in range(count)]
    return [frechet(FeatureStatistics(a.values[part]), FeatureStatistics(b.values[part])) for part in parts]


def batches_averaged(a: FeatureStatistics, b: FeatureStatistics) -> float:
    return float(np.mean(_batches(a, b)))


def batches_summed(a: FeatureStatistics, b: FeatureStatistics) -> float:
    return float(np.sum(_batches(a, b)))


NOT_QUADRATIC = frozenset({"norm_of_means", "root", "squared"})
"""The distances that do not grow with the square of the features' scale. All others do."""
