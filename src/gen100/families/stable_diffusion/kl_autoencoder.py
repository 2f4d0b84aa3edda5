"""Stable Diffusion's first stage: images of 32 x 32 to latents of 8 x 8 and back."""

import torch
from torch import Tensor

from gen100.cells import Cell
from gen100.families.interfaces import Autoencoder
from gen100.families.stable_diffusion.settings import StableDiffusionSettings
from gen100.nn.convolutional import Decoder, Encoder
from gen100.training.phase import Batch, Parts


def standard_kl(mean: Tensor, log_variance: Tensor) -> Tensor:
    """KL(N(mean, variance) || N(0, I)) of each image, summed over dimensions: B numbers in float32.

    1/2 sum(mean^2 + variance - 1 - log variance) (Kingma & Welling 2014, appendix B).
    """
    mean, log_variance = mean.float(), log_variance.float()
    return 0.5 * (mean.square() + log_variance.exp() - 1 - log_variance).flatten(1).sum(dim=1)


class KlAutoencoder(Autoencoder):
    """The KL-regularized autoencoder of Rombach et al. 2022, appendix G, without LPIPS and adversarial loss.

    Minimizes |x - decoder(z)| summed over the 3072 dimensions plus `kl_weight` times the KL divergence of the
    posterior from N(0, I) summed over the latent's dimensions, both averaged over the batch. The latent is
    8 x 8 x C with C = cell.latent / 64. Nothing here depends on the cell's loss, so the cells of one
    latent size share an autoencoder.
    """

    def __init__(self, cell: Cell, settings: StableDiffusionSettings) -> None:
        super().__init__()
        network = settings.autoencoder.network
        self.settings = settings.autoencoder
        self.latent_channels = cell.latent // 64
        self.encoder = Encoder(network.channels, network.blocks, 2 * self.latent_channels)
        self.decoder = Decoder(network.channels, network.blocks, self.latent_channels)

    def posterior(self, images: Tensor) -> tuple[Tensor, Tensor]:
        """Mean and log-variance (within [-30, 20]) of the latents: B x C x 8 x 8 each, float32."""
        mean, log_variance = self.encoder(images).float().chunk(2, dim=1)
        return mean, log_variance.clamp(-30, 20)

    def decode(self, latents: Tensor) -> Tensor:
        """Images of latents (B x C x 8 x 8): B x 3 x 32 x 32, around [-1, 1] but not bounded to it."""
        return self.decoder(latents)

    def reconstruct(self, images: Tensor) -> Tensor:
        """Images decoded from the posterior's mean."""
        return self.decode(self.posterior(images)[0])

    def validate(self, batch: Batch) -> Parts:
        """The training objective, decoding one draw of the posterior."""
        mean, log_variance = self.posterior(batch.images)
        latents = mean + (0.5 * log_variance).exp() * torch.randn_like(mean)
        distance = (self.decode(latents).float() - batch.images).abs()
        reconstruction = distance.flatten(1).sum(dim=1).mean()
        kl = standard_kl(mean, log_variance).mean()
        loss = reconstruction + self.settings.kl_weight * kl
        return {"loss": loss, "reconstruction": reconstruction, "kl": kl}
