"""What Snakemake would run: every job of the workspace, named as DVC names its stage, and whether it is due.

Snakemake is asked as a process, so that the stages that train and measure never import it.
"""

import csv
import re
import subprocess
import sys
from collections.abc import Collection, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import get_args

from gen100.errors import UserError
from gen100.layout import AUTOENCODERS, Role, extractor


@dataclass(frozen=True)
class Job:
    """One job of the DAG.

    Attributes:
        inputs: relative to the workspace, as `outputs` are.
        reason: Snakemake's; empty where the job is not due.
        cell: of a run's stage, else None.
        autoencoder: the name of the autoencoder that is trained, else None.
        seed: of a run or an autoencoder, else None.
        role: of a feature network, else None.
    """

    stage: str
    inputs: tuple[Path, ...]
    outputs: tuple[Path, ...]
    due: bool
    reason: str
    cell: str | None = None
    autoencoder: str | None = None
    seed: int | None = None
    role: Role | None = None

    @property
    def item(self) -> str:
        """What the stage is run for: `<cell>-<seed>`, `metric`, or empty."""
        parts = (self.cell, self.autoencoder, self.seed, self.role)
        return "-".join(str(part) for part in parts if part is not None)

    @property
    def stage_name(self) -> str:
        """The stage as DVC names it: `train-<cell>-<seed>`, `extractor-metric`, `aggregate`."""
        return f"{self.stage}-{self.item}" if self.item else self.stage


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


def jobs() -> list[Job]:
    """Every job of the workspace's DAG, in an order in which they can run.

    Raises:
        UserError: no Snakefile above the workspace, or Snakemake refuses params.yaml.
    """
    # Not `--summary`: it takes the half-written files of a killed job as whole.
    with ThreadPoolExecutor() as pool:  # side by side, since each takes seconds
        asked = pool.submit(snakemake, "--dry-run")
        every = _shown(snakemake("--dry-run", "--forceall"))
        reasons = {block["output"]: block["reason"] for block in _shown(asked.result())}
    return [_job(block, reasons.get(block["output"])) for block in every]


def due_stages() -> set[str]:
    """The names of the stages that are due; as `jobs` tells them, in half the time.

    Raises:
        UserError: as `jobs`.
    """
    return {_job(block, block["reason"]).stage_name for block in _shown(snakemake("--dry-run"))}


def _shown(said: str) -> list[dict[str, str]]:
    """The jobs that a dry run shows: the rule and the fields of each, but for those that make no file."""
    found = re.findall(r"^(?:local)?rule (\w+):\n((?:    .*\n)+)", said, re.M)
    blocks = [{"rule": rule, **dict(re.findall(r"^    (\w+): (.*)$", body, re.M))} for rule, body in found]
    return [block for block in blocks if "output" in block]


def _job(block: dict[str, str], reason: str | None) -> Job:
    inputs, outputs = (
        tuple(Path(name) for name in block.get(key, "").split(", ") if name) for key in ("input", "output")
    )
    # The files that a reason names, and the parameters, follow a colon.
    words = (reason or "").split(":")[0]
    stage, due = block["rule"].removesuffix("_local"), reason is not None
    first = outputs[0]
    if first.is_relative_to(AUTOENCODERS):
        name, seed, _ = first.relative_to(AUTOENCODERS).parts
        return Job(stage, inputs, outputs, due, words, autoencoder=name, seed=int(seed))
    if first.parts[0] == "results":
        return Job(stage, inputs, outputs, due, words, cell=first.parts[1], seed=int(first.parts[2]))
    roles = [role for role in get_args(Role) if extractor(role) == first]
    return Job(stage, inputs, outputs, due, words, role=roles[0] if roles else None)


def forgotten() -> set[Path]:
    """The outputs of which Snakemake does not remember how they were made, as after a clone.

    It judges them by their times alone, and an edit of params.yaml goes unnoticed.
    """
    table = csv.DictReader(snakemake("--summary").splitlines(), delimiter="\t", quoting=csv.QUOTE_NONE)
    return {Path(row["output_file"]) for row in table if row["log-file(s)"] == "-"}


def with_downstream(every: Iterable[Job], names: Collection[str]) -> set[str]:
    """The stages of these names, and all that read their files, directly or not.

    Args:
        every: in an order in which they can run, as `jobs` gives them.
    """
    touched: set[str] = set()
    files: set[Path] = set()
    for job in every:
        if job.stage_name in names or not files.isdisjoint(job.inputs):
            touched.add(job.stage_name)
            files.update(job.outputs)
    return touched
