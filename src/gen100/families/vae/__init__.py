"""The variational autoencoder."""

from gen100.families.base import Family
from gen100.families.vae.settings import VaeSettings


class VaeFamily(Family):
    name = "vae"
    title = "VAE"
    losses = {"elbo": "ELBO", "mi": "MI", "wae": "WAE"}
    settings = VaeSettings
    of_a_batch = frozenset({"mi", "wae"})


FAMILY = VaeFamily()
