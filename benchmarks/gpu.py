"""How well is a GPU used by each network that the study trains?

    python benchmarks/gpu.py [--cells vae-elbo-128,...] [--out FOLDER]
    python benchmarks/gpu.py --tiny           # a rehearsal, on a CPU too: demo/'s networks and a few steps

Trains each network of params.yaml for some steps in several ways, by the bare loop of training_loop.py, and
writes gpu_variants.csv: images/s; FLOP/s, and their share of what a plain matrix product reaches; the share of
time in which the GPU idles; and peak memory. What the whole study takes follows from the workspace gpu_study
(README.md).
"""

import gc
import sys
from dataclasses import replace
from pathlib import Path
from statistics import median
from typing import Annotated, Any

import pandas as pd
import torch
import typer
from loops import BareLoop, Variant, whole_cycles
from subjects import ROOT, Subject, stand_in, subjects
from timing import machine
from torch.profiler import ProfilerActivity, profile
from torch.utils.benchmark import Timer

from gen100.cells import Cell
from gen100.config import Params, load_params
from gen100.data.arrays import Cifar100
from gen100.device import fastest, peak_memory, set_deterministic

Row = dict[str, Any]
STEPS, TINY_STEPS = 16, 2
TURNS = 3

GEN100 = "bfloat16 (gen100)"
WAYS = {
    "float32, convolutions in TF32": Variant(),
    GEN100: Variant(autocast=True),
    "bfloat16, channels first": Variant(autocast=True, channels_last=False),
    "bfloat16, memory filled": Variant(autocast=True, fill=True),
    "bfloat16, not deterministic": Variant(autocast=True, deterministic=False),
    "bfloat16, compiled": Variant(autocast=True, compiled=True),
    "bfloat16, compiled, not deterministic": Variant(autocast=True, compiled=True, deterministic=False),
}


def measure(
    subject: Subject, data: Cifar100, way: Variant, least_steps: int, peaks: dict[torch.dtype, float]
) -> Row:
    """Train in one way. FLOPs are those of the same step uncompiled, since the compiler hides them.

    Args:
        peaks: FLOP/s of a matrix product in each precision.
    """
    prepare(way)
    steps = whole_cycles(subject, data, least_steps)
    loop = BareLoop(subject, data, way)
    seconds = median(loop.seconds(steps) for _ in range(TURNS)) / steps
    row: Row = {"images_per_second": subject.batch_size / seconds, "peak_memory": peak_memory(fastest())}
    busy = busy_seconds(loop, steps)
    row["idle_share"] = None if busy is None else 1 - busy / seconds
    del loop
    flops = BareLoop(subject, data, replace(way, compiled=False)).flops()
    peak = peaks[torch.bfloat16 if way.autocast else torch.float32]
    row |= {"gflop_per_image": flops / subject.batch_size / 1e9, "tflop_per_second": flops / seconds / 1e12}
    return row | {"matmul_tflop_per_second": peak / 1e12, "share_of_matmul": flops / seconds / peak}


def prepare(way: Variant) -> None:
    """Set torch's modes, and forget what an earlier way compiled and kept in memory."""
    torch.compiler.reset()
    gc.collect()
    if torch.cuda.is_available():
        set_deterministic()
        torch.use_deterministic_algorithms(way.deterministic, warn_only=True)
        torch.utils.deterministic.fill_uninitialized_memory = way.fill  # type: ignore[attr-defined]
        torch.cuda.empty_cache()
        torch.cuda.reset_peak_memory_stats()


def busy_seconds(loop: BareLoop, steps: int) -> float | None:
    """Seconds per step in which the device computes, by torch's profiler; None where it saw no kernels.

    On a CPU the time within torch's operations, of the calling thread.
    """
    cuda = fastest().type == "cuda"
    with profile(activities=[ProfilerActivity.CUDA if cuda else ProfilerActivity.CPU]) as found:
        for number in range(steps):
            loop.step(number)
        if cuda:
            torch.cuda.synchronize()
    events = found.key_averages()
    if cuda:  # kernels and copies, without the operations that started them
        kernels = [one for one in events if one.device_type.name == "CUDA" and not one.is_user_annotation]
        total = sum(one.self_device_time_total for one in kernels)
    else:
        total = sum(one.self_cpu_time_total for one in events)
    return float(total) / 1e6 / steps if total else None


@torch.no_grad()
def matmul_peak(dtype: torch.dtype, side: int) -> float:
    """FLOP/s of a square matrix product; in float32 in TF32, as convolutions on a GPU compute it."""
    first, second = (torch.randn(side, side, device=fastest(), dtype=dtype) for _ in range(2))
    before = torch.backends.cuda.matmul.allow_tf32
    torch.backends.cuda.matmul.allow_tf32 = True
    timer = Timer("first @ second", globals=locals(), num_threads=torch.get_num_threads())
    seconds = timer.blocked_autorange().median
    torch.backends.cuda.matmul.allow_tf32 = before
    return 2 * side**3 / seconds


def first_losses(params: Params) -> str:
    """One cell of each family and size: other losses take about as long."""
    found: dict[tuple[str, int], Cell] = {}
    for cell in map(Cell.parse, params.cells):
        found.setdefault((cell.family, cell.latent), cell)
    return ",".join(map(str, found.values()))


def main(
    tiny: Annotated[bool, typer.Option("--tiny", help="demo/'s networks and a few steps.")] = False,
    cells: Annotated[str, typer.Option(help="Separated by commas; one of each family and size if left out.")] = "",
    out: Annotated[Path, typer.Option(help="The folder of the CSV.")] = ROOT / "benchmarks",
) -> None:
    prepare(WAYS[GEN100])  # before the first product, which finds the peaks
    if not torch.cuda.is_available():
        print("no GPU here: a rehearsal on the CPU, whose numbers mean nothing for a GPU", file=sys.stderr)
    params = load_params(ROOT / ("demo/params.yaml" if tiny else "params.yaml"))
    data, steps = stand_in(2000, 100), TINY_STEPS if tiny else STEPS
    peaks = {dtype: matmul_peak(dtype, 256 if tiny else 8192) for dtype in (torch.float32, torch.bfloat16)}
    out.mkdir(parents=True, exist_ok=True)
    rows: list[Row] = []
    for subject in subjects(params, (cells or first_losses(params)).split(",")):
        for name, way in WAYS.items():
            try:
                found = measure(subject, data, way, steps, peaks)
            except Exception as error:  # a way that runs out of memory, say, leaves the others
                found = {"failed": f"{type(error).__name__}: {' '.join(str(error).split())[:200]}"}
            rows.append({"trained": subject.name, "batch": subject.batch_size, "way": name, **found})
            print(rows[-1], flush=True)
            # After every row: a run that is cut off leaves what it measured.
            pd.DataFrame(rows).to_csv(out / "gpu_variants.csv", index=False, float_format="%.6g")
    print(machine())


if __name__ == "__main__":
    typer.run(main)
