"""Cells: the primary key of everything, `<model>-<loss>-<latent>`, and what each model family is called."""

import re
from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Family:
    """What the study knows of a model family without building one.

    `losses` maps each loss' name to its title; the first is the one of experiment 1. `autoencoder` says what
    the first stage of a two-stage model depends on: the latent size alone, so that the model's losses share
    it, or the loss too. A `conditional` model draws an image of a caption's class.
    """

    title: str
    appendix: str
    losses: dict[str, str]
    autoencoder: Literal["per latent", "per latent and loss"] | None = None
    conditional: bool = False


FAMILIES: dict[str, Family] = {
    "vae": Family("VAE", "a", {"elbo": "ELBO", "mi": "MI", "wae": "WAE"}),
    "dalle": Family(
        "DALL-E",
        "b",
        {"cross_entropy": "Cross-Entropy", "mse": "MSE", "perceptual": "Perceptual"},
        autoencoder="per latent and loss",
        conditional=True,
    ),
    "stylegan2": Family("StyleGAN2", "c", {"wasserstein": "Wasserstein", "hinge": "Hinge", "lsgan": "LSGAN"}),
    "stable_diffusion": Family(
        "Stable Diffusion",
        "d",
        {"mse": "MSE", "mae": "MAE", "huber": "Huber"},
        autoencoder="per latent",
        conditional=True,
    ),
}


@dataclass(frozen=True, order=True)
class Cell:
    """One combination of model, loss and latent size."""

    model: str
    loss: str
    latent: int

    def __str__(self) -> str:
        return f"{self.model}-{self.loss}-{self.latent}"

    @property
    def experiment(self) -> int:
        """1 for the model's usual loss, 2 for the others (Tables 3.1 and 3.2)."""
        return 1 if self.loss == next(iter(FAMILIES[self.model].losses)) else 2

    @property
    def autoencoder(self) -> str | None:
        """The name of the first stage that the cell needs, or None; cells that share it have the same name."""
        match FAMILIES[self.model].autoencoder:
            case "per latent":
                return f"{self.model}-{self.latent}"
            case "per latent and loss":
                return str(self)
            case None:
                return None

    @property
    def title(self) -> str:
        family = FAMILIES[self.model]
        return f"{family.title}, {family.losses[self.loss]}"

    @classmethod
    def parse(cls, text: str) -> "Cell":
        """Read `vae-elbo-128`.

        Raises:
            ValueError: not of that form, or a model or loss that does not exist; names those that do.
        """
        match = re.fullmatch(r"([a-z0-9_]+)-([a-z0-9_]+)-([1-9][0-9]*)", text)
        if match is None:
            raise ValueError(f"'{text}' is no cell: write <model>-<loss>-<latent>, as vae-elbo-128")
        model, loss, latent = match.groups()
        if model not in FAMILIES:
            raise ValueError(f"'{text}' names no known model: use one of {', '.join(FAMILIES)}")
        losses = FAMILIES[model].losses
        if loss not in losses:
            raise ValueError(f"'{text}' names no loss of {model}: use one of {', '.join(losses)}")
        if model == "stable_diffusion" and int(latent) % 64:
            raise ValueError(f"'{text}': the latent of stable_diffusion is 8 x 8 x C: use a multiple of 64")
        return cls(model, loss, int(latent))
