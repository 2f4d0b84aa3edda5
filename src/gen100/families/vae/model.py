"""The variational autoencoder: one Gaussian vector per image, no conditioning."""

import torch
from torch import Tensor, nn

from gen100.cells import Cell
from gen100.families.interfaces import GenerativeModel, Noise
from gen100.families.vae import losses
from gen100.families.vae.losses import Coded
from gen100.families.vae.settings import VaeSettings
from gen100.nn.convolutional import Decoder, Encoder
from gen100.settings import Settings
from gen100.training.phase import Batch, Parts

FEATURES = 64
"""Width of the maps between the convolutions and the dense layers; it bounds the size of the latter."""

LOGVAR_LIMIT = 12.0
"""Bounds the logarithm of the posterior's variance either way, so that its exponential stays finite."""


class Vae(GenerativeModel):
    """Residual convolutional encoder and decoder about a Gaussian z of `cell.latent` dimensions.

    Kingma & Welling 2014; the objective is the one of `losses` that `cell.loss` names.
    """

    def __init__(self, cell: Cell, settings: VaeSettings) -> None:
        super().__init__()
        self.settings = settings
        self.latent = cell.latent
        self.objective = getattr(losses, cell.loss)
        network = settings.network
        self.encoder = Encoder(network.channels, network.blocks, FEATURES)
        self.decoder = Decoder(network.channels, network.blocks, FEATURES)
        side = self.encoder.side
        self.to_posterior = nn.Sequential(nn.Flatten(), nn.Linear(FEATURES * side**2, 2 * self.latent))
        self.from_latent = nn.Sequential(
            nn.Linear(self.latent, FEATURES * side**2), nn.Unflatten(1, (FEATURES, side, side))
        )

    def posterior(self, images: Tensor) -> tuple[Tensor, Tensor]:
        """Mean and logarithm of the variance of q(z|x), each B x latent, float32."""
        features = self.encoder(images)
        # Outside autocast, here and in `decode`: bfloat16 would round away what a narrow posterior says.
        with torch.autocast(images.device.type, enabled=False):
            mean, logvar = self.to_posterior(features).chunk(2, dim=1)
        return mean, logvar.clamp(-LOGVAR_LIMIT, LOGVAR_LIMIT)

    def decode(self, z: Tensor) -> Tensor:
        """The mean of p(x|z): B x latent to B x 3 x 32 x 32, unbounded."""
        with torch.autocast(z.device.type, enabled=False):
            features = self.from_latent(z)
        return self.decoder(features)

    def validate(self, batch: Batch) -> Parts:
        mean, logvar = self.posterior(batch.images)
        z = mean + (0.5 * logvar).exp() * torch.randn_like(mean)
        coded = Coded(batch.images, self.decode(z), mean, logvar, z)
        return self.objective(coded, self.settings)

    def sample(self, labels: Tensor, noise: Noise, sampling: Settings) -> Tensor:
        del labels, sampling
        return self.decode(noise.normal(self.latent)).float().clamp(-1, 1)


def build_model(cell: Cell, settings: VaeSettings, _captions: Tensor, _autoencoder: None) -> Vae:
    return Vae(cell, settings)
