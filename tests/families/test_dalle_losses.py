"""DALL-E's losses against closed forms and torch's own functions."""

from math import log

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import Tensor
from torch.distributions import Categorical, kl_divergence

from gen100.families.dalle import losses
from gen100.families.dalle.losses import Perception, decoded, feature_distance, kl_to_uniform
from gen100.families.registry import FAMILIES

NOTHING = Perception(None, 0.0)


def _pair() -> tuple[Tensor, Tensor]:
    generator = torch.Generator().manual_seed(0)
    output = 3 * torch.randn(4, 3, 32, 32, generator=generator)
    return output, 2 * torch.rand(4, 3, 32, 32, generator=generator) - 1


def _stripes(images: Tensor) -> list[Tensor]:
    """Two layers that a reader can compute: the channels doubled, and each quarter's mean plus 1."""
    return [2 * images, F.avg_pool2d(images, 16) + 1]


def test_every_loss_of_the_family_exists() -> None:
    for name in FAMILIES["dalle"].losses:
        parts = getattr(losses, name)(*_pair(), Perception(_stripes, 0.3))
        assert parts["reconstruction"].shape == ()


def test_cross_entropy_is_the_printed_formula() -> None:
    output, images = _pair()
    d, y = (images.double().numpy() + 1) / 2, 1 / (1 + np.exp(-output.double().numpy()))
    printed = -np.mean(d * np.log(y) + (1 - d) * np.log(1 - y))
    ours = losses.cross_entropy(output, images, NOTHING)["reconstruction"]
    assert ours.item() == pytest.approx(printed, rel=1e-5)
    theirs = F.binary_cross_entropy(output.sigmoid(), (images + 1) / 2)
    torch.testing.assert_close(ours, theirs, rtol=1e-4, atol=1e-5)


def test_cross_entropy_and_mse_agree_on_the_best_image() -> None:
    images = _pair()[1].clamp(-0.99, 0.99)
    output = torch.atanh(images) * 2
    torch.testing.assert_close(decoded(output), images, rtol=0, atol=1e-5)
    for loss in (losses.cross_entropy, losses.mse):
        output.requires_grad_()
        (slope,) = torch.autograd.grad(loss(output, images, NOTHING)["reconstruction"], output)
        assert slope.abs().max() < 1e-8


def test_mse_is_the_mean_squared_difference_of_pixels() -> None:
    output, images = _pair()
    pixels = 2 / (1 + np.exp(-output.double().numpy())) - 1
    expected = np.mean((pixels - images.double().numpy()) ** 2)
    assert losses.mse(output, images, NOTHING)["reconstruction"].item() == pytest.approx(expected, rel=1e-5)


def test_perceptual_of_the_image_itself_is_zero() -> None:
    output, _ = _pair()
    parts = losses.perceptual(output, decoded(output), Perception(_stripes, 1.0))
    assert parts["reconstruction"].item() == pytest.approx(0, abs=1e-9)


def test_perceptual_is_the_closed_form() -> None:
    output, images = _pair()
    made, real = np.tanh(output.double().numpy() / 2), images.double().numpy()

    def quarters(x: np.ndarray) -> np.ndarray:
        return x.reshape(4, 3, 2, 16, 2, 16).mean((3, 5)) + 1

    layers = []
    for a, b in ((made, real), (quarters(made), quarters(real))):
        cosine = (a * b).sum(1) / np.sqrt((a**2).sum(1) * (b**2).sum(1))
        layers.append(np.mean(2 - 2 * cosine))  # |u - v|^2 of unit vectors
    expected = np.mean(layers) + 0.3 * np.mean((made - real) ** 2)
    parts = losses.perceptual(output, images, Perception(_stripes, 0.3))
    assert parts["reconstruction"].item() == pytest.approx(expected, rel=1e-5)


def test_opposite_features_are_at_distance_four() -> None:
    features = torch.randn(2, 5, 4, 4)
    assert feature_distance([features], [-3 * features]).item() == pytest.approx(4, rel=1e-5)


def test_perceptual_without_features_is_refused() -> None:
    with pytest.raises(ValueError, match="feature network"):
        losses.perceptual(*_pair(), NOTHING)


def test_kl_is_that_of_torch() -> None:
    logits = 4 * torch.randn(50, 17)
    expected = kl_divergence(Categorical(logits=logits), Categorical(logits=torch.zeros(50, 17)))
    torch.testing.assert_close(kl_to_uniform(logits), expected, rtol=1e-4, atol=1e-5)
    sure = torch.zeros(1, 17).index_fill(1, torch.tensor([3]), 100.0)
    assert kl_to_uniform(sure).item() == pytest.approx(log(17), rel=1e-6)
