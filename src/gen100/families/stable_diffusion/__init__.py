"""Stable Diffusion: a KL autoencoder, and diffusion with captions in its latent space."""

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

    def check(self, settings: StableDiffusionSettings, sampling: StableDiffusionSampling) -> None:
        if sampling.steps > settings.timesteps:
            raise ValueError(
                f"sampling.steps is {sampling.steps}: at most models.{self.name}.timesteps, {settings.timesteps}"
            )


FAMILY = StableDiffusionFamily()
