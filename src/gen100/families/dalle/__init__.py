"""DALL-E: a discrete VAE, and a transformer over captions and its tokens."""

from collections.abc import Sequence

from gen100.families.base import Family
from gen100.families.dalle.settings import DalleSampling, DalleSettings


class DalleFamily(Family):
    name = "dalle"
    title = "DALL-E"
    losses = {"cross_entropy": "Cross-Entropy", "mse": "MSE", "perceptual": "Perceptual"}
    settings = DalleSettings
    sampling = DalleSampling
    conditional = True
    autoencoder = "per latent and loss"
    perceptual = frozenset({"perceptual"})

    def check(self, settings: DalleSettings, sampling: DalleSampling, latents: Sequence[int]) -> None:
        del settings
        if sampling.top_k > max(latents):
            raise ValueError(
                f"sampling.top_k is {sampling.top_k}: at most {max(latents)}, the codes of the largest cell of"
                f" {self.name}; 0 keeps all"
            )


FAMILY = DalleFamily()
