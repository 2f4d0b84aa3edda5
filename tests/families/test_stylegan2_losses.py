"""Adversarial losses and gradient penalties against closed forms."""

import numpy as np
import pytest
import torch
from torch import Tensor

from gen100.families.registry import FAMILIES
from gen100.families.stylegan2 import losses
from gen100.families.stylegan2.losses import GanLoss, gradient_penalty, r1_penalty

REAL = np.array([2.0, 0.5, -1.0])
FAKE = np.array([-3.0, 0.25, 1.0])
EXPECTED = {
    "wasserstein": (-FAKE.mean(), FAKE.mean() - REAL.mean()),
    "hinge": (-FAKE.mean(), np.maximum(0, 1 - REAL).mean() + np.maximum(0, 1 + FAKE).mean()),
    "lsgan": (0.5 * ((FAKE - 1) ** 2).mean(), 0.5 * ((REAL - 1) ** 2).mean() + 0.5 * (FAKE**2).mean()),
}


def test_every_loss_of_the_family_exists() -> None:
    assert set(FAMILIES["stylegan2"].losses) >= set(EXPECTED)
    assert all(isinstance(getattr(losses, name), GanLoss) for name in FAMILIES["stylegan2"].losses)


@pytest.mark.parametrize("name", EXPECTED)
def test_closed_form(name: str) -> None:
    generator, discriminator = EXPECTED[name]
    loss: GanLoss = getattr(losses, name)
    torch.testing.assert_close(loss.generator(torch.tensor(FAKE)).item(), float(generator))
    real_and_fake = loss.discriminator(torch.tensor(REAL), torch.tensor(FAKE))
    torch.testing.assert_close(real_and_fake.item(), float(discriminator))


@pytest.mark.parametrize("name", EXPECTED)
def test_descent_moves_logits_the_right_way(name: str) -> None:
    real, fake = torch.zeros(4, requires_grad=True), torch.zeros(4, requires_grad=True)
    loss: GanLoss = getattr(losses, name)
    loss.generator(fake).backward()
    assert fake.grad is not None
    assert (fake.grad < 0).all()  # the generator raises the logits of its fakes
    fake = torch.full((4,), 0.5, requires_grad=True)
    loss.discriminator(real, fake).backward()
    assert real.grad is not None
    assert fake.grad is not None
    assert (real.grad < 0).all()
    assert (fake.grad > 0).all()


def test_gradient_penalty_of_a_linear_critic() -> None:
    weight = torch.randn(3, 4, 4, requires_grad=True)
    real, fake = torch.randn(5, 3, 4, 4), torch.randn(5, 3, 4, 4)
    penalty = gradient_penalty(lambda x: (x * weight).sum(dim=(1, 2, 3)), real, fake)
    norm = weight.detach().norm()
    torch.testing.assert_close(penalty.detach(), (norm - 1) ** 2)
    penalty.backward()
    torch.testing.assert_close(weight.grad, 2 * (norm - 1) * weight.detach() / norm)


def test_gradient_penalty_interpolates_each_image() -> None:
    """The gradient of |x|^2 / 2 is x, so the penalty tells where it was taken."""
    real, fake = torch.randn(3, 2, 4, 4), torch.randn(3, 2, 4, 4)
    alpha = torch.tensor([0.0, 0.25, 1.0])
    points = [fake[0], 0.25 * real[1] + 0.75 * fake[1], real[2]]
    expected = np.mean([(float(point.norm()) - 1) ** 2 for point in points])
    penalty = gradient_penalty(lambda x: x.square().sum(dim=(1, 2, 3)) / 2, real, fake, alpha)
    assert penalty.item() == pytest.approx(expected, rel=1e-5)


def test_r1_of_a_quadratic_critic() -> None:
    scale = torch.tensor(3.0, requires_grad=True)
    real = torch.randn(6, 3, 4, 4)
    penalty = r1_penalty(lambda x: scale * x.square().sum(dim=(1, 2, 3)) / 2, real)
    energy = real.square().sum(dim=(1, 2, 3)).mean()
    torch.testing.assert_close(penalty.detach(), 9 * energy)
    penalty.backward()
    torch.testing.assert_close(scale.grad, 6 * energy)


def test_penalties_leave_autocast() -> None:
    seen: list[torch.dtype] = []

    def critic(x: Tensor) -> Tensor:
        y = x.flatten(1) @ torch.ones(48, 1)
        seen.append(y.dtype)
        return y

    with torch.autocast("cpu", dtype=torch.bfloat16):
        r1_penalty(critic, torch.randn(2, 3, 4, 4, dtype=torch.bfloat16))
    assert seen == [torch.float32]
