"""What does Snakemake add to the jobs, and does planning grow faster than the number of runs?

    python benchmarks/dag.py [SEEDS]...

First it runs the grid of 24 runs with every stage replaced by `touch`, so that nearly all of the time is
Snakemake's. The same commands in a shell loop are the baseline; the time of planning, `snakemake -n`, is
subtracted from what Snakemake adds per job. Then it times `gen100 dvc`, `snakemake -n` and `gen100 forecast`
for each number of seeds (1, 10 and 100): seconds, processor seconds and peak memory of the process and its
children; and the processor time per run and per additional run, with the ratio to the previous grid.
"""

import os
import shlex
import subprocess
import sys
import time
from contextlib import chdir
from itertools import pairwise
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory, TemporaryFile
from typing import NamedTuple

import yaml

from gen100.cli import every_stage
from gen100.config import load_params
from gen100.engines.stages import Stage

ROOT = Path(__file__).resolve().parents[1]
SEEDS = (1, 10, 100)
REPEATS = 3
TOUCH = """#!/bin/sh
exec xargs touch < "$(dirname "$0")/outputs/$1${2:+-$2}${3:+-$3}"
"""
"""Replaces the command gen100: touches the outputs of a stage, which a file next to it lists."""


class Cost(NamedTuple):
    """Seconds, processor seconds and peak bytes of a process and its children."""

    seconds: float
    processor: float
    memory: int


def run(command: list[str], folder: Path) -> Cost:
    """Run a command; if it fails, so does the benchmark (SystemExit)."""
    with TemporaryFile("w+") as output:
        begin = time.perf_counter()
        process = subprocess.Popen(command, cwd=folder, stdout=output, stderr=subprocess.STDOUT)
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - begin
        if os.waitstatus_to_exitcode(status):
            output.seek(0)
            raise SystemExit(f"{shlex.join(command)} failed:\n{output.read()[-2000:]}")
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


def touching_python(folder: Path, every: list[Stage]) -> str:
    """A link to the running Python, next to a gen100 that only touches, which is the one that rules call."""
    outputs = folder / "outputs"
    outputs.mkdir(parents=True)
    for stage in every:
        (outputs / stage.name).write_text("".join(f"{output.path}\n" for output in stage.outputs))
    stand_in = folder / "gen100"
    stand_in.write_text(TOUCH)
    stand_in.chmod(0o755)
    (folder / "python").symlink_to(sys.executable)
    return str(folder / "python")


def overhead(folder: Path) -> dict[str, str]:
    """Medians of Snakemake's time for the grid of one seed, and of a shell loop over the same commands."""
    runs = write_workspace(folder / "first", 1)
    with chdir(folder / "first"):
        every = every_stage(load_params())
    files = [output.path for stage in every for output in stage.outputs]
    python = touching_python(folder / "bin", every)
    script = folder / "loop.sh"
    script.write_text("".join(f"sh -c '{folder}/bin/{stage.command}'\n" for stage in every))
    costs: dict[str, list[float]] = {"shell loop, s": [], "`snakemake -n`, s": [], "`snakemake --cores 1`, s": []}
    for turn in range(REPEATS):
        looped, workspace = folder / f"looped{turn}", folder / f"touched{turn}"
        write_workspace(workspace, 1)
        for file in files:
            (looped / file).parent.mkdir(parents=True, exist_ok=True)
        commands = (
            ["sh", "-e", str(script)],
            *(snakemake(workspace, argument, python=python) for argument in ("-n", "--cores=1")),
        )
        for taken, command, cwd in zip(costs.values(), commands, (looped, ROOT, ROOT), strict=True):
            taken.append(run(command, cwd).seconds)
        assert all((made / file).exists() for made in (looped, workspace) for file in files)
    loop, planned, whole = map(median, costs.values())
    return {
        "runs": str(runs),
        "jobs": str(len(every)),
        **{title: f"{median(taken):.1f}" for title, taken in costs.items()},
        "added per job, ms": f"{1000 * (whole - planned - loop) / len(every):.0f}",
        "Snakemake / shell loop": f"{whole / loop:.1f}",
    }


def growth(folder: Path, seeds: tuple[int, ...]) -> list[dict[str, str]]:
    """One row per command and number of seeds. Growth is in processor time, which other load hardly changes."""
    rows = []
    known: dict[str, list[tuple[int, float]]] = {}
    gen100 = [sys.executable, "-m", "gen100"]
    for count in seeds:
        workspace = folder / str(count)
        runs = write_workspace(workspace, count)
        for title, command, cwd in (
            ("`gen100 dvc`", [*gen100, "dvc"], workspace),
            ("`snakemake -n`", snakemake(workspace, "-n"), ROOT),
            ("`gen100 forecast`", [*gen100, "forecast"], workspace),
        ):
            cost = run(command, cwd)
            points = known.setdefault(title, [])
            points.append((runs, cost.processor))
            each = [seconds / number for number, seconds in points]
            more = [(b[1] - a[1]) / (b[0] - a[0]) for a, b in pairwise(points)]
            row = {"command": title, "runs": f"{runs:,}", "s": f"{cost.seconds:.1f}"}
            row |= {"processor s": f"{cost.processor:.1f}", "peak MiB": f"{cost.memory / 2**20:,.0f}"}
            for what, values in (("run", each), ("additional run", more)):
                row[f"processor ms per {what}"] = f"{1000 * values[-1]:.1f}" if values else ""
                row[f"per {what}, ratio to previous grid"] = (
                    f"{values[-1] / values[-2]:.2f}" if len(values) > 1 else ""
                )
            rows.append(row)
            print(" | ".join(row.values()), flush=True)
    return rows


def main(seeds: tuple[int, ...]) -> None:
    os.environ["PYTHONPATH"] = os.pathsep.join(
        filter(None, [str(ROOT / "src"), *(path for path in sys.path if path.endswith("site-packages"))])
    )
    with TemporaryDirectory(prefix="gen100-dag-") as folder:
        whole, grown = overhead(Path(folder)), growth(Path(folder), seeds)
    # Not above: it imports torch, and a process starts with the peak memory of the one that starts it.
    from timing import machine, table

    print(f"\n{machine()}\n\n{table([whole])}\n\n{table(grown)}")


if __name__ == "__main__":
    main(tuple(map(int, sys.argv[1:])) or SEEDS)
