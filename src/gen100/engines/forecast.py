"""What a grid would take: jobs, hours and disk of all that is due, from what earlier runs took."""

import csv
import json
from collections import defaultdict
from collections.abc import Iterator
from contextlib import chdir
from dataclasses import dataclass
from pathlib import Path
from statistics import mean
from typing import TYPE_CHECKING, Any

from gen100 import layout
from gen100.cells import Cell
from gen100.config import OwnExtractor, Params, load_params
from gen100.engines.snakemake import Job, jobs
from gen100.errors import UserError
from gen100.families.registry import FAMILIES
from gen100.files import read_json

if TYPE_CHECKING:
    from rich.table import Table


STAGES = [
    *("fetch", "prepare", "extractor", "autoencoder", "train", "sample", "reference", "evaluate"),
    *("forensics", "aggregate", "compare", "claims", "tables", "figures", "theory", "page"),
]


@dataclass(frozen=True)
class Work:
    """What a job does, as far as its cost goes.

    `kind` holds all settings that decide the seconds per image (network, batch size, sampling steps), `images`
    how many it trains on, draws or measures: None for a small job that runs where Snakemake runs.
    """

    stage: str
    cell: Cell | None
    kind: str
    images: int | None


@dataclass(frozen=True)
class Benchmark:
    """An earlier job: the seconds and bytes that its work took, and on which device."""

    work: Work
    seconds: float
    size: int
    device: str


@dataclass(frozen=True)
class Estimate:
    """Of a job: what the earlier ones most like it took on average, in proportion to the images, and where."""

    seconds: float
    size: float
    devices: frozenset[str]


@dataclass
class Line:
    """All due jobs of a stage and model. Hours and bytes are those of the `known` jobs."""

    stage: str
    model: str
    on_gpu: bool
    jobs: int = 0
    known: int = 0
    hours: float = 0.0
    size: float = 0.0
    devices: tuple[str, ...] = ()


def work_of(job: Job, params: Params) -> Work:
    """The work of a job under these parameters."""
    cell = _cell(job, params)
    settings: Any = getattr(params.models, cell.family) if cell else None
    batch = params.batch_size(cell) if cell else None
    first = settings.autoencoder if cell and cell.autoencoder else None
    networks = [part.network.model_dump() for part in (settings, first) if part]
    metrics = params.metrics
    match job.stage:
        case "train":
            return Work(job.stage, cell, _kind(networks, batch), settings.training.images)
        case "autoencoder" if first:
            # Counted for the first of the cells that use it.
            return Work(job.stage, cell, _kind(first.network.model_dump(), batch), first.training.images)
        case "sample" if cell:
            sampler = {key: getattr(params.sampling, key) for key in FAMILIES[cell.family].sampling.model_fields}
            return Work(job.stage, cell, _kind(networks, sampler), params.sampling.images)
        case "evaluate" | "reference":
            extractor = metrics.extractor
            network = extractor.network.channels if isinstance(extractor, OwnExtractor) else extractor.name
            # Of any model: samples are measured alike.
            return Work(
                "measure",
                None,
                _kind(network, metrics.measures, metrics.dinov2 is not None),
                params.sampling.images,
            )
        case "extractor":
            own = {"metric": metrics.extractor, "perceptual": metrics.perceptual}.get(job.role or "")
            if isinstance(own, OwnExtractor):
                network = own.network
                kind = _kind(job.role, network.channels, network.batch_size)
                return Work(job.stage, None, kind, network.training.images)
        case "fetch" | "prepare":
            return Work(job.stage, None, _kind(params.data.model_dump(mode="json")), None)
    return Work(job.stage, None, "", None)


def _cell(job: Job, params: Params) -> Cell | None:
    """The cell of a run's job, or the first of those that use the autoencoder of a job."""
    if job.autoencoder:
        return params.autoencoders[job.autoencoder]
    return Cell.parse(job.cell) if job.cell else None


def _kind(*settings: Any) -> str:
    return json.dumps(settings, sort_keys=True)


def benchmarks(workspace: Path) -> list[Benchmark]:
    """What a workspace's finished jobs took. A job that is due tells nothing: its parameters may have changed.

    Raises:
        UserError: there is no such workspace.
    """
    if not workspace.is_dir():
        raise UserError(f"{workspace} is not a folder: name a workspace, a folder with a params.yaml")
    with chdir(workspace):
        params = load_params()
        done = (job for job in jobs() if not job.due and all(output.exists() for output in job.outputs))
        return [found for job in done for found in _benchmark(job, params)]


def _benchmark(job: Job, params: Params) -> Iterator[Benchmark]:
    file = Path("logs") / (f"{job.stage}/{job.item}.tsv" if job.item else f"{job.stage}.tsv")
    if not file.exists():
        return
    with file.open(encoding="utf-8") as opened:
        seconds = max(float(row["s"]) for row in csv.DictReader(opened, delimiter="\t"))
    device = "?"
    if job.seed is not None:
        name = job.autoencoder
        folder = layout.autoencoder(name, job.seed) if name else layout.run(job.cell or "", job.seed)
        record = folder / "run.json"
        if record.exists():
            device = read_json(record)["device"]
        if record in job.outputs:
            # The benchmark has the waiting for a GPU in it, and of a resumed run the last attempt only.
            seconds = read_json(record)["seconds"]
    size = sum(output.stat().st_size for output in job.outputs)
    yield Benchmark(work_of(job, params), seconds, size, device)


def forecast(earlier: list[Benchmark]) -> list[Line]:
    """A line for every stage and model with jobs that are due in this workspace, in the order of the workflow.

    A job's seconds are those of the earlier jobs most like it (the same cell, else the same model, with the same
    network and batch size), in proportion to the images.
    """
    params = load_params()
    lines: dict[tuple[str, str], Line] = {}
    devices: dict[tuple[str, str], set[str]] = defaultdict(set)
    estimates: dict[Work, Estimate | None] = {}
    for job in jobs():
        if not job.due:
            continue
        work = work_of(job, params)
        cell = _cell(job, params)
        model = FAMILIES[cell.family].title if cell else ""
        line = lines.setdefault((job.stage, model), Line(job.stage, model, work.images is not None))
        line.jobs += 1
        # Of many seeds alike: looked up once, or the time would grow with the square of their number.
        if work not in estimates:
            estimates[work] = _estimate(work, earlier)
        estimate = estimates[work]
        if estimate is None:
            continue
        line.known += 1
        line.hours += estimate.seconds / 3600
        line.size += estimate.size
        devices[job.stage, model] |= estimate.devices
    for key, line in lines.items():
        line.devices = tuple(sorted(devices[key]))
    return sorted(lines.values(), key=lambda line: (not line.on_gpu, STAGES.index(line.stage)))


def _share(work: Work, earlier: Benchmark) -> float:
    """How many times as many images a job works on as an earlier one did."""
    return work.images / earlier.work.images if work.images and earlier.work.images else 1.0


def _estimate(work: Work, earlier: list[Benchmark]) -> Estimate | None:
    """None where no earlier job is like it."""
    like = _most_alike(work, earlier)
    if not like:
        return None
    return Estimate(
        mean(one.seconds * _share(work, one) for one in like),
        mean(one.size * (_share(work, one) if work.stage == "sample" else 1) for one in like),
        frozenset(one.device for one in like) - {"?"},
    )


def _most_alike(work: Work, earlier: list[Benchmark]) -> list[Benchmark]:
    same = [one for one in earlier if (one.work.stage, one.work.kind) == (work.stage, work.kind)]
    return [one for one in same if one.work.cell == work.cell] or [
        one for one in same if (one.work.cell and one.work.cell.family) == (work.cell and work.cell.family)
    ]


def report(workspaces: list[Path]) -> None:
    """Print what is due in this workspace, from the benchmarks of this one and of others."""
    from rich.console import Console
    from rich.table import Table

    here = Path.cwd()
    earlier = [found for place in dict.fromkeys([here, *workspaces]) for found in benchmarks(place)]
    lines = forecast(earlier)
    if not lines:
        print("Nothing is due.")
        return
    table = Table(title=f"What would run in {here}", caption=_caption(lines), caption_justify="left")
    for name in ("stage", "model"):
        table.add_column(name)
    for name in ("jobs", "hours", "disk"):
        table.add_column(name, justify="right")
    table.add_column("measured on")
    for on_gpu, title in ((True, "on GPUs, where there are any"), (False, "where Snakemake runs")):
        part = [line for line in lines if line.on_gpu == on_gpu]
        for line in part:
            _add(table, line)
        table.add_section()
        total = Line(title, "", on_gpu, sum(line.jobs for line in part), sum(line.known for line in part))
        total.hours, total.size = sum(line.hours for line in part), sum(line.size for line in part)
        _add(table, total)
        table.add_section()
    Console(width=110).print(table)


def _add(table: "Table", line: Line) -> None:
    least = "≥ " * (line.known < line.jobs)
    hours = f"{least}{line.hours:,.2f}" if line.known else "?"
    size = f"{least}{line.size / 2**20:,.1f} MiB" if line.known else "?"
    table.add_row(line.stage, line.model, str(line.jobs), hours, size, ", ".join(line.devices))


def _caption(lines: list[Line]) -> str:
    unknown = sum(line.jobs - line.known for line in lines)
    said = "Hours of one device with one job at a time, in proportion to the images of earlier runs."
    if unknown:
        said += f"\nUnknown: {unknown} jobs, unlike any earlier one (≥ leaves them out)."
        said += " Run one of each model and size."
    return said
