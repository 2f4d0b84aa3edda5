"""Stable Diffusion: a KL autoencoder, and diffusion with captions in its latent space."""

from collections.abc import Sequence

from gen100.families.base import Family
from gen100.families.stable_diffusion.settings import StableDiffusionSampling, StableDiffusionSettings


class StableDiffusionFamily(Family):
    name = "stable_diffusion"
    title = "Stable Diffusion"
    losses = {"mse": "MSE", "mae": "MAE", "huber": "Huber"}
    settings = StableDiffusionSettings
    sampling = StableDiffusionSampling
    conditional = True
    autoencoder = "per latent"

    def check_latent(self, latent: int) -> None:
        if latent % 64:
            raise ValueError(f"the latent of {self.name} is 8 x 8 x C: use a multiple of 64")

    def check(
        self, settings: StableDiffusionSettings, sampling: StableDiffusionSampling, latents: Sequence[int]
    ) -> None:
        del latents
        if sampling.steps > settings.timesteps:
            raise ValueError(
                f"sampling.steps is {sampling.steps}: at most models.{self.name}.timesteps, {settings.timesteps}"
            )
        if sampling.guidance != 1 and not settings.unconditional:
            raise ValueError(
                f"sampling.guidance is {sampling.guidance:g}, but models.{self.name}.unconditional is 0: a model"
                " that always saw captions cannot be guided; make unconditional positive (0.1, say), or guidance 1"
            )


FAMILY = StableDiffusionFamily()
