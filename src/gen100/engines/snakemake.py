"""What Snakemake would run: the stages of the workspace that are due.

Snakemake is asked as a process, so that the stages that train and measure never import it.
"""

import csv
import re
import subprocess
import sys
from collections.abc import Collection, Iterable
from pathlib import Path

from gen100.engines.stages import Stage
from gen100.errors import UserError


def repository() -> Path:
    """The folder of the Snakefile: the nearest one from the workspace upwards, else the one gen100 is run from.

    Raises:
        UserError: there is none.
    """
    here = Path.cwd()
    # Of an editable installation, in src/gen100/ of a clone: a workspace may lie anywhere.
    source = Path(__file__).resolve().parents[3]
    for folder in (here, *here.parents, source):
        if (folder / "Snakefile").is_file():
            return folder
    raise UserError(f"no Snakefile in {here} or above it: work in a clone of gen100, or in a folder below one")


def snakemake(*arguments: str) -> str:
    """Run the repository's workflow in the workspace and give its standard output.

    Raises:
        UserError: Snakemake failed; its message is repeated.
    """
    workspace = Path.cwd()
    command = [sys.executable, "-m", "snakemake", "--directory", str(workspace), "--nocolor", *arguments]
    # From the root, where Snakemake finds the Snakefile and profiles/default by itself.
    done = subprocess.run(command, cwd=repository(), capture_output=True, text=True)
    if done.returncode:
        lines = (line.strip() for line in f"{done.stdout}\n{done.stderr}".splitlines())
        # The place in the Snakefile follows the message.
        said = [line for line in lines if line and not line.startswith(("File ", "Using "))]
        said = said or ["without a message"]
        raise UserError(f"snakemake {' '.join(arguments)} failed in {workspace}: {said[-1]}")
    return done.stdout


def due(stages: Iterable[Stage]) -> set[str]:
    """The names of the stages that Snakemake would run.

    Args:
        stages: all of the workspace.

    Raises:
        UserError: no Snakefile above the workspace, or Snakemake refuses params.yaml or does not say what is due.
    """
    # Not `--summary`: it takes the half-written files of a killed job as whole.
    said = snakemake("--dry-run")
    shown = re.findall(r"^    output: (.*)$", said, re.M)
    if not shown and "Nothing to be done" not in said:
        raise UserError("`snakemake --dry-run` does not say what is due: take the version of requirements.lock")
    made = {Path(name) for names in shown for name in names.split(", ")}
    return {stage.name for stage in stages if any(output.path in made for output in stage.outputs)}


def forgotten() -> set[Path]:
    """The outputs of which Snakemake does not remember how they were made, as after a clone.

    It judges them by their times alone, and an edit of params.yaml goes unnoticed.
    """
    table = csv.DictReader(snakemake("--summary").splitlines(), delimiter="\t", quoting=csv.QUOTE_NONE)
    return {Path(row["output_file"]) for row in table if row["log-file(s)"] == "-"}


def with_downstream(stages: Iterable[Stage], names: Collection[str]) -> set[str]:
    """The names of these stages, and of all that read their files, directly or not.

    Args:
        stages: all of the workspace, in an order in which they can run.
    """
    touched: set[str] = set()
    files: set[Path] = set()
    for stage in stages:
        if stage.name in names or not files.isdisjoint(stage.inputs):
            touched.add(stage.name)
            files.update(output.path for output in stage.outputs)
    return touched
