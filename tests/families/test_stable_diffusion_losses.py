"""Noise losses against torch.nn.functional and by hand."""

import pytest
import torch
from torch.nn import functional

from gen100.families.registry import FAMILIES
from gen100.families.stable_diffusion import losses


def test_every_loss_of_the_family_exists() -> None:
    for name in FAMILIES["stable_diffusion"].losses:
        assert getattr(losses, name)(torch.ones(2, 2, 8, 8), torch.zeros(2, 2, 8, 8), 1.0).shape == ()


@pytest.mark.parametrize("delta", [0.1, 1.0, 2.5])
def test_losses_agree_with_torch(delta: float) -> None:
    prediction, noise = torch.randn(16, 2, 8, 8), torch.randn(16, 2, 8, 8)
    expected = {
        "mse": functional.mse_loss(prediction, noise),
        "mae": functional.l1_loss(prediction, noise),
        "huber": functional.smooth_l1_loss(prediction, noise, beta=delta),
    }
    for name, value in expected.items():
        torch.testing.assert_close(getattr(losses, name)(prediction, noise, delta), value)
    torch.testing.assert_close(
        losses.huber(prediction, noise, delta) * delta,
        functional.huber_loss(prediction, noise, delta=delta),
    )


def test_losses_by_hand() -> None:
    prediction, noise = torch.tensor([[[[0.5, 3.0]]]]), torch.tensor([[[[0.0, 0.0]]]])
    assert losses.mse(prediction, noise, 1.0).item() == pytest.approx((0.25 + 9) / 2)
    assert losses.mae(prediction, noise, 1.0).item() == pytest.approx(1.75)
    assert losses.huber(prediction, noise, 1.0).item() == pytest.approx((0.125 + 2.5) / 2)
    assert losses.huber(prediction, noise, 2.0).item() == pytest.approx((0.0625 + 2.0) / 2)


@pytest.mark.parametrize("loss", FAMILIES["stable_diffusion"].losses)
def test_half_precision_predictions_are_judged_in_full_precision(loss: str) -> None:
    value = getattr(losses, loss)(torch.randn(2, 2, 8, 8).bfloat16(), torch.randn(2, 2, 8, 8), 1.0)
    assert value.dtype == torch.float32
