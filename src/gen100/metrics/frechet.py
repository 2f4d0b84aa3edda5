"""The Fréchet distance in a form that is cheap for many sets against one and the same reference.

torch-fidelity takes the eigenvalues of S R, which is not symmetric. With the reference's root known, those of
R^1/2 S R^1/2 are the same numbers (Dowson & Landau 1982), symmetric, and several times faster to compute.
"""

from dataclasses import dataclass

import torch
from torch import Tensor

from gen100.device import fastest

BLOCK = 4096
"""Rows that are converted to float64 at a time."""


def square_root(covariance: Tensor) -> Tensor:
    """The symmetric root of a D x D covariance, float64, on the device that computes."""
    values, vectors = torch.linalg.eigh(covariance.to(fastest(), torch.float64))
    return (vectors * values.clamp(min=0).sqrt()) @ vectors.T


@dataclass(frozen=True)
class Gaussian:
    """A reference: its mean (D), the root of its covariance (D x D) and the covariance' trace, float64."""

    mean: Tensor
    root: Tensor
    trace: float

    def distance(self, features: Tensor) -> float:
        """The squared Fréchet distance to a Gaussian fitted to N x D features, float32, on any device."""
        return Sampled(features, self).distance(torch.ones(len(features)))


class Sampled:
    """Features whose distance to one reference is asked for again and again, other rows of them each time.

    With rows Y = (X - mean) R the eigenvalues are those of Y's covariance, so that no product with the root R is
    left for each time; and where fewer rows than dimensions count, of a matrix of the size of the rows.

    Args:
        features: N x D, float32, on any device.
    """

    def __init__(self, features: Tensor, reference: Gaussian) -> None:
        self._reference = reference
        self._features = features.to(reference.root.device)
        seen, norms = [], []
        for part in self._features.split(BLOCK):
            # Around the reference's mean, so that nothing cancels.
            rows = part.double() - reference.mean
            seen.append(rows @ reference.root)
            norms.append(rows.square().sum(dim=1))
        self._seen, self._norms = torch.cat(seen), torch.cat(norms)

    def distance(self, weights: Tensor) -> float:
        """The squared Fréchet distance of the rows.

        Args:
            weights: N whole numbers, how often each row counts, on any device.
        """
        weights = weights.to(self._seen.device, torch.float64)
        (place,) = weights.nonzero(as_tuple=True)
        times, count = weights[place], float(weights.sum())
        total = torch.zeros_like(self._reference.mean)
        for part, some in zip(self._features.split(BLOCK), weights.split(BLOCK), strict=True):
            total += some @ part.double()
        shift = total / count - self._reference.mean
        trace = (times @ self._norms[place] - count * shift.square().sum()) / (count - 1)
        rows = self._seen[place]
        rows -= times @ rows / count
        rows *= times.sqrt()[:, None]
        product = rows.T @ rows if len(rows) > rows.shape[1] else rows @ rows.T
        overlap = torch.linalg.eigvalsh(product / (count - 1)).clamp(min=0).sqrt().sum()
        return float(shift.square().sum() + trace - 2 * overlap) + self._reference.trace
