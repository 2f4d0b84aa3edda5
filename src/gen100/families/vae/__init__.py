"""The variational autoencoder."""

from typing import TYPE_CHECKING

from gen100.families.base import Family
from gen100.families.vae.settings import VaeSettings

if TYPE_CHECKING:
    from torch import Tensor

    from gen100.cells import Cell
    from gen100.families.interfaces import GenerativeModel


class VaeFamily(Family):
    name = "vae"
    title = "VAE"
    losses = {"elbo": "ELBO", "mi": "MI", "wae": "WAE"}
    settings = VaeSettings

    def build_model(
        self, cell: "Cell", settings: VaeSettings, captions: "Tensor", autoencoder: None
    ) -> "GenerativeModel":
        from gen100.families.vae.model import Vae

        del captions, autoencoder
        return Vae(cell, settings)


FAMILY = VaeFamily()
