"""Precision, recall and nearest neighbours in blocks, against torch-fidelity and plain numpy."""

import numpy as np
import pytest
import torch
from scipy.spatial.distance import cdist
from torch import Tensor
from torch_fidelity.metric_prc import prc_features_to_metric

from gen100.metrics import neighbours
from gen100.metrics.neighbours import memorization, nearest, precision_recall, radii


def points(count: int, seed: int, spread: float = 1.0, width: int = 6) -> Tensor:
    return spread * torch.randn(count, width, generator=torch.Generator().manual_seed(seed))


def measured(samples: Tensor, real: Tensor) -> tuple[float, float]:
    return precision_recall(samples, radii(samples), real, radii(real))


@pytest.fixture(params=[7, 4096])
def block(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> int:
    """Blocks that cut the sets, and one that holds them whole."""
    monkeypatch.setattr(neighbours, "BLOCK", request.param)
    return request.param


@pytest.mark.usefixtures("block")
@pytest.mark.parametrize(("spread", "shift"), [(0.5, 0.0), (1.0, 0.0), (2.0, 0.0), (1.0, 1.5)])
def test_precision_and_recall_are_torch_fidelitys(spread: float, shift: float) -> None:
    samples, real = points(150, 1, spread) + shift, points(260, 2)
    theirs = prc_features_to_metric(samples, real, prc_neighborhood=3, save_cpu_ram=False, verbose=False)
    assert measured(samples, real) == pytest.approx((theirs["precision"], theirs["recall"]), abs=1e-6)


@pytest.mark.usefixtures("block")
def test_radii_leave_the_point_itself_out() -> None:
    real = points(40, 3)
    distances = np.sort(cdist(real, real), axis=1)
    np.testing.assert_allclose(radii(real), distances[:, 3], rtol=1e-4)
    np.testing.assert_allclose(radii(real, k=1), distances[:, 1], rtol=1e-4)


def test_precision_and_recall_tell_collapse_from_nonsense() -> None:
    real = points(500, 1)
    assert measured(real, real) == (1.0, 1.0)
    assert measured(points(500, 2) + 100, real) == (0.0, 0.0)
    precision, recall = measured(0.1 * points(500, 2), real)
    assert precision > 0.95
    assert recall < 0.2


@pytest.mark.usefixtures("block")
def test_the_nearest_is_found_and_a_copy_is_at_no_distance() -> None:
    samples, real = points(60, 1), points(90, 2) + 1000
    samples = torch.cat([samples + 1000, real[[17, 80]]])
    distances, places = nearest(samples, real)
    apart = cdist(samples.double(), real.double())
    assert places.tolist() == apart.argmin(axis=1).tolist()
    np.testing.assert_allclose(distances, apart.min(axis=1), rtol=1e-9)
    assert distances[-2:].tolist() == [0.0, 0.0]
    assert places[-2:].tolist() == [17, 80]


def test_the_order_of_points_changes_nothing() -> None:
    samples, real = points(120, 1), points(150, 2)
    mixed, shuffled = samples[torch.randperm(120)], real[torch.randperm(150)]
    assert measured(mixed, shuffled) == measured(samples, real)
    one, other = nearest(samples, real)[0].sort().values, nearest(mixed, shuffled)[0].sort().values
    torch.testing.assert_close(one, other, rtol=0, atol=0)


def test_memorization_compares_with_images_no_model_has_seen() -> None:
    far = torch.tensor([3.0, 4.0, 5.0])
    assert memorization(far, far) == (1.0, 0.5)
    assert memorization(torch.zeros(4), far) == (0.0, 1.0)
    assert memorization(far + 9, far)[1] == 0.0
    # Of six pairs a sample is closer in three and as far in one.
    assert memorization(torch.tensor([1.0, 4.0]), far)[1] == pytest.approx((3 + 1 + 0.5) / 6)


def test_no_block_is_larger_than_the_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    """So 50,000 points never meet 50,000 at once."""
    sizes = []
    right = torch.cdist

    def seen(rows: Tensor, columns: Tensor) -> Tensor:
        sizes.append((len(rows), len(columns)))
        return right(rows, columns)

    monkeypatch.setattr(torch, "cdist", seen)
    samples, real = points(4500, 1, width=2), points(5000, 2, width=2)
    measured(samples, real)
    nearest(samples, real)
    assert max(max(size) for size in sizes) == neighbours.BLOCK
    assert neighbours.BLOCK**2 * 4 < 70e6  # bytes
