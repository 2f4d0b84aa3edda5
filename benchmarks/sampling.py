"""How fast are samples drawn?

    python benchmarks/sampling.py [--params trial/params.yaml] [--images 64] [--repeats 3]

Draws images from one cell of each family by `gen100.sampling.draw`, with random weights, on which the time does
not depend.
"""

from functools import partial
from pathlib import Path
from statistics import median
from typing import Annotated

import typer
from subjects import CELLS, ROOT, Subject, stand_in
from timing import compare, machine, table

from gen100.cells import Cell
from gen100.config import load_params
from gen100.device import device, fastest
from gen100.families.interfaces import GenerativeModel
from gen100.sampling import draw


def main(
    params: Annotated[Path, typer.Option(help="Sizes of networks, and sampling.")] = ROOT / "trial/params.yaml",
    images: Annotated[int, typer.Option(help="Images per turn, drawn at a time.")] = 64,
    repeats: Annotated[int, typer.Option(help="Turns.")] = 3,
    cells: Annotated[str, typer.Option(help="Separated by commas.")] = ",".join(CELLS),
) -> None:
    settings, data = load_params(params), stand_in(100, 100)
    sampling = settings.sampling.model_copy(update={"images": images})
    ways = {}
    with device():
        for cell in cells.split(","):
            model = Subject(Cell.parse(cell), settings).build(data)
            assert isinstance(model, GenerativeModel)
            ways[cell] = partial(draw, model, sampling, 0, fastest(), images)
        seconds = compare(ways, repeats)
    print(f"\n{machine()}; {params}, {images} images at a time, {repeats} turns\n")
    print(table([{"cell": cell, "images/s": f"{images / median(taken):,.2f}"} for cell, taken in seconds.items()]))


if __name__ == "__main__":
    typer.run(main)
