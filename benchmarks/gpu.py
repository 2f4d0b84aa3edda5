"""How well a GPU is used, by each network that the study trains, and how long the whole grid takes on it.

    python benchmarks/gpu.py variants [--cells vae-elbo-128,...] [--out FOLDER]
    python benchmarks/gpu.py grid [--out FOLDER]

`variants` trains each network for some steps in several ways, by the bare loop of training_loop.py, and writes
gpu_variants.csv: images/s; FLOP/s, and their share of what a plain matrix product and the step's own heaviest
operation reach alone; peak memory; the share of time in which the GPU idles; and images/s of several processes on
one GPU. `grid` trains every cell by gen100's own loop and draws samples, and writes gpu_grid.csv: seconds at full
budget, without validations and measures.

Networks and batches are those of params.yaml; `--tiny` takes demo/'s and a few steps: on a CPU, a rehearsal.
"""

import gc
import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import pandas as pd
import torch
import typer
from loops import BareLoop, Variant, of_gen100
from subjects import ROOT, Subject, stand_in, subjects
from timing import compare, machine, median
from together import rate
from utilization import busy_seconds, flops_of_a_step, heaviest, matmul_peak

from gen100.cells import Cell
from gen100.config import Params, load_params
from gen100.data.arrays import Cifar100
from gen100.device import fastest, peak_memory, set_deterministic
from gen100.families.interfaces import GenerativeModel
from gen100.sampling import draw
from gen100.stages.measurement import BATCH_CPU, BATCH_GPU

Row = dict[str, Any]
PROCESSES = (2, 4)
STEPS, TINY_STEPS = 16, 2
TURNS = 3


@dataclass(frozen=True)
class Way:
    """One way to train.

    Attributes:
        deterministic: in torch's mode of that name, as gen100 trains on a GPU.
        fill: in that mode torch fills new memory unless told not to, as gen100 does.
    """

    variant: Variant
    deterministic: bool = True
    fill: bool = False


GEN100 = "bfloat16 (gen100)"
WAYS = {
    "float32, convolutions in TF32": Way(Variant(autocast=False)),
    GEN100: Way(Variant(autocast=True)),
    "bfloat16, channels first": Way(Variant(autocast=True, channels_last=False)),
    "bfloat16, memory filled": Way(Variant(autocast=True), fill=True),
    "bfloat16, not deterministic": Way(Variant(autocast=True), deterministic=False),
    "bfloat16, compiled": Way(Variant(autocast=True, compiled=True)),
    "bfloat16, compiled, not deterministic": Way(Variant(autocast=True, compiled=True), deterministic=False),
}


class Bench:
    """What one network is measured with: data, and the peaks of the device."""

    def __init__(self, data: Cifar100, steps: int, side: int) -> None:
        self.data, self.steps = data, steps
        self._peaks = {dtype: matmul_peak(dtype, side) for dtype in (torch.float32, torch.bfloat16)}

    def way(self, subject: Subject, way: Way) -> Row:
        """A row of one way to train; FLOPs are those of the same step without the compiler, which hides them."""
        _begin(way)
        loop = BareLoop(subject, self.data, way.variant)
        seconds = median(loop.seconds(self._steps(subject)) for _ in range(TURNS)) / self._steps(subject)
        row: Row = {"images_per_second": subject.batch_size / seconds, "peak_memory": peak_memory(fastest())}
        busy = busy_seconds(loop, self._steps(subject))
        row["idle_share"] = None if busy is None else 1 - busy / seconds
        del loop
        plain = BareLoop(subject, self.data, replace(way.variant, compiled=False))
        flops, (operation, alone) = flops_of_a_step(plain), heaviest(plain)
        peak = self._peaks[torch.bfloat16 if way.variant.autocast else torch.float32]
        row |= {"gflop_per_image": flops / subject.batch_size / 1e9, "tflop_per_second": flops / seconds / 1e12}
        row |= {"matmul_tflop_per_second": peak / 1e12, "share_of_matmul": flops / seconds / peak}
        row |= {"heaviest": operation, "heaviest_tflop_per_second": alone / 1e12}
        return row | {"share_of_heaviest": flops / seconds / alone}

    def together(self, subject: Subject, processes: int) -> Row:
        _begin(WAYS[GEN100])
        variant = Variant(autocast=True)
        return {"images_per_second": rate(subject, self.data, variant, processes, self._steps(subject))}

    def _steps(self, subject: Subject) -> int:
        return subject.whole(self.steps)


def _begin(way: Way) -> None:
    torch.compiler.reset()
    gc.collect()
    if torch.cuda.is_available():
        set_deterministic()
        torch.use_deterministic_algorithms(way.deterministic, warn_only=True)
        torch.utils.deterministic.fill_uninitialized_memory = way.fill  # type: ignore[attr-defined]
        torch.cuda.empty_cache()
        torch.cuda.reset_peak_memory_stats()


def _attempt(measure: Callable[[], Row]) -> Row:
    """The row, or what went wrong: one way that fails, for want of memory, say, leaves the others."""
    try:
        return measure()
    except Exception as error:
        return {"failed": f"{type(error).__name__}: {' '.join(str(error).split())[:200]}"}


def _start(tiny: bool) -> tuple[Params, Cifar100]:
    _begin(WAYS[GEN100])  # before the first product, which finds the peaks
    if not torch.cuda.is_available():
        print("no GPU here: a rehearsal on the CPU, whose numbers say nothing of a GPU", file=sys.stderr)
    return load_params(ROOT / ("demo/params.yaml" if tiny else "params.yaml")), stand_in(2000, 100)


def _write(rows: list[Row], out: Path, name: str) -> None:
    """Write what is known so far, so that a run that is cut off leaves it."""
    out.mkdir(parents=True, exist_ok=True)
    pd.DataFrame(rows).to_csv(out / name, index=False, float_format="%.6g")


def first_losses(params: Params) -> str:
    """A cell of each model and size: other losses take about as long."""
    found = {(cell.family, cell.latent): cell for cell in reversed([Cell.parse(text) for text in params.cells])}
    return ",".join(str(cell) for cell in reversed(found.values()))


app = typer.Typer()
Tiny = Annotated[bool, typer.Option("--tiny", help="demo/'s networks and a few steps.")]
Cells = Annotated[str, typer.Option(help="Separated by commas.")]
Out = Annotated[Path, typer.Option(help="The folder of the CSV.")]


@app.command()
def variants(tiny: Tiny = False, cells: Cells = "", out: Out = ROOT / "benchmarks") -> None:
    """Each network in several ways."""
    params, data = _start(tiny)
    bench = Bench(data, steps=TINY_STEPS if tiny else STEPS, side=256 if tiny else 8192)
    rows: list[Row] = []
    for subject in subjects(params, (cells or first_losses(params)).split(",")):
        attempts = {name: partial(bench.way, subject, way) for name, way in WAYS.items()}
        for count in PROCESSES:
            attempts[f"bfloat16, {count} processes"] = partial(bench.together, subject, count)
        for name, attempt in attempts.items():
            rows.append({"trained": subject.name, "batch": subject.batch_size, "way": name, **_attempt(attempt)})
            print(rows[-1], flush=True)
            _write(rows, out, "gpu_variants.csv")
    print(machine())


@app.command()
def grid(tiny: Tiny = False, cells: Cells = "", out: Out = ROOT / "benchmarks") -> None:
    """Seconds of every cell."""
    params, data = _start(tiny)
    rows: list[Row] = []
    for subject in subjects(params, cells.split(",") if cells else params.cells):
        steps = subject.whole(TINY_STEPS if tiny else STEPS)
        rows.append({"trained": subject.name, **_attempt(partial(_budget, subject, data, steps))})
        print(rows[-1], flush=True)
        _write(rows, out, "gpu_grid.csv")
    print(machine())
    seconds = [row.get("training_seconds", 0.0) + row.get("sampling_seconds", 0.0) for row in rows]
    failed = sum("failed" in row for row in rows)
    print(f"together {sum(seconds) / 3600:.1f} hours for one seed on one device; {failed} of {len(rows)} failed")


def _budget(subject: Subject, data: Cifar100, steps: int) -> Row:
    """Seconds for all images that params.yaml asks to train on and to draw."""
    trained = subject.batch_size * steps / of_gen100(subject, data, steps)
    row: Row = {"images_per_second": trained, "training_seconds": subject.training.images / trained}
    if subject.first_stage:
        return row
    drawn = _drawn_per_second(subject, data)
    return row | {"drawn_per_second": drawn, "sampling_seconds": subject.params.sampling.images / drawn}


def _drawn_per_second(subject: Subject, data: Cifar100) -> float:
    """Samples per second, in the batches that the stage `sample` draws."""
    model = subject.build(data)
    assert isinstance(model, GenerativeModel)
    where = fastest()
    count = BATCH_GPU if where.type == "cuda" else BATCH_CPU
    sampling = subject.params.sampling.model_copy(update={"images": count})

    def turn() -> None:
        draw(model, sampling, 0, where, count)

    return count / compare({"": turn}, 1)[""][0]


if __name__ == "__main__":
    app()
