"""What params.yaml may set of DALL-E."""

from typing import Annotated

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
    Training,
    Whole,
    Width,
    check_weights,
)


class DiscreteVaeSettings(AutoencoderSettings):
    """DALL-E's discrete VAE: the Gumbel-softmax temperature falls from `start` to `end` over training."""

    network: GridNetwork = ConvNetwork(channels=[128, 256, 256], blocks=2)
    training: Training = Training(
        images=20_000_000,
        optimizer=Optimizer(lr=5e-4, betas=(0.9, 0.99), warmup_images=200_000),
        ema_images=100_000,
        records=25,
    )
    temperature_start: Positive = 1.0
    temperature_end: Positive = 0.0625
    kl_weight: NonNegative = 0.02
    perceptual_pixel_weight: Annotated[NonNegative, NotFor(("cross_entropy", "mse"))] = 0.1

    @model_validator(mode="after")
    def _falls(self) -> "DiscreteVaeSettings":
        if self.temperature_end > self.temperature_start:
            raise ValueError(
                f"temperature_end {self.temperature_end:g} is above temperature_start {self.temperature_start:g}:"
                " the temperature falls"
            )
        return self


class TransformerNetwork(Settings):
    width: Width
    depth: Depth
    heads: Width
    dropout: Share = 0.0

    @model_validator(mode="after")
    def _divisible(self) -> "TransformerNetwork":
        if self.width % self.heads:
            raise ValueError(f"width {self.width} is not a multiple of heads {self.heads}")
        check_weights(12 * self.depth * self.width**2)
        return self


class DalleSettings(FamilySettings):
    autoencoder: DiscreteVaeSettings = DiscreteVaeSettings()
    network: TransformerNetwork = TransformerNetwork(width=512, depth=12, heads=8, dropout=0.2)
    training: Training = Training(
        images=10_000_000,
        optimizer=Optimizer(lr=4.5e-4, betas=(0.9, 0.96), weight_decay=0.045, warmup_images=300_000),
        ema_images=250_000,
        records=50,
    )
    text_weight: NonNegative = 0.125


class DalleSampling(Settings):
    """Of the transformer's token distribution; top_k 0 keeps all tokens."""

    temperature: Positive = 1.0
    top_k: Whole = 0
