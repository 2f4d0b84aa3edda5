"""One table of the workspace's stages, as DVC is told of them. A test holds it to the jobs of the Snakefile."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import product
from pathlib import Path
from typing import Literal

from gen100 import layout
from gen100.cells import Cell
from gen100.config import OwnExtractor, Params
from gen100.engines import keys
from gen100.engines.keys import Keys
from gen100.families.registry import FAMILIES
from gen100.layout import ARCHIVE, ARRAYS, REFERENCE, Role


@dataclass(frozen=True)
class Output:
    """A file that a stage writes.

    Attributes:
        in_git: kept in git, so that a clone has it at once; else in DVC's cache.
        kind: how DVC shows it.
        options: of the plot.
    """

    path: Path
    in_git: bool = False
    kind: Literal["outs", "metrics", "plots"] = "outs"
    options: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Stage:
    """One stage of one item: its command is `gen100 <stage> <arguments>`.

    Attributes:
        made: what it is run for; `outputs` has the record of what that was made from too.
        settings: what it depends on in params.yaml.
    """

    stage: str
    arguments: tuple[str | int, ...]
    inputs: tuple[Path, ...]
    made: tuple[Output, ...]
    settings: Keys

    @property
    def lineage(self) -> Path:
        """The record of what its outputs were made from."""
        return self.file(layout.LINEAGE, ".json")

    @property
    def benchmark(self) -> Path:
        """Snakemake's record of the time that it took."""
        return self.file(layout.LOGS, ".tsv")

    def file(self, top: Path, ending: str) -> Path:
        """What is kept of it below a folder: <stage>/<item><ending>, or <stage><ending>."""
        return (top / self.stage / self.item if self.arguments else top / self.stage).with_suffix(ending)

    @property
    def outputs(self) -> tuple[Output, ...]:
        return (*self.made, *in_git([self.lineage]))

    @property
    def item(self) -> str:
        """What it is run for: `<cell>-<seed>`, `metric`, or empty."""
        return "-".join(map(str, self.arguments))

    @property
    def name(self) -> str:
        """As DVC names it: `train-<cell>-<seed>`, `extractor-metric`, `aggregate`."""
        return f"{self.stage}-{self.item}" if self.arguments else self.stage

    @property
    def words(self) -> str:
        """As a user writes it after `gen100`, and messages name it: `train <cell> <seed>`."""
        return " ".join([self.stage, *map(str, self.arguments)])

    @property
    def command(self) -> str:
        return f"gen100 {self.words}"


def every_run(params: Params, *names: str) -> list[Path]:
    """The files of these names of every run, in the order of params.yaml."""
    return [layout.run(cell, seed) / name for name in names for cell in params.cells for seed in params.seeds]


def every_autoencoder(params: Params, name: str) -> list[Path]:
    """The file of this name of every autoencoder."""
    return [layout.autoencoder(network, seed) / name for network in params.autoencoders for seed in params.seeds]


def features(cell: Cell) -> list[Path]:
    """The perceptual network, for a cell whose loss uses it."""
    return [layout.extractor("perceptual")] if cell.loss in FAMILIES[cell.family].perceptual else []


def first_stage(cell: Cell, seed: int) -> list[Path]:
    """The weights of the autoencoder that a cell uses, if it uses one."""
    return [layout.autoencoder(cell.autoencoder, seed) / "model.safetensors"] if cell.autoencoder else []


def roles(params: Params) -> list[Role]:
    """The feature networks that the workspace needs."""
    needed: list[Role] = ["metric"]
    if any(features(Cell.parse(cell)) for cell in params.cells):
        needed.append("perceptual")
    if params.metrics.dinov2:
        needed.append("dinov2")
    return needed


def is_trained(params: Params, role: Role) -> bool:
    """Whether a role's feature network is trained here; else its weights are taken."""
    settings = {"metric": params.metrics.extractor, "perceptual": params.metrics.perceptual}
    return isinstance(settings.get(role), OwnExtractor)


def measuring(params: Params) -> list[Path]:
    """The feature networks that measure."""
    return [layout.extractor(role) for role in roles(params) if role != "perceptual"]


def stages(params: Params) -> Iterator[Stage]:
    """From the data to the tables that any study has, in an order in which they can run."""
    yield Stage("fetch", (), (), _cached(ARCHIVE), keys.data(params, "fetch"))
    yield Stage("prepare", (), (ARCHIVE,), _cached(ARRAYS), keys.data(params, "prepare"))
    for role in roles(params):
        target = _cached(layout.extractor(role))
        yield Stage("extractor", (role,), (ARRAYS,), target, keys.extractor(params, role))
    measured_with = (ARRAYS, *measuring(params))
    floor = (*in_git([REFERENCE]), Output(layout.FLOOR, in_git=True, kind="metrics"))
    yield Stage("reference", (), measured_with, floor, keys.reference(params))
    for name, seed in product(params.autoencoders, params.seeds):
        inputs = (ARRAYS, *features(params.autoencoders[name]))
        outputs = _trained(layout.autoencoder(name, seed), name, seed)
        yield Stage("autoencoder", (name, seed), inputs, outputs, keys.autoencoder(params, name))
    for name, seed in product(params.cells, params.seeds):
        cell, item, folder = Cell.parse(name), (name, seed), layout.run(name, seed)
        first, model, samples = first_stage(cell, seed), folder / "model.safetensors", folder / "samples.npy"
        trained = _trained(folder, name, seed)
        yield Stage("train", item, (ARRAYS, *first), trained, keys.train(params, cell))
        drawn = (*_cached(samples), Output(folder / "grid.png", kind="plots"))
        yield Stage("sample", item, (ARRAYS, model), drawn, keys.sample(params, cell))
        found = (
            *in_git([folder / "metrics.json", folder / "resamples.csv"]),
            Output(folder / "scores.json", in_git=True, kind="metrics"),
            Output(folder / "neighbours.png", kind="plots"),
        )
        yield Stage("evaluate", item, (*measured_with, REFERENCE, *first, samples), found, keys.evaluate(params))
    collected = every_run(params, "metrics.json", "curve.csv", "run.json") + every_autoencoder(params, "run.json")
    yield Stage("aggregate", (), tuple(collected), in_git([layout.RESULTS]), keys.report(params))
    compared = (layout.RESULTS, *every_run(params, "resamples.csv"))
    yield Stage("compare", (), compared, in_git([layout.COMPARISONS]), keys.report(params))


def in_git(paths: Iterable[Path]) -> tuple[Output, ...]:
    return tuple(Output(path, in_git=True) for path in paths)


def _cached(path: Path) -> tuple[Output, ...]:
    return (Output(path),)


def _trained(folder: Path, name: str, seed: int) -> tuple[Output, ...]:
    """What training a network leaves."""
    axes = {"x": "epoch", "y": "val_loss", "title": f"{name}, seed {seed}"}
    curve = Output(folder / "curve.csv", in_git=True, kind="plots", options=axes)
    return (*_cached(folder / "model.safetensors"), *in_git([folder / "run.json"]), curve)
