"""What a grid would take: jobs, hours and disk of all that is due, from what earlier runs took."""

import json
import math
from collections.abc import Callable, Iterator, Mapping
from contextlib import chdir
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from statistics import mean
from typing import Any, NamedTuple

import pandas as pd

from gen100.cells import Cell
from gen100.config import OwnExtractor, Params, load_params
from gen100.engines import orphans
from gen100.engines.record import recorded
from gen100.engines.snakemake import due, forgotten
from gen100.engines.stages import Stage
from gen100.errors import UserError, listed
from gen100.families.registry import FAMILIES
from gen100.files import read_json
from gen100.report import labels

StagesOf = Callable[[Params], list[Stage]]
"""Every stage that a workspace's parameters ask for."""


class Workspace(NamedTuple):
    """A workspace's folder, parameters and stages, and the names of those that are due."""

    folder: Path
    params: Params
    stages: list[Stage]
    due: set[str]


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


def work_of(stage: Stage, params: Params) -> Work:
    """The work of a stage under these parameters."""
    name, metrics, cell = stage.stage, params.metrics, _cell(stage, params)
    if cell:
        settings: Any = params.settings(cell)
        first = settings.autoencoder if cell.autoencoder else None
        batch = params.batch_size(cell)
        # A family may call its networks anything.
        other = {"training", "autoencoder"}
        networks = [part.model_dump(mode="json", exclude=other) for part in (settings, first) if part]
        match name:
            case "train":
                return Work(name, cell, _kind(networks, batch), settings.training.images)
            case "autoencoder" if first:
                # Counted for the first of the cells that use it.
                return Work(name, cell, _kind(networks[1], batch), first.training.images)
            case "sample":
                sampler = {
                    key: getattr(params.sampling, key) for key in FAMILIES[cell.family].sampling.model_fields
                }
                return Work(name, cell, _kind(networks, sampler), params.sampling.images)
    match name:
        case "evaluate" | "reference":
            own = metrics.extractor
            network = own.network.channels if isinstance(own, OwnExtractor) else own.name
            kind = _kind(network, metrics.measures, metrics.dinov2 is not None)
            # Of any model: samples are measured alike.
            return Work("measure", None, kind, params.sampling.images)
        case "extractor":
            (role,) = stage.arguments
            own = {"metric": metrics.extractor, "perceptual": metrics.perceptual}.get(str(role))
            if isinstance(own, OwnExtractor):
                kind = _kind(role, own.network.channels, own.network.batch_size)
                return Work(name, None, kind, own.network.training.images)
        case "fetch" | "prepare":
            return Work(name, None, _kind(params.data.model_dump(mode="json")), None)
    return Work(name, None, "", None)


def _cell(stage: Stage, params: Params) -> Cell | None:
    """The cell of a run's stage, or the first of those that use the autoencoder of a stage."""
    match stage.stage, stage.arguments:
        case "autoencoder", (str(name), _):
            return params.autoencoders[name]
        case _, (str(name), int()):
            return Cell.parse(name)
    return None


def _kind(*settings: Any) -> str:
    return json.dumps(settings, sort_keys=True)


def read_workspace(folder: Path, stages_of: StagesOf) -> Workspace:
    """Read a workspace's parameters, and ask Snakemake what is due there; UserError where there is none."""
    if not folder.is_dir():
        raise UserError(f"{folder} is not a folder: name a workspace, a folder with a params.yaml")
    with chdir(folder):
        params = load_params()
        stages = stages_of(params)
        return Workspace(folder, params, stages, due(stages))


def benchmarks(workspace: Workspace) -> list[Benchmark]:
    """What finished stages took. One that is due tells nothing: its parameters may have changed."""
    finished = [stage for stage in workspace.stages if stage.name not in workspace.due]
    with chdir(workspace.folder):
        return [found for stage in finished for found in _benchmark(stage, workspace.params)]


def _benchmark(stage: Stage, params: Params) -> Iterator[Benchmark]:
    files = [output.path for output in stage.made]
    if not (stage.benchmark.exists() and all(output.exists() for output in files)):
        return
    seconds, device = pd.read_csv(stage.benchmark, sep="\t")["s"].to_numpy(float).max().item(), "?"
    record = files[0].with_name("run.json")
    if record.exists():
        run = read_json(record)
        device = labels.device(run)
        if record in files:
            # The benchmark has the waiting for a GPU in it, and of a resumed run the last attempt only.
            seconds = run["seconds"]
    yield Benchmark(work_of(stage, params), seconds, sum(output.stat().st_size for output in files), device)


def forecast(workspace: Workspace, earlier: list[Benchmark]) -> pd.DataFrame:
    """All that is due in a workspace: a row for every stage and model, in the order of the workflow.

    A stage's seconds are those of the earlier ones most like it (the same cell, else the same model, with the same
    network and batch size), in proportion to the images.

    Returns:
        Columns `local` (whether it runs where Snakemake runs), `stage`, `model`, `jobs`, `known`; and of the known
        jobs `hours`, `bytes` and `devices`.
    """
    _, params, stages, to_run = workspace
    # Of many seeds alike: looked up once, or the time would grow with the square of their number.
    estimate = cache(partial(_estimate, earlier))
    rows = []
    for stage in (stage for stage in stages if stage.name in to_run):
        work, cell = work_of(stage, params), _cell(stage, params)
        model = FAMILIES[cell.family].title if cell else ""
        rows.append([work.images is None, stage.stage, model, *estimate(work)])
    jobs = pd.DataFrame(rows, columns=["local", "stage", "model", "hours", "bytes", "devices"])
    orders = {"stage": [stage.stage for stage in stages], "model": ["", *(one.title for one in FAMILIES.values())]}
    for column, order in orders.items():
        jobs[column] = pd.Categorical(jobs[column], dict.fromkeys(order))
    return (
        jobs.groupby(["local", "stage", "model"], observed=True)
        .agg(
            jobs=("hours", "size"),
            known=("hours", "count"),
            hours=("hours", "sum"),
            bytes=("bytes", "sum"),
            devices=("devices", lambda found: ", ".join(sorted(set().union(*found)))),
        )
        .reset_index()
    )


def _estimate(earlier: list[Benchmark], work: Work) -> tuple[float, float, set[str]]:
    """Hours, bytes and devices of the earlier stages most like this one; NaN where none is like it."""
    same = [one for one in earlier if (one.work.stage, one.work.kind) == (work.stage, work.kind)]
    family = work.cell and work.cell.family
    like = [one for one in same if one.work.cell == work.cell] or [
        one for one in same if (one.work.cell and one.work.cell.family) == family
    ]
    if not like:
        return math.nan, math.nan, set()
    shares = [work.images / one.work.images if work.images and one.work.images else 1.0 for one in like]
    return (
        mean(one.seconds * share for one, share in zip(like, shares, strict=True)) / 3600,
        mean(one.size * (share if work.stage == "sample" else 1) for one, share in zip(like, shares, strict=True)),
        {one.device for one in like} - {"?"},
    )


def report(workspaces: list[Path], stages_of: StagesOf) -> None:
    """Print what is due in this workspace, from the benchmarks of this one and of others."""
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    here = read_workspace(Path.cwd(), stages_of)
    others = [read_workspace(folder, stages_of) for folder in dict.fromkeys(workspaces) if folder != here.folder]
    earlier = [found for workspace in (here, *others) for found in benchmarks(workspace)]
    untold = _forgotten(here)
    for note in filter(None, (orphans.notice(here.stages), untold)):
        print(note)
    lines = forecast(here, earlier).to_dict("records")
    if not lines:
        print("Nothing else is due." if untold else "Nothing is due.")
        return
    unknown = sum(line["jobs"] - line["known"] for line in lines)
    caption = "Hours of one device with one job at a time, in proportion to the images of earlier runs."
    if unknown:
        caption += f"\nUnknown: {unknown} jobs, unlike any earlier one (>= leaves them out)."
        caption += " Run one of each model and size."
    drawn = Table(title=escape(f"What would run in {here.folder}"), caption=caption, caption_justify="left")
    for name in ("stage", "model"):
        drawn.add_column(name)
    for name in ("jobs", "hours", "disk"):
        drawn.add_column(name, justify="right")
    drawn.add_column("measured on")
    for local, title in ((False, "on GPUs, where there are any"), (True, "where Snakemake runs")):
        part = [line for line in lines if line["local"] == local]
        for line in part:
            drawn.add_row(line["stage"], escape(line["model"]), *_amounts(line), line["devices"])
        drawn.add_section()
        total = {name: sum(line[name] for line in part) for name in ("jobs", "known", "hours", "bytes")}
        drawn.add_row(title, "", *_amounts(total))
        drawn.add_section()
    Console(width=110).print(drawn)


def _forgotten(here: Workspace) -> str:
    """What to do where Snakemake has lost its memory of finished stages; empty where it has not.

    Without it an edit of params.yaml goes unnoticed, and what is due is not all.
    """
    untold = forgotten()
    names = [
        stage.name
        for stage in here.stages
        if stage.name not in here.due and any(output.path in untold for output in stage.outputs)
    ]
    if not names:
        return ""
    rules = " ".join(dict.fromkeys(stage.stage for stage in here.stages if stage.name in names))
    cure = f"`snakemake --cores all --forcerun {rules}` makes them again"
    if set(names) <= recorded():
        cure = "`gen100 restore` brings its records back"
    elif not here.due:
        cure += ", or, for files of the current params.yaml, `snakemake --cores 1 --touch --forceall` records them"
    return (
        f"Snakemake has forgotten how {len(names)} of {len(here.stages)} stages were made and does not notice"
        f" edits of params.yaml that concern them ({listed(names)}): {cure}."
    )


def _amounts(line: Mapping[Any, Any]) -> tuple[str, str, str]:
    """Jobs, hours and disk of a line, or of several."""
    least = ">= " if line["known"] < line["jobs"] else ""
    hours = f"{least}{line['hours']:,.2f}" if line["known"] else "?"
    size = f"{least}{line['bytes'] / 2**20:,.1f} MiB" if line["known"] else "?"
    return str(line["jobs"]), hours, size
