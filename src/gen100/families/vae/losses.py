"""Objectives of the variational autoencoder, in nats per image, averaged over the batch.

A loss is a function of a coded batch and the settings, named as in the family's `losses`. All share the
reconstruction term, so that they compare, and record `mse`: the mean squared error per pixel channel, for
images in [-1, 1].
"""

from dataclasses import dataclass
from math import log, pi

import torch
from torch import Tensor

from gen100.families.vae.settings import VaeSettings
from gen100.training.phase import Parts

SCALES = (0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0)
"""Of the inverse multiquadratic kernel, as multiples of a Gaussian prior's own scale."""

LEVEL = 2 / 255
"""Distance of two neighbouring 8-bit levels for images in [-1, 1]."""


@dataclass(frozen=True)
class Coded:
    """A batch that went through the autoencoder.

    Attributes:
        images: B x 3 x 32 x 32, float, in [-1, 1].
        decoded: the decoder's output for z, of the same shape, unbounded.
        mean, logvar, z: B x D, of the Gaussian posterior q(z|x), and one draw from it.
    """

    images: Tensor
    decoded: Tensor
    mean: Tensor
    logvar: Tensor
    z: Tensor


def wide(value: Tensor) -> Tensor:
    """Double precision on a GPU, where float32 products may run as TF32; float32 on the CPU."""
    return value.double() if value.is_cuda else value.float()


def reconstruction(images: Tensor, decoded: Tensor) -> Parts:
    """Negative log-likelihood of 8-bit images under a Gaussian decoder, summed over dimensions.

    Its one variance is the batch's mean squared error, the optimum (sigma-VAE: Rybkin et al. 2021),
    which spares a weight between reconstruction and prior. It takes no gradient: at the optimum it has none.
    Density times the width of a level is a level's probability, so the value counts nats to code an image.
    """
    dimensions = images[0].numel()
    errors = (decoded.float() - images.float()).square().flatten(1).sum(1)
    mse = errors.mean() / dimensions
    variance = mse.detach().clamp_min(LEVEL**2 / 12)  # rounding alone leaves that much
    constant = dimensions * (0.5 * (variance * 2 * pi).log() - log(LEVEL))
    return {"reconstruction": (errors / (2 * variance)).mean() + constant, "mse": mse}


def kl(mean: Tensor, logvar: Tensor) -> Tensor:
    """KL(N(mean, exp(logvar)) || N(0, I)), summed over dimensions (Kingma & Welling 2014, appendix B)."""
    mean, logvar = mean.float(), logvar.float()
    return 0.5 * (mean.square() + logvar.exp() - 1 - logvar).sum(1).mean()


def mutual_information(mean: Tensor, logvar: Tensor, z: Tensor) -> Tensor:
    """I(x; z) = E[log q(z|x) - log q(z)], with q(z) the mixture of the minibatch's B posteriors.

    Minibatch-weighted sampling (Chen et al. 2018, appendix C), less the logarithm of the data set's size, a
    constant without gradient: so the estimate never exceeds log(B), and is low where the truth is near or
    above that. Takes O(B^2 + B D) memory.
    """
    with torch.autocast(z.device.type, enabled=False):
        mean, logvar, z = wide(mean), wide(logvar), wide(z)
        precision = (-logvar).exp()
        own = -0.5 * ((z - mean).square() * precision + logvar).sum(1)
        # (z_i - mean_j)^2 / variance_j, expanded into matrix products over the dimensions
        distances = z.square() @ precision.T - 2 * z @ (mean * precision).T
        pairs = -0.5 * (distances + (mean.square() * precision + logvar).sum(1))
        # cancellation matters only where the density is high, at a posterior's own draw: known exactly
        pairs = torch.diagonal_scatter(pairs, own)
        return (own - pairs.logsumexp(1)).mean().float() + log(len(z))


def kernel(x: Tensor, y: Tensor) -> Tensor:
    """Inverse multiquadratic kernel, summed over scales: M x D and N x D to M x N, in (0, 7]."""
    squares = x.square().sum(1)[:, None] + y.square().sum(1)
    distances = (squares - 2 * x @ y.T).clamp_min(0)
    total = torch.zeros_like(distances)
    for scale in SCALES:
        constant = 2 * x.shape[1] * scale
        total = total + constant / (constant + distances)
    return total


def mmd(z: Tensor, prior: Tensor) -> Tensor:
    """Squared maximum mean discrepancy of two samples of N rows, unbiased (Gretton et al. 2012, equation 3).

    Kernel and scales as in WAE-MMD (Tolstikhin et al. 2018, algorithm 2). May be negative. A single row has
    no pairs: the terms within a sample are then 0.
    """
    with torch.autocast(z.device.type, enabled=False):
        z, prior = wide(z), wide(prior)
        pairs = max(len(z) * (len(z) - 1), 1)
        within = [(k.sum() - k.diagonal().sum()) / pairs for k in (kernel(z, z), kernel(prior, prior))]
        return (within[0] + within[1] - 2 * kernel(z, prior).mean()).float()


def elbo(coded: Coded, _settings: VaeSettings) -> Parts:
    """The negative evidence lower bound (Kingma & Welling 2014, equation 10)."""
    parts = reconstruction(coded.images, coded.decoded) | {"kl": kl(coded.mean, coded.logvar)}
    return {"loss": parts["reconstruction"] + parts["kl"]} | parts


def mi(coded: Coded, settings: VaeSettings) -> Parts:
    """The negative ELBO minus `mi_weight` times the mutual information of images and codes."""
    parts = elbo(coded, settings) | {"mi": mutual_information(coded.mean, coded.logvar, coded.z)}
    return parts | {"loss": parts["loss"] - settings.mi_weight * parts["mi"]}


def wae(coded: Coded, settings: VaeSettings) -> Parts:
    """WAE-MMD: reconstruction plus `mmd_weight` times the MMD of codes and prior (Tolstikhin et al. 2018).

    The encoder is random, as for the other objectives, so that the same network is compared.
    """
    prior = torch.randn_like(coded.z)
    parts = reconstruction(coded.images, coded.decoded) | {"mmd": mmd(coded.z, prior)}
    return {"loss": parts["reconstruction"] + settings.mmd_weight * parts["mmd"]} | parts
