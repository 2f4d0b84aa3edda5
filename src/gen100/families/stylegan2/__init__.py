"""StyleGAN2."""

from typing import TYPE_CHECKING

from gen100.families.base import Family
from gen100.families.stylegan2.settings import StyleGan2Settings
from gen100.i18n import N_

if TYPE_CHECKING:
    from torch import Tensor

    from gen100.cells import Cell
    from gen100.families.interfaces import GenerativeModel


class StyleGan2Family(Family):
    name = "stylegan2"
    title = "StyleGAN2"
    losses = {"wasserstein": "Wasserstein", "hinge": "Hinge", "lsgan": "LSGAN"}
    settings = StyleGan2Settings
    loss_labels = (N_("generator"), N_("discriminator"))

    def build_model(
        self, cell: "Cell", settings: StyleGan2Settings, captions: "Tensor", autoencoder: None
    ) -> "GenerativeModel":
        from gen100.families.stylegan2.model import StyleGan2

        del captions, autoencoder
        return StyleGan2(cell, settings)


FAMILY = StyleGan2Family()
