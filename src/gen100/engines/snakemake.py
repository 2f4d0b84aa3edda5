"""What Snakemake would run: the stages of the workspace that are due."""

import csv
import re
from collections.abc import Collection, Iterable
from pathlib import Path
from textwrap import shorten

from gen100.engines.asking import run_module
from gen100.engines.stages import Stage
from gen100.errors import UserError

LONGEST_REASON = 600
"""Characters of Snakemake's message; it may list hundreds of files."""


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
        UserError: Snakemake is not installed, or failed; its own reason is repeated.
    """
    workspace = Path.cwd()
    # From the root, where Snakemake finds the Snakefile and profiles/default by itself.
    done = run_module("snakemake", "--directory", str(workspace), "--nocolor", *arguments, folder=repository())
    if done.returncode:
        reason = _reason(f"{done.stdout}\n{done.stderr}")
        raise UserError(f"snakemake {arguments[0]} failed in {workspace}: {reason}")
    return done.stdout


_REASONS = (
    # Of the workflow: a dry run prints it to stdout, others to stderr. What follows is the place in the rules.
    re.compile(
        r"^(?P<kind>\w+(?:Error|Exception))(?: in rule \w+)?(?: in file \"(?P<file>.+)\", line (?P<line>\d+))?:\n"
        r"(?P<said>.+?)(?=^  File \"|^Using |\Z)",
        re.M | re.S,
    ),
    # Of the command line or a profile, below a page of usage.
    re.compile(r"^\S+: error: (?P<said>.+)\Z", re.M | re.S),
    # Of anything else: a traceback ends with it.
    re.compile(r"^(?P<said>\S.*)\s*\Z", re.M),
)


def _reason(output: str) -> str:
    """Why Snakemake failed, in one line, from all that it printed."""
    for pattern in _REASONS:
        if found := pattern.search(output):
            parts = found.groupdict()
            # What this program says in the rules names its own files.
            place = (
                f"{parts['file']}:{parts['line']}: "
                if parts.get("file") and parts["kind"] != "WorkflowError"
                else ""
            )
            return place + shorten(parts["said"], LONGEST_REASON)
    return "without a message"


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
