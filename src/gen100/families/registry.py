"""Every model and autoencoder by name: a new one is a file and a line here."""

from collections.abc import Callable

from torch import Tensor, nn

from gen100.cells import Cell
from gen100.config import Models
from gen100.families.base import Autoencoder, GenerativeModel
from gen100.families.dalle.discrete_vae import DiscreteVae
from gen100.families.dalle.model import Dalle
from gen100.families.stable_diffusion.kl_autoencoder import KlAutoencoder
from gen100.families.stable_diffusion.model import StableDiffusion
from gen100.families.stylegan2.model import StyleGan2
from gen100.families.vae.model import Vae
from gen100.training.phase import Trainable

MODELS: dict[str, Callable[..., GenerativeModel]] = {
    "vae": Vae,
    "dalle": Dalle,
    "stylegan2": StyleGan2,
    "stable_diffusion": StableDiffusion,
}
AUTOENCODERS: dict[str, Callable[..., Autoencoder]] = {
    "dalle": DiscreteVae,
    "stable_diffusion": KlAutoencoder,
}


def build_autoencoder(cell: Cell, models: Models, features: nn.Module | None) -> Autoencoder:
    """The first stage of a two-stage model; `features` is the network of the perceptual loss."""
    return AUTOENCODERS[cell.model](cell, getattr(models, cell.model), features)


def build_model(cell: Cell, models: Models, captions: Tensor, autoencoder: Trainable | None) -> GenerativeModel:
    """The model of a cell.

    Args:
        captions: 100 x L int64 tokens of each class' caption, 0 is padding.
        autoencoder: the trained first stage, where the model has one.
    """
    return MODELS[cell.model](cell, getattr(models, cell.model), captions, autoencoder)
