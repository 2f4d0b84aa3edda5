"""Building blocks of params.yaml's typed models, which families share. Importing this is cheap (no torch)."""

from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

# Strict: `true` and "1" are not numbers, and 1 is not a switch. The upper bounds are beyond any model in the
# literature: they refuse slips, whose networks or data would take minutes to build before anything fails.
Count = Annotated[int, Field(gt=0, le=10**12, strict=True)]
Whole = Annotated[int, Field(ge=0, lt=2**63, strict=True)]
Positive = Annotated[float, Field(gt=0, allow_inf_nan=False, strict=True)]
NonNegative = Annotated[float, Field(ge=0, allow_inf_nan=False, strict=True)]
Share = Annotated[float, Field(ge=0, lt=1, strict=True)]
Switch = Annotated[bool, Field(strict=True)]
Batch = Annotated[int, Field(gt=0, le=2**20, strict=True)]
Latent = Annotated[int, Field(gt=0, le=2**20, strict=True)]
Steps = Annotated[int, Field(gt=0, le=100_000, strict=True)]
Width = Annotated[int, Field(gt=0, le=2**14, strict=True)]
Depth = Annotated[int, Field(gt=0, le=1000, strict=True)]
Widths = Annotated[list[Width], Field(min_length=1, max_length=6)]
MOST_WEIGHTS = 20 * 10**9
"""The largest published transformer over image tokens has 12 billion."""


def _distinct(values: list[Any]) -> list[Any]:
    if twice := sorted({str(value) for value in values if values.count(value) > 1}):
        raise ValueError(f"holds {', '.join(twice)} more than once")
    return values


Distinct = AfterValidator(_distinct)
"""Of a list: no value occurs twice."""


@dataclass(frozen=True)
class Only:
    """Marks a setting that matters to these losses or stages alone; the others do not run again for it.

    A setting marked for nobody never makes anything run again: the source of a file, say, whose checksum says
    what it is.
    """

    names: tuple[str, ...]


@dataclass(frozen=True)
class NotFor:
    """Marks a setting that does not matter to these losses: they do not run again for it, any other does."""

    names: tuple[str, ...]


class Settings(BaseModel):
    """A mapping in params.yaml that refuses keys it does not know."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Optimizer(Settings):
    """Adam with decoupled weight decay. Rates are per step; warm-up is counted in images."""

    lr: Positive
    betas: tuple[Share, Share] = (0.9, 0.999)
    weight_decay: NonNegative = 0.0
    warmup_images: Whole = 0


class Training(Settings):
    """How one network is trained.

    Attributes:
        images: images to see, the same for every cell of a family.
        flip: mirror half of the training images.
        ema_images: half-life of the exponential moving average of the weights, in images.
        records: rows of the curve, each with a validation on the whole test set; at most one per step.
    """

    images: Count
    optimizer: Optimizer
    flip: Switch = True
    ema_images: Count
    records: Steps = 20


def check_weights(count: int) -> None:
    """Refuse (ValueError) a network of more weights, about, than any published one for images has."""
    if count > MOST_WEIGHTS:
        raise ValueError(
            f"describes about {count / 1e9:,.0f} billion weights: at most {MOST_WEIGHTS // 10**9} billion are"
            " allowed"
        )


class ConvNetwork(Settings):
    """A residual convolutional network: a width for each resolution (32, 16, 8, ...), blocks at each."""

    channels: Widths
    blocks: Depth

    @model_validator(mode="after")
    def _can_be_built(self) -> "ConvNetwork":
        check_weights(18 * self.blocks * sum(width**2 for width in self.channels))
        return self


def _leads_to_8x8(network: ConvNetwork) -> ConvNetwork:
    if len(network.channels) != 3:
        raise ValueError(
            f"channels has {len(network.channels)} widths: the autoencoder's grid is 8 x 8, so give 3"
            " (for 32, 16 and 8 pixels)"
        )
    return network


GridNetwork = Annotated[ConvNetwork, AfterValidator(_leads_to_8x8)]


class AutoencoderSettings(Settings):
    """The first stage of a two-stage family."""

    network: GridNetwork
    training: Training


class FamilySettings(Settings):
    """What params.yaml may set of a family, under `models.<family>`.

    A family adds its own keys and gives every key a default, so that a workspace that does not name the family
    still starts. A two-stage family has a key `autoencoder`, an `AutoencoderSettings`.
    """

    training: Training

    @property
    def first_stage(self) -> AutoencoderSettings:
        """The settings of a two-stage family's autoencoder."""
        found = getattr(self, "autoencoder", None)
        assert isinstance(found, AutoencoderSettings), "a two-stage family has a key 'autoencoder'"
        return found
