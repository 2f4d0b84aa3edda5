"""The command line: one command for each stage of the workflow."""

import os
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from gen100 import layout
from gen100.cells import EXAMPLE, Cell
from gen100.config import Params, load_params
from gen100.engines import dvc as dvc_files
from gen100.engines import lineage, orphans
from gen100.engines import record as dvc_records
from gen100.engines.stages import Stage, roles
from gen100.engines.stages import stages as core_stages
from gen100.errors import Interrupted, UserError
from gen100.files import ready
from gen100.layout import Role
from gen100.locks import locked
from gen100.memory import watched, way_out
from gen100.process import name_user, print_anything
from gen100.stages import data, measurement, training
from gen100.thesis import commands
from gen100.thesis.stages import stages as thesis_stages

app = typer.Typer(
    name="gen100",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)

CellId = Annotated[str, typer.Argument(metavar="CELL", help=f"<family>-<loss>-<latent>, as in {EXAMPLE}")]
Seed = Annotated[int, typer.Argument(metavar="SEED", help="the run's seed", min=0)]


@app.callback()
def _workspace(
    workspace: Annotated[
        Path | None, typer.Option("--workspace", "-w", help="the folder that holds params.yaml")
    ] = None,
) -> None:
    """Families of generative image models on CIFAR-100, compared fairly and reproducibly.

    Every command is one stage of the workflow and works in a workspace: a folder with a params.yaml.
    """
    if workspace is not None:
        try:
            os.chdir(workspace)
        except OSError as error:
            raise UserError(f"workspace {workspace} cannot be entered ({error.strerror})") from None


def _params() -> Params:
    layout.check_layout()
    return load_params()


def every_stage(params: Params) -> list[Stage]:
    """Every stage of a workspace, in an order in which they can run."""
    return [*core_stages(params), *thesis_stages(params)]


def _make(
    params: Params,
    words: tuple[str | int, ...],
    lock: str,
    make: Callable[[], None],
    *,
    folder: Path | None = None,
    is_made: Callable[[], bool] = lambda: True,
) -> None:
    """Make the outputs of a stage from inputs that are what params.yaml describes, one process at a time.

    The workflow's engines delete a stage's outputs before they start it. So outputs that are there after
    another process was waited for are that one's, and are kept if they are whole.

    Args:
        words: the stage's name and arguments.
        folder: of its outputs, where no other stage writes at the same time.
        is_made: what else must hold for outputs to be kept.
    """
    stages = every_stage(params)
    stage = next(one for one in stages if (one.stage, *one.arguments) == words)
    lineage.check_decided(stage, every_stage)
    with locked(lock, stage.words) as waited:
        chain = lineage.Chain(stages)
        if folder:
            ready(folder)
        if waited and chain.is_made(stage) and is_made():
            print(f"{stage.words}: the other process has made it: kept", file=sys.stderr)
            return
        with lineage.making(stage, every_stage, chain), watched(stage.words, way_out(params, words)):
            make()


def _whole_stage(stage: Callable[[Params], None]) -> None:
    """A command that runs once for the workspace."""
    name = stage.__name__

    def command() -> None:
        params = _params()
        _make(params, (name,), name, lambda: stage(params))

    app.command(name, help=stage.__doc__)(command)


def _check_seed(params: Params, seed: int) -> None:
    if seed not in params.seeds:
        raise UserError(f"seed {seed} is not in params.yaml: it has {', '.join(map(str, params.seeds))}")


def _run_stage(
    stage: Callable[[Params, Cell, int], None],
    is_made: Callable[[Params, Cell, int], bool] = lambda *_: True,
) -> None:
    """A command that runs once for each run, a cell with a seed."""
    name = stage.__name__

    def command(cell: CellId, seed: Seed) -> None:
        params = _params()
        if cell not in params.cells:
            raise UserError(f"cell '{cell}' is not in params.yaml: it has {', '.join(params.cells)}")
        _check_seed(params, seed)
        run = params, Cell.parse(cell), seed
        _make(
            params,
            (name, cell, seed),
            f"{cell}-{seed}",
            lambda: stage(*run),
            folder=layout.run(cell, seed),
            is_made=lambda: is_made(*run),
        )

    app.command(name, help=stage.__doc__)(command)


for _stage in (data.fetch, data.prepare):
    _whole_stage(_stage)


@app.command(help=data.extractor.__doc__)
def extractor(
    role: Annotated[
        Role,
        typer.Argument(help="the network that measures, the perceptual loss's, or DINOv2, which also measures"),
    ],
) -> None:
    params = _params()
    if role not in (needed := roles(params)):
        raise UserError(
            f"params.yaml has no metrics.{role}, or no cell that uses it: it needs {', '.join(needed)}"
        )
    _make(params, ("extractor", role), f"extractor-{role}", lambda: data.extractor(params, role))


@app.command(help=training.autoencoder.__doc__)
def autoencoder(
    name: Annotated[str, typer.Argument(metavar="NAME", help="of results/autoencoders")],
    seed: Seed,
) -> None:
    params = _params()
    if name not in params.autoencoders:
        known = ", ".join(params.autoencoders) or "none"
        raise UserError(f"the cells of params.yaml use no autoencoder '{name}': they use {known}")
    _check_seed(params, seed)
    _make(
        params,
        ("autoencoder", name, seed),
        f"autoencoder-{name}-{seed}",
        lambda: training.autoencoder(params, name, seed),
        folder=layout.autoencoder(name, seed),
        is_made=lambda: training.has_autoencoder(params, name, seed),
    )


_run_stage(training.train, training.has_model)
_run_stage(measurement.sample)
_run_stage(measurement.evaluate)
for _stage in (
    measurement.reference,
    measurement.aggregate,
    measurement.compare,
    commands.forensics,
    commands.claims,
    commands.tables,
    commands.figures,
    commands.theory,
    commands.page,
):
    _whole_stage(_stage)


@app.command()
def dvc(
    check: Annotated[
        bool, typer.Option("--check", help="only refuse a dvc.yaml that is of other cells, seeds or keys")
    ] = False,
) -> None:
    """Write dvc.yaml: every stage that params.yaml asks for."""
    params = _params()
    with locked("dvc", "dvc"):
        if check:
            dvc_files.check(params, every_stage(params))
        else:
            written = dvc_files.write(params, every_stage(params))
            print(f"{dvc_files.FILE} written" if written else f"{dvc_files.FILE} is that of params.yaml already")


def _between(task: Callable[[Params, list[Stage]], None]) -> None:
    """A command between the two engines, with the parameters and every stage."""

    def command() -> None:
        params = _params()
        with locked(task.__name__, task.__name__):
            task(params, every_stage(params))

    app.command(task.__name__, help=task.__doc__)(command)


_between(dvc_records.record)
_between(dvc_records.restore)


@app.command()
def forecast(
    earlier: Annotated[
        list[Path] | None, typer.Argument(metavar="[WORKSPACE]...", help="where else earlier runs are")
    ] = None,
) -> None:
    """Show what would run, with the hours and disk it would take, from what earlier runs took."""
    from gen100.engines.forecast import report

    _params()  # refuses what no stage can start with
    report(earlier or [], every_stage)


@app.command()
def clean(
    yes: Annotated[bool, typer.Option("--yes", help="remove it; without, it is only listed")] = False,
) -> None:
    """List what is left of runs and autoencoders that params.yaml does not have any more, or remove it."""
    params = _params()
    orphans.clean(every_stage(params), yes=yes)


def main() -> None:
    """Run a command; a mistake of the user's is one line and status 2, a signal ends with 128 + its number."""
    name_user()
    print_anything()
    try:
        with watched("gen100"):
            app()
    except UserError as error:
        _end(error, 2)
    except Interrupted as error:
        _end(error, 128 + error.number)


def _end(error: Exception, status: int) -> NoReturn:
    with suppress(OSError):  # a terminal that is closed takes no line
        print(f"gen100: {error}", file=sys.stderr, flush=True)
    sys.exit(status)
