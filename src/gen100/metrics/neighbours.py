"""Nearest neighbours among features, in blocks: no matrix of all distances stands in memory."""

from collections.abc import Iterator

import torch
from scipy.stats import mannwhitneyu
from torch import Tensor

from gen100.device import fastest

BLOCK = 4096
"""Points along a side of a block: its 16.8 million distances in float32 take 67 MB."""

NEIGHBOURHOOD = 3
"""k of precision and recall."""


def _blocks(points: Tensor, others: Tensor) -> Iterator[tuple[slice, slice, Tensor]]:
    """The distances of N x D points and M x D others, block by block: which points, which others, their distances.

    Around the others' mean, since cdist takes them from products, where norms cancel.
    """
    centre = others.mean(dim=0)
    for row in range(0, len(points), BLOCK):
        rows = slice(row, row + BLOCK)
        for column in range(0, len(others), BLOCK):
            columns = slice(column, column + BLOCK)
            yield rows, columns, torch.cdist(points[rows] - centre, others[columns] - centre)


def radii(points: Tensor, k: int = NEIGHBOURHOOD) -> Tensor:
    """The distance of each point to its `k`-th nearest other point: N x D, float32, N > k, to N, float32."""
    points = points.to(fastest())
    # One more than k: the nearest of all is the point itself.
    least = points.new_full((len(points), k + 1), torch.inf)
    for rows, _, distances in _blocks(points, points):
        least[rows] = torch.cat([least[rows], distances], dim=1).topk(k + 1, largest=False).values
    return least[:, k].cpu()


def precision_recall(
    samples: Tensor, sample_radii: Tensor, real: Tensor, real_radii: Tensor
) -> tuple[float, float]:
    """Improved precision and recall (Kynkäänniemi et al. 2019, equations 1 and 2), each in [0, 1].

    Precision is the share of samples that lie within the radius of a real point; recall is the share of real
    points that lie within the radius of a sample.

    Args:
        samples, real: N x D and M x D, float32.
        sample_radii, real_radii: N and M, from `radii`.
    """
    samples, sample_radii, real, real_radii = (
        tensor.to(fastest()) for tensor in (samples, sample_radii, real, real_radii)
    )
    realistic, covered = (torch.zeros_like(radius, dtype=torch.bool) for radius in (sample_radii, real_radii))
    for rows, columns, distances in _blocks(samples, real):
        realistic[rows] |= (distances <= real_radii[columns]).any(dim=1)
        covered[columns] |= (distances <= sample_radii[rows, None]).any(dim=0)
    return float(realistic.double().mean()), float(covered.double().mean())


def nearest(points: Tensor, others: Tensor) -> tuple[Tensor, Tensor]:
    """Each point's distance to its nearest among `others` (N, float64), and that one's place (N, int64).

    The distance is computed from the difference of the two points, so that of equal points it is 0.

    Args:
        points, others: N x D and M x D, float32.
    """
    points, others = points.to(fastest()), others.to(fastest())
    least = points.new_full((len(points),), torch.inf)
    places = torch.zeros_like(least, dtype=torch.int64)
    for rows, columns, distances in _blocks(points, others):
        distance, column = distances.min(dim=1)
        places[rows] = torch.where(distance < least[rows], column + columns.start, places[rows])
        least[rows] = torch.minimum(distance, least[rows])
    parts = zip(points.split(BLOCK), places.split(BLOCK), strict=True)
    found = [(rows.double() - others[place].double()).norm(dim=1) for rows, place in parts]
    return torch.cat(found).cpu(), places.cpu()


def memorization(samples: Tensor, held_out: Tensor) -> tuple[float, float]:
    """How much closer to the training images samples are than real images that no model has seen.

    Flat or grey images score high without being copies, since they lie amid the features of all others: the
    picture of pairs tells which it is.

    Args:
        samples, held_out: N and M distances to the nearest training image, of samples and of test images.

    Returns:
        The median distance of samples over that of test images; and the probability that a sample is closer than
        a test image, ties counting half (Mann & Whitney 1947): 0.5 where samples are as far as test images, 1
        where all are copies.
    """
    farther = mannwhitneyu(samples.numpy(), held_out.numpy()).statistic
    return float(samples.median() / held_out.median()), 1 - float(farther) / (len(samples) * len(held_out))
