"""Nearest neighbours among features, in blocks: no matrix of all distances stands in memory."""

import torch
from scipy.stats import mannwhitneyu
from torch import Tensor

from gen100.device import fastest

BLOCK = 4096
"""Points along a side of a block: its 16.8 million distances in float32 take 67 MB."""

NEIGHBOURHOOD = 3
"""k of precision and recall."""


def _distances(rows: Tensor, columns: Tensor, centre: Tensor) -> Tensor:
    """All distances of two blocks; around a centre, since cdist takes them from products, where norms cancel."""
    return torch.cdist(rows - centre, columns - centre)


def radii(points: Tensor, k: int = NEIGHBOURHOOD) -> Tensor:
    """Each point's distance to its `k`-th nearest other point: N, float32.

    Args:
        points: N x D, float32, with N > k.
    """
    points = points.to(fastest())
    centre, found = points.mean(dim=0), []
    for rows in points.split(BLOCK):
        least = rows.new_empty(len(rows), 0)
        for columns in points.split(BLOCK):
            least = torch.cat([least, _distances(rows, columns, centre)], dim=1)
            # One more than k: the nearest of all is the point itself.
            least = least.topk(min(k + 1, least.shape[1]), largest=False).values
        found.append(least[:, k])
    return torch.cat(found).cpu()


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
    centre = real.mean(dim=0)
    realistic, covered = (torch.zeros_like(radius, dtype=torch.bool) for radius in (sample_radii, real_radii))
    for row in range(0, len(samples), BLOCK):
        rows = slice(row, row + BLOCK)
        for column in range(0, len(real), BLOCK):
            columns = slice(column, column + BLOCK)
            distances = _distances(samples[rows], real[columns], centre)
            realistic[rows] |= (distances <= real_radii[columns]).any(dim=1)
            covered[columns] |= (distances <= sample_radii[rows, None]).any(dim=0)
    return float(realistic.double().mean()), float(covered.double().mean())


def nearest(points: Tensor, others: Tensor) -> tuple[Tensor, Tensor]:
    """Each point's distance to its nearest among `others` (N, float64), and that one's place (N, int64).

    The distance is computed from the difference of the two points, so that of equal points it is 0.

    Args:
        points, others: N x D and M x D, float32.
    """
    where = fastest()
    others = others.to(where)
    centre = others.mean(dim=0)
    found, places = [], []
    for rows in points.to(where).split(BLOCK):
        least = rows.new_full((len(rows),), torch.inf)
        place = torch.zeros(len(rows), dtype=torch.int64, device=where)
        for start, columns in zip(range(0, len(others), BLOCK), others.split(BLOCK), strict=True):
            distance, column = _distances(rows, columns, centre).min(dim=1)
            place = torch.where(distance < least, column + start, place)
            least = torch.minimum(distance, least)
        found.append((rows.double() - others[place].double()).norm(dim=1))
        places.append(place)
    return torch.cat(found).cpu(), torch.cat(places).cpu()


def memorization(samples: Tensor, held_out: Tensor) -> dict[str, float]:
    """How much closer to the training images samples are than real images that no model has seen.

    Args:
        samples, held_out: N and M distances to the nearest training image, of samples and of test images.

    Returns:
        `neighbour_ratio`, the median distance of samples over that of test images; and `neighbour_closer`,
        the probability that a sample is closer than a test image, ties counting half (Mann & Whitney 1947):
        0.5 where samples are as far as test images, 1 where all are copies. Flat or grey images score high without
        being copies, since they lie amid the features of all others: the picture of pairs tells which it is.
    """
    pairs = len(samples) * len(held_out)
    farther = mannwhitneyu(samples.numpy(), held_out.numpy()).statistic
    return {
        "neighbour_ratio": float(samples.median() / held_out.median()),
        "neighbour_closer": 1 - float(farther) / pairs,
    }
