"""What params.yaml may set of the VAE."""

from typing import Annotated

from gen100.settings import ConvNetwork, FamilySettings, NonNegative, NotFor, Optimizer, Positive, Training


class VaeSettings(FamilySettings):
    network: ConvNetwork = ConvNetwork(channels=[128, 256, 512], blocks=2)
    training: Training = Training(
        images=10_000_000,
        optimizer=Optimizer(lr=4e-4, betas=(0.9, 0.99), warmup_images=50_000),
        ema_images=200_000,
        records=50,
    )
    mi_weight: Annotated[NonNegative, NotFor(("elbo", "wae"))] = 1.0
    mmd_weight: Annotated[Positive, NotFor(("elbo", "mi"))] = 1000.0
