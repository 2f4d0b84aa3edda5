"""What the workflow costs beside its jobs, and how that grows with the number of runs.

    python benchmarks/dag.py [SEEDS]...

First the whole grid of 24 runs, with every stage replaced by `touch`, so that nearly all of the time is
Snakemake's; the same commands in a shell loop are the baseline. Then `gen100 plan`, `snakemake -n` and
`gen100 forecast` for the grid with each number of seeds (1, 10 and 100): seconds, processor seconds and peak
memory of the process and those it started, and each per run, against the grid before.
"""

import os
import shlex
import subprocess
import sys
import time
from contextlib import chdir
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import yaml

from gen100.config import load_params
from gen100.due import Job, jobs

ROOT = Path(__file__).resolve().parents[1]
SEEDS = (1, 10, 100)
WHOLE = ("all stages `touch` alone", "runs", "jobs", "s", "ms a job")
GROWN = (
    *("command", "runs", "s", "processor s", "peak MiB", "ms a run", "processor ms a run"),
    *("a run against the grid before", "the same, processor"),
)
TOUCH = """#!/bin/sh
exec xargs touch < "$(dirname "$0")/outputs/$1${2:+-$2}${3:+-$3}"
"""
"""Stands for the command gen100: makes the outputs of a stage, whose names lie beside it."""


@dataclass(frozen=True)
class Cost:
    """Of a process and those that it waited for."""

    seconds: float
    processor: float
    memory: int

    @staticmethod
    def of(command: list[str], folder: Path) -> "Cost":
        """Run a command; it must succeed."""
        with TemporaryDirectory() as place, open(Path(place) / "said", "w+") as said:  # noqa: PTH123
            begin = time.perf_counter()
            process = subprocess.Popen(command, cwd=folder, stdout=said, stderr=subprocess.STDOUT)
            _, status, usage = os.wait4(process.pid, 0)
            seconds = time.perf_counter() - begin
            if os.waitstatus_to_exitcode(status):
                said.seek(0)
                raise SystemExit(f"{shlex.join(command)} failed:\n{said.read()[-2000:]}")
        return Cost(seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * 1024)


def write_workspace(folder: Path, seeds: int) -> int:
    """The demo's parameters with seeds 0 to `seeds` - 1; returns the number of runs."""
    params = yaml.safe_load((ROOT / "demo/params.yaml").read_text()) | {"seeds": list(range(seeds))}
    folder.mkdir()
    (folder / "params.yaml").write_text(yaml.safe_dump(params))
    with chdir(folder):
        found = load_params()
    return len(found.cells) * len(found.seeds)


def snakemake(folder: Path, *arguments: str, python: str = sys.executable) -> list[str]:
    return [python, "-m", "snakemake", "--directory", str(folder), *arguments]


def touching_python(folder: Path, every: list[Job]) -> str:
    """The running Python in a folder of its own beside a gen100 that only touches: rules call that one."""
    outputs = folder / "outputs"
    outputs.mkdir(parents=True)
    for job in every:
        (outputs / "-".join(_arguments(job))).write_text("".join(f"{output}\n" for output in job.outputs))
    stand_in = folder / "gen100"
    stand_in.write_text(TOUCH)
    stand_in.chmod(0o755)
    (folder / "python").symlink_to(sys.executable)
    return str(folder / "python")


def overhead(folder: Path) -> list[list[str]]:
    """Snakemake's time for the grid of one seed, and that of a shell loop over the same commands."""
    runs, workspace, other = write_workspace(folder / "touched", 1), folder / "touched", folder / "looped"
    with chdir(workspace):
        every = jobs()
    python = touching_python(folder / "bin", every)
    for output in (output for job in every for output in job.outputs):
        (other / output).parent.mkdir(parents=True, exist_ok=True)
    script = folder / "loop.sh"
    script.write_text("".join(f"sh -c '{folder}/bin/gen100 {' '.join(_arguments(job))}'\n" for job in every))
    costs = {
        "shell loop": Cost.of(["sh", "-e", str(script)], other),
        "`snakemake -n`": Cost.of(snakemake(workspace, "-n", python=python), ROOT),
        "`snakemake --cores 1`": Cost.of(snakemake(workspace, "--cores", "1", python=python), ROOT),
    }
    for job in every:
        for output in job.outputs:
            assert (workspace / output).exists()
            assert (other / output).exists()
    count = len(every)
    return [
        [title, str(runs), str(count), f"{cost.seconds:.2f}", f"{1000 * cost.seconds / count:.0f}"]
        for title, cost in costs.items()
    ]


def _arguments(job: Job) -> list[str]:
    return [job.stage, *([job.cell, str(job.seed)] if job.cell else [job.role] if job.role else [])]


def growth(folder: Path, seeds: tuple[int, ...]) -> list[list[str]]:
    """A row for each command and number of seeds."""
    rows = []
    before: dict[str, tuple[int, Cost]] = {}
    for count in seeds:
        workspace = folder / str(count)
        runs = write_workspace(workspace, count)
        gen100 = [sys.executable, "-m", "gen100"]
        commands = {
            "`gen100 plan`": ([*gen100, "plan"], workspace),
            "`snakemake -n`": (snakemake(workspace, "-n"), ROOT),
            "`gen100 forecast`": ([*gen100, "forecast"], workspace),
        }
        for title, (command, place) in commands.items():
            cost = Cost.of(command, place)
            per_run = [f"{1000 * cost.seconds / runs:.1f}", f"{1000 * cost.processor / runs:.1f}"]
            growths = ["", ""]
            if title in before:
                fewer, last = before[title]
                growths = [
                    f"{(cost.seconds / runs) / (last.seconds / fewer):.2f}",
                    f"{(cost.processor / runs) / (last.processor / fewer):.2f}",
                ]
            before[title] = runs, cost
            memory = f"{cost.memory / 2**20:,.0f}"
            rows.append(
                [title, f"{runs:,}", f"{cost.seconds:.1f}", f"{cost.processor:.1f}", memory, *per_run, *growths]
            )
            print(" | ".join(rows[-1]), flush=True)
    return rows


def main(seeds: tuple[int, ...]) -> None:
    os.environ["PYTHONPATH"] = os.pathsep.join(
        filter(None, [str(ROOT / "src"), *(path for path in sys.path if path.endswith("site-packages"))])
    )
    with TemporaryDirectory(prefix="gen100-dag-") as folder:
        whole, grown = overhead(Path(folder)), growth(Path(folder), seeds)
    # Not above: it imports torch, and a process starts with the peak memory of the one that starts it.
    from timing import machine, table

    print(f"\n{machine()}\n\n{table(WHOLE, whole)}\n\n{table(GROWN, grown)}")


if __name__ == "__main__":
    main(tuple(map(int, sys.argv[1:])) or SEEDS)
