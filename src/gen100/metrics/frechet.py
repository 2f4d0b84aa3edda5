"""The squared Fréchet distance of Gaussians fitted to features: FID, and the FIDs of its resamples.

d^2 = |m1 - m2|^2 + Tr(S1 + S2 - 2 (S1 S2)^(1/2)) for means m and covariances S (Dowson & Landau 1982; Heusel et
al. 2017). With S = R^T R the eigenvalues of S1 S2 are the squares of the singular values of R1 R2^T.

It is written here because one definition then serves FID and its resamples. Tests hold it to torch-fidelity's,
which takes the eigenvalues of the product S1 S2. With 2,048 features on one core, fitting the samples' Gaussian
included:

| images | here | torch-fidelity | a resample by `Resampler` |
|---|---|---|---|
| 1,000 | 0.5 s | 4.2 s | 0.08 s |
| 10,000 | 4.7 s | 6.4 s | 2.5 s |

It also runs on a GPU, and adds up means in float64: torch-fidelity adds them up in float32, by which its distance
was off by 1.4e-4 of its size with 10,000 images.
"""

from dataclasses import dataclass

import torch
from torch import Tensor

BLOCK = 16_384
"""Rows that are converted to float64 at a time."""


@dataclass(frozen=True)
class Gaussian:
    """A Gaussian over D features, on one device.

    Attributes:
        mean: D, float64.
        root: R, at most D x D, float64, with R^T R the covariance.
    """

    mean: Tensor
    root: Tensor

    @classmethod
    def fit(cls, features: Tensor) -> "Gaussian":
        """The mean and the unbiased covariance of N x D features, N > 1, on their device."""
        mean = features.mean(dim=0, dtype=torch.float64)
        root = mean.new_zeros(0, len(mean))
        for part in features.split(BLOCK):
            root = torch.linalg.qr(torch.cat([root, part.double() - mean]), mode="r").R
        return cls(mean, root / (len(features) - 1) ** 0.5)

    @property
    def trace(self) -> Tensor:
        """Of the covariance."""
        return self.root.square().sum()


def distance(a: Gaussian, b: Gaussian) -> float:
    """The squared Fréchet distance of two Gaussians."""
    return _distance(a.mean - b.mean, a.trace + b.trace, a.root @ b.root.T)


class Resampler:
    """Features whose distance to one reference is computed many times, each time for other rows of them.

    The product with the reference's root is taken once for all resamples, and no Gaussian is fitted to the rows.

    Args:
        features: N x D, float32, on any device.
    """

    def __init__(self, features: Tensor, reference: Gaussian) -> None:
        self._reference = reference
        self._features = features.to(reference.root.device)
        products, norms = [], []
        for part in self._features.split(BLOCK):
            # Around the reference's mean, so that nothing cancels.
            rows = part.double() - reference.mean
            products.append(rows @ reference.root.T)
            norms.append(rows.square().sum(dim=1))
        self._products, self._norms = torch.cat(products), torch.cat(norms)

    def distance(self, weights: Tensor) -> float:
        """The squared Fréchet distance of the reference and a Gaussian fitted to the rows.

        `weights`, N whole numbers on any device, say how often each row counts.
        """
        weights = weights.to(self._products.device, torch.float64)
        (drawn,) = weights.nonzero(as_tuple=True)
        times, count = weights[drawn], float(weights.sum())
        total = torch.zeros_like(self._reference.mean)
        for part, some in zip(self._features.split(BLOCK), weights.split(BLOCK), strict=True):
            total += some @ part.double()
        shift = total / count - self._reference.mean
        trace = (times @ self._norms[drawn] - count * shift.square().sum()) / (count - 1)
        rows = self._products[drawn]
        rows -= times @ rows / count
        rows *= (times / (count - 1)).sqrt()[:, None]
        return _distance(shift, trace + self._reference.trace, rows)


def nuclear_norm(matrix: Tensor) -> float:
    """The sum of the singular values: roots of the eigenvalues of the smaller one of M^T M and M M^T.

    For R1 R2^T it is Tr (S1 S2)^(1/2).
    """
    square = matrix.T @ matrix if len(matrix) > matrix.shape[1] else matrix @ matrix.T
    return float(torch.linalg.eigvalsh(square).clamp(min=0).sqrt().sum())


def _distance(shift: Tensor, traces: Tensor, product: Tensor) -> float:
    return float(shift.square().sum() + traces) - 2 * nuclear_norm(product)
