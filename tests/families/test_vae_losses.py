"""The VAE's objectives against closed forms, torch.distributions and plain double loops."""

import math
import resource

import pytest
import torch
from torch import Tensor
from torch.distributions import Independent, Normal, kl_divergence

from gen100.families.registry import FAMILIES
from gen100.families.vae import losses
from gen100.families.vae.losses import LEVEL, SCALES, Coded, kl, mmd, mutual_information, reconstruction
from gen100.families.vae.settings import VaeSettings
from gen100.settings import ConvNetwork, Optimizer, Training


def settings(mi_weight: float = 2.0, mmd_weight: float = 50.0) -> VaeSettings:
    return VaeSettings(
        network=ConvNetwork(channels=[8, 8], blocks=1),
        training=Training(images=1, optimizer=Optimizer(lr=1e-3), ema_images=1),
        mi_weight=mi_weight,
        mmd_weight=mmd_weight,
    )


def coded(rows: int = 6, latent: int = 5) -> Coded:
    images, decoded = torch.rand(rows, 3, 32, 32) * 2 - 1, torch.randn(rows, 3, 32, 32)
    mean, logvar = torch.randn(rows, latent), torch.randn(rows, latent)
    return Coded(images, decoded, mean, logvar, mean + (logvar / 2).exp() * torch.randn_like(mean))


@pytest.fixture(autouse=True)
def _seed() -> None:
    torch.manual_seed(0)


def test_reconstruction_is_the_gaussian_likelihood_at_its_best_variance() -> None:
    images, decoded = torch.rand(4, 3, 32, 32) * 2 - 1, torch.rand(4, 3, 32, 32) * 2 - 1
    parts = reconstruction(images, decoded)

    def nats(variance: Tensor) -> Tensor:
        density = Independent(Normal(decoded.double(), variance.sqrt()), 3).log_prob(images.double())
        return -(density + 3072 * math.log(LEVEL)).mean()

    best = (images - decoded).double().square().mean()
    assert parts["mse"].item() == pytest.approx(best.item(), rel=1e-5)
    assert parts["reconstruction"].item() == pytest.approx(nats(best).item(), rel=1e-6)
    assert nats(best) < min(nats(best * 0.95), nats(best * 1.05))


def test_reconstruction_has_the_gradient_of_the_profile_likelihood() -> None:
    images = torch.rand(4, 3, 32, 32) * 2 - 1
    decoded = (images + 0.3 * torch.randn_like(images)).requires_grad_()
    (ours,) = torch.autograd.grad(reconstruction(images, decoded)["reconstruction"], decoded)
    profile = 3072 / 2 * (decoded - images).square().mean().log()
    (expected,) = torch.autograd.grad(profile, decoded)
    torch.testing.assert_close(ours, expected, rtol=1e-4, atol=1e-6)


def test_reconstruction_of_perfect_images_is_finite() -> None:
    images = torch.zeros(2, 3, 32, 32, requires_grad=True)
    value = reconstruction(torch.zeros(2, 3, 32, 32), images)["reconstruction"]
    value.backward()
    assert value.isfinite()
    assert images.grad is not None
    assert images.grad.isfinite().all()


def test_kl_equals_torch_distributions() -> None:
    mean, logvar = torch.randn(7, 9), torch.randn(7, 9)
    posterior = Independent(Normal(mean, (logvar / 2).exp()), 1)
    prior = Independent(Normal(torch.zeros(9), torch.ones(9)), 1)
    torch.testing.assert_close(kl(mean, logvar), kl_divergence(posterior, prior).mean())


@pytest.mark.parametrize("spread", [0.3, 2.0])
def test_mutual_information_equals_a_double_loop(spread: float) -> None:
    mean, logvar = spread * torch.randn(12, 4), torch.randn(12, 4)
    z = mean + (logvar / 2).exp() * torch.randn_like(mean)
    total = 0.0
    for row in z.double():
        densities = [Normal(m.double(), (v.double() / 2).exp()) for m, v in zip(mean, logvar, strict=True)]
        logs = torch.stack([density.log_prob(row).sum() for density in densities])
        total -= float(torch.logsumexp(logs, 0) - math.log(12))
    own = Normal(mean.double(), (logvar.double() / 2).exp()).log_prob(z.double()).sum(1).sum()
    expected = (total + float(own)) / 12
    assert mutual_information(mean, logvar, z).item() == pytest.approx(expected, abs=1e-4)


def test_mutual_information_of_known_cases() -> None:
    """A Gaussian channel holds log(1 + S/N) / 2 nats a dimension; a useless code 0; a perfect one log(B)."""
    rows, noise = 4000, 0.5
    mean, logvar = torch.randn(rows, 2), torch.full((rows, 2), math.log(noise))
    z = mean + math.sqrt(noise) * torch.randn_like(mean)
    channel = 2 * 0.5 * math.log(1 + 1 / noise)
    assert mutual_information(mean, logvar, z).item() == pytest.approx(channel, abs=0.05)
    blind = torch.zeros(64, 3)
    assert mutual_information(blind, blind, torch.randn(64, 3)).item() == pytest.approx(0, abs=1e-5)
    apart = 100 * torch.randn(64, 3)
    perfect = mutual_information(apart, blind, apart + torch.randn(64, 3))
    assert perfect.item() == pytest.approx(math.log(64), abs=1e-4)


def test_mutual_information_is_exact_for_sharp_posteriors_in_many_dimensions() -> None:
    """Expanding the square cancels there: without the exact own densities, float32 loses several nats."""
    mean, logvar = torch.randn(32, 2048), torch.full((32, 2048), -12.0)
    value = mutual_information(mean, logvar, mean + (logvar / 2).exp() * torch.randn_like(mean))
    assert value.item() == pytest.approx(math.log(32), abs=1e-3)


def test_mmd_equals_a_double_loop() -> None:
    z, prior = (1.5 * torch.randn(9, 6) + 0.5).double(), torch.randn(9, 6).double()

    def k(a: Tensor, b: Tensor) -> float:
        constants = [2 * 6 * scale for scale in SCALES]
        return sum(c / (c + float((a - b).square().sum())) for c in constants)

    expected = 0.0
    for i in range(9):
        for j in range(9):
            if i != j:
                expected += (k(z[i], z[j]) + k(prior[i], prior[j])) / (9 * 8)
            expected -= 2 * k(z[i], prior[j]) / 81
    assert mmd(z, prior).item() == pytest.approx(expected, abs=1e-5)


def test_mmd_is_zero_in_expectation_for_draws_of_the_prior() -> None:
    values = torch.stack([mmd(torch.randn(16, 8), torch.randn(16, 8)) for _ in range(400)])
    error = values.std() / math.sqrt(len(values))
    assert values.mean().abs() < 3 * error
    assert error < 0.01
    assert values.min() < 0  # unbiased, so not clamped
    shifted = torch.stack([mmd(torch.randn(16, 8) + 0.5, torch.randn(16, 8)) for _ in range(100)])
    assert shifted.mean() > 20 * error


def test_objectives_are_made_of_their_parts() -> None:
    batch, known = coded(), settings()
    elbo = losses.elbo(batch, known)
    mi = losses.mi(batch, known)
    information = mutual_information(batch.mean, batch.logvar, batch.z)
    torch.testing.assert_close(
        elbo["loss"],
        reconstruction(batch.images, batch.decoded)["reconstruction"] + kl(batch.mean, batch.logvar),
    )
    assert (elbo["loss"] - mi["loss"]).item() == pytest.approx(2 * information.item(), abs=5e-3)
    torch.manual_seed(1)
    wae = losses.wae(batch, known)
    torch.manual_seed(1)
    gap = 50 * mmd(batch.z, torch.randn_like(batch.z)).item()
    assert (wae["loss"] - wae["reconstruction"]).item() == pytest.approx(gap, abs=5e-3)
    assert "kl" not in wae


@pytest.mark.parametrize("name", FAMILIES["vae"].losses)
def test_a_batch_of_one_is_finite(name: str) -> None:
    loss = getattr(losses, name)
    assert all(part.isfinite() for part in loss(coded(rows=1), settings()).values())


def test_pairwise_terms_fit_in_memory_at_the_largest_size() -> None:
    """B x B x D would take 34 GB at 2048; products of matrices take well under 2."""
    mean = torch.randn(2048, 2048, requires_grad=True)
    logvar = torch.zeros(2048, 2048, requires_grad=True)
    z = mean + torch.randn(2048, 2048)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    value = mutual_information(mean, logvar, z) + mmd(z, torch.randn(2048, 2048))
    value.backward()
    assert mean.grad is not None
    assert mean.grad.isfinite().all()
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 2_000_000  # kilobytes
