"""What does the training loop cost? Its images per second against those of a bare loop.

    python benchmarks/training_loop.py [--params trial/params.yaml] [--steps 8] [--repeats 5]

Both train the same network from the same weights. The bare loop has forward, backward and torch's fused AdamW,
on batches that lie ready on the device. gen100's loop also draws batches from the arrays, mirrors them, seeds,
averages the weights, adds up losses and watches for values that are not finite. Whole steps are timed, after a
few untimed ones. Setup, validation and checkpoints, which happen a few times per run, are left out.
"""

from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Annotated

import typer
from loops import BareLoop, gen100_seconds, whole_cycles
from subjects import CELLS, ROOT, stand_in, subjects
from timing import compare, machine, speedup, table

from gen100.config import load_params
from gen100.device import device

TARGET = {"cpu": 0.97, "cuda": 0.95}


def main(
    params: Annotated[Path, typer.Option(help="Sizes of networks and batches.")] = ROOT / "trial/params.yaml",
    steps: Annotated[int, typer.Option(help="Timed steps per turn, at least.")] = 8,
    repeats: Annotated[int, typer.Option(help="Turns.")] = 5,
    cells: Annotated[str, typer.Option(help="Separated by commas.")] = ",".join(CELLS),
) -> None:
    rows = []
    with device() as where:
        data = stand_in(2000, 100)
        for subject in subjects(load_params(params), cells.split(",")):
            count = whole_cycles(subject, data, steps)
            loops: dict[str, Callable[[], float]] = {
                "bare loop, images/s": lambda subject=subject, count=count: BareLoop(subject, data).seconds(count),
                "gen100, images/s": lambda subject=subject, count=count: gen100_seconds(subject, data, count),
            }
            seconds = compare(loops, repeats)
            rates = {name: f"{subject.batch_size * count / median(taken):,.0f}" for name, taken in seconds.items()}
            ratio = speedup(*seconds.values(), digits=3)
            target = {"target, at least": f"{TARGET[where.type]:.2f}"}
            rows.append({"trained": subject.name} | rates | ratio | target)
            print(*rows[-1].values(), flush=True)
    print(f"\n{machine()}; {params}, at least {steps} steps per turn, {repeats} turns\n\n{table(rows)}")


if __name__ == "__main__":
    typer.run(main)
