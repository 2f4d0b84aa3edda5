"""StyleGAN2."""

from gen100.families.base import Family
from gen100.families.stylegan2.settings import StyleGan2Settings
from gen100.i18n import N_


class StyleGan2Family(Family):
    name = "stylegan2"
    title = "StyleGAN2"
    losses = {"wasserstein": "Wasserstein", "hinge": "Hinge", "lsgan": "LSGAN"}
    settings = StyleGan2Settings
    loss_labels = (N_("generator"), N_("discriminator"))


FAMILY = StyleGan2Family()
