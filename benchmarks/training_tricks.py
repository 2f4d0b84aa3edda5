"""Ways to train faster that gen100 does not go, or does: each against the bare loop of training_loop.py.

    python benchmarks/training_tricks.py [--steps 4] [--repeats 3] [--cells vae-elbo-128,...]

At the sizes of trial/. Above 1 a way is faster than how gen100 trains: channels last, a fused optimizer, gradients
given up after each step, and on a CPU float32 without a compiler.
"""

from collections.abc import Callable
from functools import partial
from typing import Annotated

import typer
from loops import BareLoop, Variant
from subjects import CELLS, ROOT, stand_in, subjects
from timing import compare, machine, speedup, table

from gen100.config import load_params
from gen100.device import device


def ways(where: str) -> dict[str, Variant]:
    """By name; the first is how gen100 trains there."""
    half = where == "cuda"
    return {
        "as gen100": Variant(half),
        "float32" if half else "bfloat16 autocast": Variant(not half),
        "torch.compile": Variant(half, compiled=True),
        "channels first": Variant(half, channels_last=False),
        "optimizer not fused": Variant(half, fused=False),
        "gradients set to zero": Variant(half, keep_gradients=True),
    }


def main(
    steps: Annotated[int, typer.Option(help="Timed steps of a turn, at least.")] = 4,
    repeats: Annotated[int, typer.Option(help="Turns.")] = 3,
    cells: Annotated[str, typer.Option(help="Separated by commas.")] = ",".join(CELLS),
) -> None:
    rows = []
    with device() as where:
        data = stand_in(2000, 100)
        baseline, *others = ways(where.type)
        for subject in subjects(load_params(ROOT / "trial/params.yaml"), cells.split(",")):
            count = subject.whole(steps)
            loops = {name: BareLoop(subject, data, way) for name, way in ways(where.type).items()}
            turns: dict[str, Callable[[], float]] = {
                name: partial(loop.seconds, count) for name, loop in loops.items()
            }
            seconds = compare(turns, repeats)
            found = [speedup(seconds[baseline], seconds[name]) for name in others]
            rows.append([subject.name, *(f"{ratio:.2f} ({low:.2f} to {high:.2f})" for ratio, low, high in found)])
            print(*rows[-1], sep=" | ", flush=True)
    print(f"\n{machine()}; {repeats} turns; times as fast (quartiles)\n")
    print(table(["trained", *others], rows))


if __name__ == "__main__":
    typer.run(main)
