"""The command line: one command for each stage of the workflow."""

import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

from gen100 import layout
from gen100.cells import Cell
from gen100.config import Params, load_params
from gen100.engines import record as dvc_records
from gen100.errors import Interrupted, UserError
from gen100.files import ready
from gen100.layout import Role
from gen100.locks import locked
from gen100.stages import data, measurement, report, training

app = typer.Typer(
    name="gen100",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)

CellId = Annotated[str, typer.Argument(metavar="CELL", help="<model>-<loss>-<latent>, as vae-elbo-128")]
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


def _whole_stage(stage: Callable[[Params], None]) -> None:
    """A command that runs once for the workspace."""

    def command() -> None:
        params = load_params()
        with locked(stage.__name__, stage.__name__):
            stage(params)

    app.command(stage.__name__, help=stage.__doc__)(command)


def _run_stage(
    stage: Callable[[Params, Cell, int], None], made: Callable[[Params, Cell, int], bool] | None = None
) -> None:
    """A command that runs once for each run, a cell with a seed; one at a time for each run.

    The workflow's engines delete a stage's outputs before they start it. So outputs that are there after
    another process was waited for are that one's, and those that `made` knows as whole are kept.
    """

    def command(cell: CellId, seed: Seed) -> None:
        params = load_params()
        if cell not in params.cells:
            raise UserError(f"cell '{cell}' is not in params.yaml: it has {', '.join(params.cells)}")
        if seed not in params.seeds:
            raise UserError(f"seed {seed} is not in params.yaml: it has {', '.join(map(str, params.seeds))}")
        name, parsed = f"{stage.__name__} {cell}/{seed}", Cell.parse(cell)
        with locked(f"{cell}-{seed}", name) as waited:
            ready(layout.run(cell, seed))
            if waited and made is not None and made(params, parsed, seed):
                print(f"{name}: the other process has made it: kept", file=sys.stderr)
                return
            stage(params, parsed, seed)

    app.command(stage.__name__, help=stage.__doc__)(command)


for _stage in (report.plan, data.fetch, data.prepare):
    _whole_stage(_stage)


@app.command(help=data.extractor.__doc__)
def extractor(
    role: Annotated[
        Role,
        typer.Argument(help="the network that measures, the perceptual loss', or DINOv2, which measures besides"),
    ],
) -> None:
    params = load_params()
    with locked(f"extractor-{role}", f"extractor {role}"):
        data.extractor(params, role)


_run_stage(training.autoencoder, training.has_autoencoder)
_run_stage(training.train, training.has_model)
_run_stage(measurement.sample)
_run_stage(measurement.evaluate)
for _stage in (
    measurement.reference,
    measurement.forensics,
    report.aggregate,
    report.compare,
    report.claims,
    report.tables,
    report.figures,
    report.theory,
    report.page,
):
    _whole_stage(_stage)
for _engine_command in (dvc_records.record, dvc_records.restore):
    _whole_stage(_engine_command)


@app.command()
def forecast(
    earlier: Annotated[
        list[Path] | None, typer.Argument(metavar="[WORKSPACE]...", help="where else earlier runs are")
    ] = None,
) -> None:
    """Show what would run, with the hours and disk it would take, from what earlier runs took."""
    from gen100.engines.forecast import report

    report(earlier or [])


def main() -> None:
    """Run a command; a mistake of the user's is one line and status 2, a signal ends with 128 + its number."""
    try:
        app()
    except UserError as error:
        print(f"gen100: {error}", file=sys.stderr)
        sys.exit(2)
    except Interrupted as error:
        print(f"gen100: {error}", file=sys.stderr)
        sys.exit(128 + error.number)
