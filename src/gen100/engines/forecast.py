"""What a grid would take: jobs, hours and disk of all that is due, from what earlier runs took."""

import json
from collections.abc import Iterator
from contextlib import chdir
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from statistics import mean
from typing import TYPE_CHECKING, Any

import pandas as pd

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
    metrics, cell = params.metrics, _cell(job, params)
    if cell:
        settings: Any = params.settings(cell)
        first = settings.autoencoder if cell.autoencoder else None
        batch = params.batch_size(cell)
        # A family may call its networks anything.
        other = {"training", "autoencoder"}
        networks = [part.model_dump(mode="json", exclude=other) for part in (settings, first) if part]
        match job.stage:
            case "train":
                return Work(job.stage, cell, _kind(networks, batch), settings.training.images)
            case "autoencoder" if first:
                # Counted for the first of the cells that use it.
                return Work(job.stage, cell, _kind(networks[1], batch), first.training.images)
            case "sample":
                sampler = {
                    key: getattr(params.sampling, key) for key in FAMILIES[cell.family].sampling.model_fields
                }
                return Work(job.stage, cell, _kind(networks, sampler), params.sampling.images)
    match job.stage:
        case "evaluate" | "reference":
            own = metrics.extractor
            network = own.network.channels if isinstance(own, OwnExtractor) else own.name
            kind = _kind(network, metrics.measures, metrics.dinov2 is not None)
            # Of any model: samples are measured alike.
            return Work("measure", None, kind, params.sampling.images)
        case "extractor":
            own = {"metric": metrics.extractor, "perceptual": metrics.perceptual}.get(job.role or "")
            if isinstance(own, OwnExtractor):
                kind = _kind(job.role, own.network.channels, own.network.batch_size)
                return Work(job.stage, None, kind, own.network.training.images)
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
    seconds, device = pd.read_csv(file, sep="\t")["s"].to_numpy(float).max().item(), "?"
    if job.seed is not None:
        name = job.autoencoder
        folder = layout.autoencoder(name, job.seed) if name else layout.run(job.cell or "", job.seed)
        record = folder / "run.json"
        if record.exists():
            device = read_json(record)["device"]
        if record in job.outputs:
            # The benchmark has the waiting for a GPU in it, and of a resumed run the last attempt only.
            seconds = read_json(record)["seconds"]
    yield Benchmark(work_of(job, params), seconds, sum(output.stat().st_size for output in job.outputs), device)


def forecast(earlier: list[Benchmark]) -> list[Line]:
    """A line for every stage and model with jobs that are due in this workspace, in the order of the workflow.

    A job's seconds are those of the earlier jobs most like it (the same cell, else the same model, with the same
    network and batch size), in proportion to the images.
    """
    params = load_params()
    # Of many seeds alike: looked up once, or the time would grow with the square of their number.
    estimate = cache(partial(_estimate, earlier))
    lines: dict[tuple[str, str], Line] = {}
    for job in (job for job in jobs() if job.due):
        work, cell = work_of(job, params), _cell(job, params)
        model = FAMILIES[cell.family].title if cell else ""
        line = lines.setdefault((job.stage, model), Line(job.stage, model, work.images is not None))
        line.jobs += 1
        if found := estimate(work):
            seconds, size, devices = found
            line.known += 1
            line.hours += seconds / 3600
            line.size += size
            line.devices = tuple(sorted({*line.devices, *devices}))
    return sorted(lines.values(), key=lambda line: (not line.on_gpu, STAGES.index(line.stage)))


def _estimate(earlier: list[Benchmark], work: Work) -> tuple[float, float, set[str]] | None:
    """Seconds, bytes and devices of the earlier jobs most like this one; None where none is like it."""
    same = [one for one in earlier if (one.work.stage, one.work.kind) == (work.stage, work.kind)]
    family = work.cell and work.cell.family
    like = [one for one in same if one.work.cell == work.cell] or [
        one for one in same if (one.work.cell and one.work.cell.family) == family
    ]
    if not like:
        return None
    shares = [work.images / one.work.images if work.images and one.work.images else 1.0 for one in like]
    return (
        mean(one.seconds * share for one, share in zip(like, shares, strict=True)),
        mean(one.size * (share if work.stage == "sample" else 1) for one, share in zip(like, shares, strict=True)),
        {one.device for one in like} - {"?"},
    )


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
        count, known = sum(line.jobs for line in part), sum(line.known for line in part)
        hours, size = sum(line.hours for line in part), sum(line.size for line in part)
        _add(table, Line(title, "", on_gpu, count, known, hours, size))
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
