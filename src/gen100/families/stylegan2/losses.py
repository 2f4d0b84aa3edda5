"""Adversarial losses and the penalties on the discriminator's gradient.

Logits are high where the discriminator takes an image for real. All losses average over the batch.
The `GanLoss` objects are named as in the family's `losses`.
"""

from collections.abc import Callable
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

Critic = Callable[[Tensor], Tensor]


@dataclass(frozen=True)
class GanLoss:
    """What each of the two networks minimizes.

    Attributes:
        generator: of the logits of fakes (B).
        discriminator: of the logits of real images and of fakes (B each).
        gradient_penalty: whether the gradient penalty regularizes the discriminator, instead of R1.
    """

    generator: Callable[[Tensor], Tensor]
    discriminator: Callable[[Tensor, Tensor], Tensor]
    gradient_penalty: bool = False


def critic_generator(fake: Tensor) -> Tensor:
    """-E D(fake), the generator's loss for a critic (Arjovsky et al. 2017, eq. 2; also hinge)."""
    return -fake.mean()


def wasserstein_discriminator(real: Tensor, fake: Tensor) -> Tensor:
    """E D(fake) - E D(real), minus the estimated Wasserstein-1 distance (Arjovsky et al. 2017, eq. 2)."""
    return fake.mean() - real.mean()


def hinge_discriminator(real: Tensor, fake: Tensor) -> Tensor:
    """E max(0, 1 - D(real)) + E max(0, 1 + D(fake)) (Lim & Ye 2017; Miyato et al. 2018, eq. 16)."""
    return F.relu(1 - real).mean() + F.relu(1 + fake).mean()


def least_squares_generator(fake: Tensor) -> Tensor:
    """1/2 E (D(fake) - 1)^2 (Mao et al. 2017, eq. 9)."""
    return (fake - 1).square().mean() / 2


def least_squares_discriminator(real: Tensor, fake: Tensor) -> Tensor:
    """1/2 E (D(real) - 1)^2 + 1/2 E D(fake)^2 (Mao et al. 2017, eq. 9: targets 1 and 0)."""
    return ((real - 1).square().mean() + fake.square().mean()) / 2


wasserstein = GanLoss(critic_generator, wasserstein_discriminator, gradient_penalty=True)
hinge = GanLoss(critic_generator, hinge_discriminator)
lsgan = GanLoss(least_squares_generator, least_squares_discriminator)


def squared_gradient_norm(critic: Critic, images: Tensor) -> Tensor:
    """|grad D(x)|^2, summed over each image's pixels: B, float32, differentiable in the critic's parameters.

    Runs outside autocast: second-order gradients are delicate in half precision.
    """
    with torch.autocast(images.device.type, enabled=False):
        inputs = images.detach().float().requires_grad_(True)
        (gradient,) = torch.autograd.grad(critic(inputs).sum(), inputs, create_graph=True)
        return gradient.square().sum(dim=tuple(range(1, gradient.dim())))


def r1_penalty(critic: Critic, real: Tensor) -> Tensor:
    """E |grad D(real)|^2, without its weight of gamma / 2 (Mescheder et al. 2018, eq. 9)."""
    return squared_gradient_norm(critic, real).mean()


def gradient_penalty(critic: Critic, real: Tensor, fake: Tensor, alpha: Tensor | None = None) -> Tensor:
    """E (|grad D(x)| - 1)^2 at x between a real image and a fake, unweighted (Gulrajani et al. 2017, eq. 3).

    Args:
        real, fake: B x C x H x W.
        alpha: B, in [0, 1]: the real image's share in x; drawn uniformly if not given.
    """
    if alpha is None:
        alpha = torch.rand(len(real), device=real.device)
    share = alpha.reshape(-1, *[1] * (real.dim() - 1))
    norm = torch.sqrt(squared_gradient_norm(critic, fake.detach() + share * (real - fake).detach()) + 1e-12)
    return (norm - 1).square().mean()
