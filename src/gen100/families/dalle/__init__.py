"""DALL-E: a discrete VAE, and a transformer over captions and its tokens."""

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


FAMILY = DalleFamily()
