"""The VAE's losses against pythae's models (Chadebec et al. 2022), on the same codes."""

import math

import pytest
import torch
from pythae.models import VAE, WAE_MMD, BetaTCVAE, BetaTCVAEConfig, VAEConfig, WAE_MMD_Config
from torch import Tensor

from gen100.families.vae.losses import SCALES, Coded, elbo, kernel, kl, mmd, mutual_information
from gen100.families.vae.settings import VaeSettings
from gen100.settings import ConvNetwork, Optimizer, Training

ROWS, LATENT, PIXELS = 24, 6, 3072


@pytest.fixture
def coded() -> Coded:
    """Posteriors that are neither the prior nor far from each other, where every term counts."""
    torch.manual_seed(0)
    mean, logvar = torch.randn(ROWS, LATENT), torch.randn(ROWS, LATENT) - 1
    images, decoded = torch.rand(ROWS, 3, 32, 32) * 2 - 1, torch.randn(ROWS, 3, 32, 32)
    return Coded(images, decoded, mean, logvar, mean + (logvar / 2).exp() * torch.randn(ROWS, LATENT))


def wae() -> WAE_MMD:
    return WAE_MMD(WAE_MMD_Config(input_dim=(3, 32, 32), latent_dim=LATENT, reg_weight=1.0))


def test_kernel(coded: Coded) -> None:
    theirs = wae()
    assert theirs.scales == list(SCALES)
    prior = torch.randn(ROWS, LATENT)
    torch.testing.assert_close(kernel(coded.z, prior), theirs.imq_kernel(coded.z, prior), atol=1e-5, rtol=1e-5)


def test_wae_mmd_and_its_gradient(coded: Coded) -> None:
    prior, blank = torch.randn(ROWS, LATENT), torch.zeros(ROWS, 3, 32, 32)
    results = []
    for term in (lambda z: mmd(z, prior), lambda z: wae().loss_function(blank, blank, z, prior)[2]):
        z = (coded.z + 1).requires_grad_()
        value = term(z)
        results.append((value.detach(), torch.autograd.grad(value, z)[0]))
    torch.testing.assert_close(*results, atol=1e-5, rtol=1e-4)
    assert results[0][0] > 0.1


def tc_part(coded: Coded, **weights: float) -> Tensor:
    """The terms that `weights` name of pythae's decomposition of the KL divergence; the batch is the data set."""
    config = BetaTCVAEConfig(input_dim=(3, 32, 32), latent_dim=LATENT, use_mss=False)
    for name in ("alpha", "beta", "gamma"):
        setattr(config, name, weights.get(name, 0.0))
    model = BetaTCVAE(config)
    return model.loss_function(coded.images, coded.images, coded.mean, coded.logvar, coded.z, ROWS)[2]


def test_mutual_information(coded: Coded) -> None:
    """Theirs divides the batch's mixture by the data set's size too: here the batch, log(B) more than ours."""
    ours = mutual_information(coded.mean, coded.logvar, coded.z)
    torch.testing.assert_close(ours, tc_part(coded, alpha=1.0) - math.log(ROWS), atol=1e-4, rtol=1e-4)
    assert 0.5 < ours < math.log(ROWS)


def test_gradient_of_the_mutual_information(coded: Coded) -> None:
    gradients = []
    for term in (lambda c: mutual_information(c.mean, c.logvar, c.z), lambda c: tc_part(c, alpha=1.0)):
        leaves = [value.clone().requires_grad_() for value in (coded.mean, coded.logvar, coded.z)]
        value = term(Coded(coded.images, coded.decoded, *leaves))
        gradients.append(torch.autograd.grad(value, leaves))
    for ours, theirs in zip(*gradients, strict=True):
        torch.testing.assert_close(ours, theirs, atol=1e-5, rtol=1e-4)


def test_negative_evidence_lower_bound(coded: Coded) -> None:
    """Theirs fixes the decoder's variance at 1 and leaves out constants, so each term is compared by itself."""
    training = Training(images=1, optimizer=Optimizer(lr=1e-3), ema_images=1)
    settings = VaeSettings(
        network=ConvNetwork(channels=[8], blocks=1), training=training, mi_weight=1.0, mmd_weight=1.0
    )
    config = VAEConfig(input_dim=(3, 32, 32), latent_dim=LATENT, reconstruction_loss="mse")
    _, squares, divergence = VAE(config).loss_function(
        coded.decoded, coded.images, coded.mean, coded.logvar, coded.z
    )
    ours = elbo(coded, settings)
    torch.testing.assert_close(kl(coded.mean, coded.logvar), divergence)
    torch.testing.assert_close(ours["mse"], 2 * squares / PIXELS)
    variance = float(ours["mse"])
    constant = PIXELS * (0.5 * math.log(2 * math.pi * variance) - math.log(2 / 255))
    torch.testing.assert_close(ours["loss"], squares / variance + constant + divergence)
