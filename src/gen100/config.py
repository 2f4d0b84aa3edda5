"""params.yaml as typed models: what a user may set, in one place, read once.

Everything here is the experiment; nothing is of the machine. Unknown keys are refused, and a wrong value
is reported with its key, the value and what is allowed. Importing this module is cheap (no torch).
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Discriminator,
    Field,
    Tag,
    ValidationError,
    model_validator,
)

from gen100.cells import FAMILIES, Cell
from gen100.errors import UserError

Count = Annotated[int, Field(gt=0, strict=True)]
Whole = Annotated[int, Field(ge=0, strict=True)]
Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]
NonNegative = Annotated[float, Field(ge=0, allow_inf_nan=False)]
Share = Annotated[float, Field(ge=0, lt=1)]
Checksum = Annotated[str, Field(pattern=r"^(md5:[0-9a-f]{32}|sha256:[0-9a-f]{64})$")]
Widths = Annotated[list[Count], Field(min_length=1)]


@dataclass(frozen=True)
class Only:
    """Marks a setting that matters to these models, losses or stages alone: the others do not run again for it.

    To none at all, where it is named for none: from where a file is taken, say, whose checksum says what it is.
    """

    names: tuple[str, ...]


class Settings(BaseModel):
    """A mapping in params.yaml that refuses keys it does not know."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Source(Settings):
    """A file to take: a URL (http, https, file) or a path, and the checksum it must have."""

    source: Annotated[str, Only(())]
    checksum: Checksum


class ArchiveData(Source):
    """CIFAR-100's binary version, or another archive of its format with the given numbers of images."""

    train: Annotated[Count, Only(("prepare",))] = 50000
    test: Annotated[Count, Only(("prepare",))] = 10000

    @property
    def title(self) -> str:
        if (self.train, self.test) == (50000, 10000):
            return "CIFAR-100"
        return f"archive in CIFAR-100's format ({self.train:,} training images)"


class Synthetic(Settings):
    """The synthetic stand-in: how many images of each split to draw, and from which seed."""

    train: Annotated[int, Field(ge=100, multiple_of=100, strict=True)]
    test: Annotated[int, Field(ge=100, multiple_of=100, strict=True)]
    seed: Whole = 0


class SyntheticData(Settings):
    synthetic: Synthetic

    @property
    def title(self) -> str:
        return f"synthetic stand-in ({self.synthetic.train:,} training images, seed {self.synthetic.seed})"


def _data_kind(value: Any) -> str:
    """Whether `data` describes an archive or the synthetic stand-in."""
    synthetic = "synthetic" in value if isinstance(value, dict) else isinstance(value, SyntheticData)
    return "Synthetic" if synthetic else "Archive"


class Optimizer(Settings):
    """Adam with decoupled weight decay. Rates are per step; warm-up is counted in images."""

    lr: Positive
    betas: tuple[Share, Share] = (0.9, 0.999)
    weight_decay: NonNegative = 0.0
    warmup_images: Whole = 0


class Training(Settings):
    """How one network is trained.

    Attributes:
        images: images to see, the same for every cell of a model.
        flip: mirror half of the training images.
        ema_images: half-life of the exponential moving average of the weights, in images.
        records: rows of the curve, each with a validation on the whole test set.
    """

    images: Count
    optimizer: Optimizer
    flip: bool = True
    ema_images: Count
    records: Count = 20


class ConvNetwork(Settings):
    """A residual convolutional network: a width for each resolution (32, 16, 8, ...), blocks at each."""

    channels: Annotated[list[Count], Field(min_length=1, max_length=6)]
    blocks: Count


def _leads_to_8x8(network: ConvNetwork) -> ConvNetwork:
    if len(network.channels) != 3:
        raise ValueError(
            f"channels has {len(network.channels)} widths: the autoencoder's grid is 8 x 8, so give 3"
            " (for 32, 16 and 8 pixels)"
        )
    return network


GridNetwork = Annotated[ConvNetwork, AfterValidator(_leads_to_8x8)]


class VaeSettings(Settings):
    network: ConvNetwork
    training: Training
    mi_weight: Annotated[NonNegative, Only(("mi",))]
    mmd_weight: Annotated[Positive, Only(("wae",))]


class DiscreteVaeSettings(Settings):
    """DALL-E's discrete VAE: the Gumbel-softmax temperature falls from `start` to `end` over training."""

    network: GridNetwork
    training: Training
    temperature_start: Positive
    temperature_end: Positive
    kl_weight: NonNegative
    perceptual_pixel_weight: Annotated[NonNegative, Only(("perceptual",))]


class TransformerNetwork(Settings):
    width: Count
    depth: Count
    heads: Count
    dropout: Share = 0.0

    @model_validator(mode="after")
    def _divisible(self) -> "TransformerNetwork":
        if self.width % self.heads:
            raise ValueError(f"width {self.width} is not a multiple of heads {self.heads}")
        return self


class DalleSettings(Settings):
    autoencoder: DiscreteVaeSettings
    network: TransformerNetwork
    training: Training
    text_weight: NonNegative


class StyleGan2Network(Settings):
    """Widths of the synthesis network and, mirrored, of the discriminator at 32, 16, 8 and 4 pixels."""

    channels: Annotated[list[Count], Field(min_length=4, max_length=4)]
    mapping_layers: Count


class StyleGan2Settings(Settings):
    network: StyleGan2Network
    training: Training
    discriminator_lr: Positive
    r1_weight: Annotated[NonNegative, Only(("hinge", "lsgan"))]
    r1_every: Annotated[Count, Only(("hinge", "lsgan"))]
    gradient_penalty_weight: Annotated[NonNegative, Only(("wasserstein",))]
    augment: list[Literal["color", "translation", "cutout"]]


class KlAutoencoderSettings(Settings):
    network: GridNetwork
    training: Training
    kl_weight: NonNegative


class UNetNetwork(Settings):
    """A U-Net over the 8 x 8 latent: a width and blocks for each resolution (8, 4, ...), attention at all."""

    channels: Widths
    blocks: Count
    heads: Count
    text_width: Count
    text_depth: Count
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
        return self


class StableDiffusionSettings(Settings):
    autoencoder: KlAutoencoderSettings
    network: UNetNetwork
    training: Training
    schedule: Literal["linear", "cosine"]
    timesteps: Count
    unconditional: Share
    huber_delta: Annotated[Positive, Only(("huber",))]


class Models(Settings):
    vae: VaeSettings
    dalle: DalleSettings
    stylegan2: StyleGan2Settings
    stable_diffusion: StableDiffusionSettings


class Sampling(Settings):
    """How samples are drawn from a trained model.

    Attributes:
        images: how many per run.
        steps: denoising steps of the diffusion sampler.
        guidance: classifier-free guidance; 1 is none.
        temperature, top_k: of the transformer's token distribution; top_k 0 keeps all tokens.
    """

    images: Annotated[int, Field(ge=100, strict=True)]
    steps: Annotated[Count, Only(("stable_diffusion",))]
    guidance: Annotated[NonNegative, Only(("stable_diffusion",))]
    temperature: Annotated[Positive, Only(("dalle",))]
    top_k: Annotated[Whole, Only(("dalle",))]


class FeatureNetwork(Settings):
    """The project's own CIFAR-100 classifier, whose features measure or compare images."""

    channels: Widths
    batch_size: Count
    training: Training


class OwnExtractor(Settings):
    name: Literal["cifar100-network"]
    network: FeatureNetwork
    seed: Whole = 1000


class InceptionExtractor(Settings):
    """torch-fidelity's Inception v3: its weights are taken from a path or URL and must have the checksum."""

    name: Literal["inception-v3-compat"]
    weights: Source


class VggPerceptual(Settings):
    """Features of torchvision's VGG16."""

    name: Literal["vgg16"]
    weights: Source


class DinoV2(Settings):
    """DINOv2's ViT-S/14, -B/14 or -L/14: the official checkpoint without registers."""

    weights: Source


class Metrics(Settings):
    """What is measured.

    Attributes:
        measures: IS, FID, KID, and precision and recall, as torch-fidelity calls them; FID is always among them.
        reference: the real images that samples are compared with.
        extractor: the network that measures.
        perceptual: the network of DALL-E's perceptual loss; never the one that measures.
        dinov2: a second network that measures, if given: FD among its features besides.
    """

    measures: Annotated[list[Literal["isc", "fid", "kid", "prc"]], Field(min_length=1)]
    reference: Literal["train", "test"]
    extractor: Annotated[OwnExtractor | InceptionExtractor, Field(discriminator="name")]
    perceptual: Annotated[OwnExtractor | VggPerceptual, Field(discriminator="name")]
    dinov2: DinoV2 | None = None

    @model_validator(mode="after")
    def _apart(self) -> "Metrics":
        if "fid" not in self.measures:
            raise ValueError("measures must hold fid")
        own = (self.extractor, self.perceptual)
        if all(isinstance(network, OwnExtractor) for network in own) and own[0].seed == own[1].seed:  # type: ignore[union-attr]
            raise ValueError("perceptual and extractor are the same network: give them different seeds")
        return self


class Params(Settings):
    """All of params.yaml.

    Attributes:
        cells: ids `<model>-<loss>-<latent>`.
        seeds: a run is a cell with a seed.
        sizes: for each model, the batch size of each latent size.
    """

    cells: Annotated[list[str], Field(min_length=1)]
    seeds: Annotated[list[Whole], Field(min_length=1)]
    data: Annotated[
        Annotated[ArchiveData, Tag("Archive")] | Annotated[SyntheticData, Tag("Synthetic")],
        Discriminator(_data_kind),
    ]
    sizes: dict[str, dict[Count, Count]]
    models: Models
    sampling: Sampling
    metrics: Metrics

    @model_validator(mode="after")
    def _cells_have_sizes(self) -> "Params":
        if self.sampling.steps > (timesteps := self.models.stable_diffusion.timesteps):
            raise ValueError(
                f"sampling.steps is {self.sampling.steps}: at most models.stable_diffusion.timesteps, {timesteps}"
            )
        for model in self.sizes:
            if model not in FAMILIES:
                raise ValueError(f"sizes.{model} names no known model: use one of {', '.join(FAMILIES)}")
        for name, values in (("cells", self.cells), ("seeds", self.seeds)):
            twice = sorted({str(value) for value in values if values.count(value) > 1})  # type: ignore[arg-type]
            if twice:
                raise ValueError(f"{name} holds {', '.join(twice)} more than once")
        for text in self.cells:
            cell = Cell.parse(text)
            known = self.sizes.get(cell.model, {})
            if cell.latent not in known:
                raise ValueError(
                    f"cell '{text}' has no batch size: add `{cell.latent}: <batch>` to sizes.{cell.model}"
                    f" (it has {', '.join(map(str, sorted(known))) or 'none'})"
                )
        return self

    def batch_size(self, cell: Cell) -> int:
        return self.sizes[cell.model][cell.latent]


def _place(location: tuple[int | str, ...]) -> str:
    """`models.vae.training.images` of pydantic's location, without the names of union members."""
    return ".".join(
        str(part) for part in location if not (isinstance(part, str) and (part[:1].isupper() or "-" in part))
    )


def explain(error: ValidationError, file: Path) -> str:
    """One line: the file, the key, what is wrong and the value, for the first mistakes found."""
    lines = []
    for mistake in error.errors():
        place, value = _place(mistake["loc"]), mistake["input"]
        message = mistake["msg"].removeprefix("Value error, ")
        if mistake["type"] == "extra_forbidden":
            message = "is no known key; correct or remove it"
        elif mistake["type"] == "missing":
            message = "is missing"
        elif not isinstance(value, dict | list | BaseModel):
            message = f"is {value!r}: {message[:1].lower()}{message[1:]}"
        lines.append(f"{place} {message}" if place else message)
    return f"{file}: " + "; ".join(dict.fromkeys(lines))


def load_params(file: Path = Path("params.yaml")) -> Params:
    """Read and check the experiment of a workspace.

    Raises:
        UserError: the file is missing, no YAML, or holds a wrong value; one line that names the key.
    """
    try:
        raw: Any = yaml.safe_load(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise UserError(f"no {file} here: run in a workspace, a folder that holds a params.yaml") from None
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise UserError(f"{file} is no readable YAML: {' '.join(str(error).split())}") from None
    if not isinstance(raw, dict):
        raise UserError(f"{file} must hold a mapping with the keys {', '.join(Params.model_fields)}")
    try:
        return Params.model_validate(raw)
    except ValidationError as error:
        raise UserError(explain(error, file)) from None
