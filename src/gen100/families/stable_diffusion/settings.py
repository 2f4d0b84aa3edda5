"""What params.yaml may set of Stable Diffusion."""

from typing import Annotated, Literal

from pydantic import model_validator

from gen100.settings import (
    AutoencoderSettings,
    ConvNetwork,
    Depth,
    FamilySettings,
    GridNetwork,
    NonNegative,
    NotFor,
    Optimizer,
    Positive,
    Settings,
    Share,
    Steps,
    Training,
    Width,
    Widths,
    check_weights,
)


class KlAutoencoderSettings(AutoencoderSettings):
    network: GridNetwork = ConvNetwork(channels=[128, 256, 256], blocks=2)
    training: Training = Training(
        images=20_000_000,
        optimizer=Optimizer(lr=6e-4, betas=(0.9, 0.99), warmup_images=200_000),
        ema_images=100_000,
        records=25,
    )
    kl_weight: NonNegative = 1e-6


class UNetNetwork(Settings):
    """A U-Net over the 8 x 8 latent: a width and blocks for each resolution (8, 4, ...), attention at all."""

    channels: Widths
    blocks: Depth
    heads: Width
    text_width: Width
    text_depth: Depth
    dropout: Share = 0.0

    @model_validator(mode="after")
    def _fits(self) -> "UNetNetwork":
        if len(self.channels) > 4:
            raise ValueError(
                f"channels holds {len(self.channels)} widths, but 8 pixels halve 3 times: give at most 4"
            )
        for width in (*self.channels, self.text_width):
            if width % self.heads:
                raise ValueError(f"width {width} is not a multiple of heads {self.heads}")
        check_weights(
            44 * self.blocks * sum(width**2 for width in self.channels) + 12 * self.text_depth * self.text_width**2
        )
        return self


class StableDiffusionSettings(FamilySettings):
    autoencoder: KlAutoencoderSettings = KlAutoencoderSettings()
    network: UNetNetwork = UNetNetwork(
        channels=[256, 512], blocks=2, heads=8, text_width=256, text_depth=2, dropout=0.1
    )
    training: Training = Training(
        images=100_000_000,
        optimizer=Optimizer(lr=4e-4, betas=(0.9, 0.999), weight_decay=0.01, warmup_images=500_000),
        ema_images=1_000_000,
        records=50,
    )
    schedule: Literal["linear", "cosine"] = "linear"
    timesteps: Steps = 1000
    unconditional: Share = 0.1
    huber_delta: Annotated[Positive, NotFor(("mse", "mae"))] = 1.0


class StableDiffusionSampling(Settings):
    """
    Attributes:
        steps: denoising steps of the sampler.
        guidance: classifier-free guidance; 1 is none.
    """

    steps: Steps = 50
    guidance: NonNegative = 1.5
