"""params.yaml as typed models: what a user may set, in one place, read once.

Everything here is the experiment; nothing is of the machine. Unknown keys are refused, and a wrong value
is reported with its key, the value and what is allowed. Importing this module is cheap (no torch).
"""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    Discriminator,
    Field,
    Tag,
    ValidationError,
    create_model,
    model_validator,
)

from gen100.cells import Cell
from gen100.errors import UserError
from gen100.families.registry import FAMILIES
from gen100.metrics.measures import optional
from gen100.params_file import ParamsFile
from gen100.provenance import DataFacts
from gen100.settings import Batch, Count, Distinct, FamilySettings, Latent, Only, Settings, Training, Whole, Widths

Checksum = Annotated[str, Field(pattern=r"^(md5:[0-9a-f]{32}|sha256:[0-9a-f]{64})$")]


class Source(Settings):
    """A file to take: a URL (http, https, file) or a path, and the checksum it must have."""

    source: Annotated[str, Only(())]
    checksum: Checksum


class ArchiveData(Source):
    """CIFAR-100's binary version, or another archive of its format with the given numbers of images."""

    train: Annotated[Count, Only(("prepare",))] = 50000
    test: Annotated[Count, Only(("prepare",))] = 10000

    @property
    def facts(self) -> DataFacts:
        name = "CIFAR-100" if (self.train, self.test) == (50000, 10000) else "archive"
        return DataFacts(name=name, train=self.train, test=self.test)


class Synthetic(Settings):
    """The synthetic stand-in: how many images of each split to draw, and from which seed."""

    train: Annotated[int, Field(ge=100, le=1_000_000, multiple_of=100, strict=True)]
    test: Annotated[int, Field(ge=100, le=1_000_000, multiple_of=100, strict=True)]
    seed: Whole = 0


class SyntheticData(Settings):
    synthetic: Synthetic

    @property
    def facts(self) -> DataFacts:
        drawn = self.synthetic
        return DataFacts(name="synthetic", train=drawn.train, test=drawn.test, seed=drawn.seed)


def _data_kind(value: Any) -> str:
    """Whether `data` describes an archive or the synthetic stand-in."""
    synthetic = "synthetic" in value if isinstance(value, dict) else isinstance(value, SyntheticData)
    return "Synthetic" if synthetic else "Archive"


class SharedSampling(Settings):
    """How samples are drawn from a trained model, whatever its family.

    Attributes:
        images: how many per run. Conditional families draw all classes equally often where it is a multiple of
            100; else they draw some once more than others, spread evenly over all.
        seed: with one, trained models draw other samples than without, those of each run from its own seed too.
    """

    images: Annotated[int, Field(ge=100, le=1_000_000, strict=True)]
    # Not among the values where it is none, as in files that were made before the key was there.
    seed: Whole | None = Field(default=None, exclude_if=lambda seed: seed is None)


if TYPE_CHECKING:

    class Models(Settings):
        """Seen by type checkers alone: the fields are those of the registry."""

        def __getattr__(self, family: str) -> Any: ...

    class Sampling(SharedSampling):
        """Seen by type checkers alone: the fields are those of the registry."""

        def __init__(self, **values: Any) -> None: ...

        def __getattr__(self, key: str) -> Any: ...

else:
    Models = create_model(
        "Models",
        __base__=Settings,
        __doc__="The settings of every family, by its name; those of a family that is not named are its defaults.",
        **{name: (family.settings, Field(default_factory=family.settings)) for name, family in FAMILIES.items()},
    )

    def _sampling_keys() -> dict[str, Any]:
        """The keys of every family's sampler; families may share a key, but then it is the same one."""
        keys: dict[str, Any] = {}
        for family in FAMILIES.values():
            for key, field in family.sampling.model_fields.items():
                known = keys.setdefault(key, (field.annotation, field))[1]
                if key in SharedSampling.model_fields or repr(known) != repr(field):
                    raise TypeError(f"sampling.{key} of {family.name} is taken, with another type or default")
        return keys

    Sampling = create_model(
        "Sampling",
        __base__=SharedSampling,
        __doc__="`images`, and the keys of every family's sampler.",
        **_sampling_keys(),
    )


class FeatureNetworkSettings(Settings):
    """The project's own CIFAR-100 classifier, whose features measure or compare images."""

    channels: Widths
    batch_size: Batch
    training: Training

    @model_validator(mode="after")
    def _can_be_normalized(self) -> "FeatureNetworkSettings":
        halvings = len(self.channels)
        if halvings >= 5 and min(self.batch_size, self.training.images) == 1:
            key = "batch_size" if self.batch_size == 1 else "training.images"
            raise ValueError(
                f"{key} is 1: of one image, which {halvings} channels halve to a single pixel, batch normalization"
                " can tell nothing, so use 2 or more"
            )
        return self


class OwnExtractor(Settings):
    name: Literal["cifar100-network"]
    network: FeatureNetworkSettings
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


def _known_measure(name: str) -> str:
    if name not in optional():
        raise ValueError(f"unknown measure: use one of {', '.join(optional())}")
    return name


class Metrics(Settings):
    """What is measured.

    Attributes:
        measures: what is measured, by the names of `gen100.metrics.measures`; `fid` is always among them.
        reference: the real images that samples are compared with.
        extractor: the network that measures.
        perceptual: the network of the perceptual losses; never the one that measures.
        dinov2: a second network that measures, if given: FD among its features too.
    """

    measures: Annotated[list[Annotated[str, AfterValidator(_known_measure)]], Field(min_length=1), Distinct]
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


def _known_cell(text: str) -> str:
    Cell.parse(text)
    return text


class Params(Settings):
    """All of params.yaml.

    Attributes:
        cells: ids `<family>-<loss>-<latent>`.
        seeds: a run is a cell with a seed.
        sizes: for each family, the batch size of each latent size.
    """

    cells: Annotated[list[Annotated[str, AfterValidator(_known_cell)]], Field(min_length=1), Distinct]
    seeds: Annotated[list[Whole], Field(min_length=1), Distinct]
    data: Annotated[
        Annotated[ArchiveData, Tag("Archive")] | Annotated[SyntheticData, Tag("Synthetic")],
        Discriminator(_data_kind),
    ]
    sizes: dict[str, dict[Latent, Batch]]
    models: Models
    sampling: Sampling
    metrics: Metrics

    @model_validator(mode="after")
    def _cells_have_sizes(self) -> "Params":
        for name in self.sizes:
            if name not in FAMILIES:
                raise ValueError(f"sizes.{name} names an unknown family: use one of {', '.join(FAMILIES)}")
        for text in self.cells:
            cell = Cell.parse(text)
            known = self.sizes.get(cell.family, {})
            if cell.latent not in known:
                raise ValueError(
                    f"cell '{text}' has no batch size: add `{cell.latent}: <batch>` to sizes.{cell.family}"
                    f" (it has {', '.join(map(str, sorted(known))) or 'none'})"
                )
            if known[cell.latent] == 1 and cell.loss in FAMILIES[cell.family].of_a_batch:
                raise ValueError(
                    f"sizes.{cell.family}.{cell.latent} is 1: the loss of cell '{text}' compares the images of a"
                    " batch, so use 2 or more"
                )
        for name in self.families:
            latents = sorted({cell.latent for cell in map(Cell.parse, self.cells) if cell.family == name})
            FAMILIES[name].check(getattr(self.models, name), self.sampling, latents)
        return self

    def batch_size(self, cell: Cell) -> int:
        return self.sizes[cell.family][cell.latent]

    def settings(self, cell: Cell) -> FamilySettings:
        """The settings of a cell's family."""
        return getattr(self.models, cell.family)

    @property
    def families(self) -> list[str]:
        """The families that have cells, in the order of these."""
        return list(dict.fromkeys(Cell.parse(text).family for text in self.cells))

    @property
    def autoencoders(self) -> dict[str, Cell]:
        """The name of every autoencoder that the cells use, and the first cell that uses it."""
        found: dict[str, Cell] = {}
        for cell in map(Cell.parse, self.cells):
            if name := cell.autoencoder:
                found.setdefault(name, cell)
        return found


TAGS = {"Archive", "Synthetic", "cifar100-network", "inception-v3-compat", "vgg16", "[key]"}
"""Of union members and of keys themselves, which pydantic counts as places."""


def _place(location: tuple[int | str, ...]) -> str:
    """`models.<family>.training.images` of pydantic's location, without such tags."""
    return ".".join(str(part) for part in location if part not in TAGS)


def explain(error: ValidationError, file: ParamsFile) -> str:
    """One line: the file and line, the key, what is wrong and the value, for each mistake found."""
    lines = []
    for mistake in error.errors():
        place, value = _place(mistake["loc"]), mistake["input"]
        message = mistake["msg"].removeprefix("Value error, ")
        if mistake["type"] == "extra_forbidden":
            message = "is not a known key; correct or remove it"
        elif mistake["type"] == "missing":
            message = "is missing"
        elif message.startswith(f"'{value}'"):
            place += ":"
        elif not isinstance(value, dict | list | BaseModel):
            message = f"is {value!r}: {message[:1].lower()}{message[1:]}"
        # What concerns several keys begins with one of them.
        line = file.place(mistake["loc"] or message.split(maxsplit=1)[0].split("."))
        lines.append(f"{line}: {place} {message}" if place else f"{line}: {message}")
    return "; ".join(dict.fromkeys(lines))


def load_params(file: Path = Path("params.yaml")) -> Params:
    """Read and check the experiment of a workspace.

    Raises:
        UserError: the file is missing, is not YAML, repeats a key or holds a wrong value; one line that names the
            key and where it stands.
    """
    read = ParamsFile(file)
    if not isinstance(read.values, dict):
        raise UserError(f"{file} must hold a mapping with the keys {', '.join(Params.model_fields)}")
    try:
        return Params.model_validate(read.values)
    except ValidationError as error:
        raise UserError(explain(error, read)) from None
