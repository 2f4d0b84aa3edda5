"""Timing of alternatives in turns within one process, so that other load on the machine falls on all of them."""

import platform
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from statistics import quantiles

import torch

from gen100.version import commit


def compare(candidates: Mapping[str, Callable[[], object]], repeats: int) -> dict[str, list[float]]:
    """Seconds of `repeats` calls of each candidate, in turns: A B A B ...

    Each is called once untimed first. On a GPU a call lasts until its work there is done. A candidate that has
    something to prepare times itself, and returns its seconds, a float.
    """
    for run in candidates.values():
        _seconds(run)
    taken: dict[str, list[float]] = {name: [] for name in candidates}
    for _ in range(repeats):
        for name, run in candidates.items():
            taken[name].append(_seconds(run))
    return taken


def speedup(baseline: Sequence[float], candidate: Sequence[float], digits: int) -> dict[str, str]:
    """How many times as fast as the baseline the candidate is: median over the turns, and quartiles, as columns.

    The two calls of a turn follow each other, so load that comes and goes cancels.
    """
    ratios = [slow / fast for slow, fast in zip(baseline, candidate, strict=True)]
    low, middle, high = quantiles(ratios, n=4, method="inclusive") if len(ratios) > 1 else ratios * 3
    return {"times as fast": f"{middle:.{digits}f}", "quartiles": f"{low:.{digits}f} to {high:.{digits}f}"}


def machine() -> str:
    """One line: processor or GPU, threads, versions, date and commit."""
    where = torch.cuda.get_device_name() if torch.cuda.is_available() else _processor()
    return (
        f"{where}, {torch.get_num_threads()} threads, torch {torch.__version__},"
        f" Python {platform.python_version()}, {datetime.now(UTC):%Y-%m-%d}, commit {commit()}"
    )


def table(rows: Sequence[Mapping[str, str]]) -> str:
    """A table in Markdown of rows with the same columns."""
    lines = [list(rows[0]), ["---"] * len(rows[0]), *(row.values() for row in rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def now() -> float:
    """The time in seconds, once the GPU has finished all that was asked of it."""
    if torch.cuda.is_available():
        torch.cuda.synchronize()
    return time.perf_counter()


def _seconds(run: Callable[[], object]) -> float:
    begin = now()
    own = run()
    return own if isinstance(own, float) else now() - begin


def _processor() -> str:
    """The processor's name, which Python does not know on Linux."""
    file = Path("/proc/cpuinfo")
    lines = file.read_text(encoding="utf-8").splitlines() if file.exists() else []
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(names, platform.processor() or platform.machine())
