"""DALL-E: a discrete VAE, and a transformer over captions and its tokens."""

from typing import TYPE_CHECKING

from gen100.families.base import Family
from gen100.families.dalle.settings import DalleSampling, DalleSettings

if TYPE_CHECKING:
    from torch import Tensor, nn

    from gen100.cells import Cell
    from gen100.families.dalle.discrete_vae import DiscreteVae
    from gen100.families.interfaces import Autoencoder, GenerativeModel


class DalleFamily(Family):
    name = "dalle"
    title = "DALL-E"
    losses = {"cross_entropy": "Cross-Entropy", "mse": "MSE", "perceptual": "Perceptual"}
    settings = DalleSettings
    sampling = DalleSampling
    conditional = True
    autoencoder = "per latent and loss"
    perceptual = frozenset({"perceptual"})

    def build_model(
        self, cell: "Cell", settings: DalleSettings, captions: "Tensor", autoencoder: "DiscreteVae"
    ) -> "GenerativeModel":
        from gen100.families.dalle.model import Dalle

        return Dalle(cell, settings, captions, autoencoder)

    def build_autoencoder(
        self, cell: "Cell", settings: DalleSettings, features: "nn.Module | None"
    ) -> "Autoencoder":
        from gen100.families.dalle.discrete_vae import DiscreteVae

        return DiscreteVae(cell, settings, features)


FAMILY = DalleFamily()
