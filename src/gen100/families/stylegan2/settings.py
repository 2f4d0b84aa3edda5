"""What params.yaml may set of StyleGAN2."""

from typing import Annotated, Literal

from pydantic import Field

from gen100.settings import (
    Count,
    Depth,
    Distinct,
    FamilySettings,
    NonNegative,
    NotFor,
    Optimizer,
    Positive,
    Settings,
    Training,
    Width,
)


class StyleGan2Network(Settings):
    """Widths of the synthesis network and, mirrored, of the discriminator at 32, 16, 8 and 4 pixels."""

    channels: Annotated[list[Width], Field(min_length=4, max_length=4)]
    mapping_layers: Depth


class StyleGan2Settings(FamilySettings):
    network: StyleGan2Network = StyleGan2Network(channels=[256, 512, 512, 512], mapping_layers=2)
    training: Training = Training(
        images=50_000_000, optimizer=Optimizer(lr=2.5e-3, betas=(0.0, 0.99)), ema_images=500_000, records=50
    )
    discriminator_lr: Positive = 2.5e-3
    r1_weight: Annotated[NonNegative, NotFor(("wasserstein",))] = 0.01
    r1_every: Annotated[Count, NotFor(("wasserstein",))] = 16
    gradient_penalty_weight: Annotated[NonNegative, NotFor(("hinge", "lsgan"))] = 10.0
    augment: Annotated[list[Literal["color", "translation", "cutout"]], Distinct] = ["color", "cutout"]  # noqa: RUF012
