"""How fast are samples drawn, and what do the key-value cache and the solver of few steps save?

    python benchmarks/sampling.py [--params trial/params.yaml] [--images 64] [--repeats 3]

Draws images from one cell of each family by `gen100.sampling.draw`, with random weights, on which the time does
not depend. Two families have a slower way to compare with: DALL-E without its key-value cache (the whole
sequence for each token), and Stable Diffusion with 50 solver steps instead of the file's.
"""

import copy
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Annotated

import torch
import typer
from subjects import CELLS, ROOT, Subject, stand_in
from timing import compare, machine, median, speedup, table
from torch import Tensor, nn

from gen100.cells import Cell
from gen100.config import Sampling, load_params
from gen100.device import device, fastest
from gen100.families.dalle.discrete_vae import TOKENS
from gen100.families.dalle.model import Dalle
from gen100.families.dalle.model import draw as draw_token
from gen100.families.interfaces import GenerativeModel, Noise
from gen100.families.stable_diffusion.model import StableDiffusion
from gen100.sampling import draw

STEPS = 50
"""Solver steps that Stable Diffusion's few are compared with."""

SPREAD = 2.0
"""Standard deviation of DALL-E's logits, which are all 0 at first."""


def uncached_tokens(model: Dalle, labels: Tensor, noise: Noise, sampling: Sampling) -> Tensor:
    """The same tokens as `Dalle.sample_tokens`, each computed from the whole sequence before it."""
    uniform = noise.uniform(TOKENS)
    captions = model.captions[labels]
    tokens = labels.new_empty(len(labels), 0)
    for position in range(TOKENS):
        logits = model.code_head(model.hidden(captions, tokens)[:, -1])
        drawn = draw_token(logits, uniform[:, position], sampling.temperature, sampling.top_k)
        tokens = torch.cat([tokens, drawn[:, None]], dim=1)
    return tokens


def ways(model: GenerativeModel, sampling: Sampling) -> dict[str, Callable[[], None]]:
    """Ways to draw from a model; each is compared with the first."""

    def drawing(model: GenerativeModel, sampling: Sampling = sampling) -> Callable[[], None]:
        def turn() -> None:
            draw(model, sampling, 0, fastest(), sampling.images)

        return turn

    if isinstance(model, Dalle):
        nn.init.normal_(model.code_head.weight, std=SPREAD / model.code_head.in_features**0.5)
        slow = copy.deepcopy(model)
        slow.sample_tokens = partial(uncached_tokens, slow)  # type: ignore[method-assign]
        return {"without cache": drawing(slow), "with cache": drawing(model)}
    if isinstance(model, StableDiffusion):
        many = sampling.model_copy(update={"steps": STEPS})
        return {f"{STEPS} steps": drawing(model, many), f"{sampling.steps} steps": drawing(model)}
    return {"": drawing(model)}


def main(
    params: Annotated[Path, typer.Option(help="Sizes of networks, and sampling.")] = ROOT / "trial/params.yaml",
    images: Annotated[int, typer.Option(help="Images per turn, drawn at a time.")] = 64,
    repeats: Annotated[int, typer.Option(help="Turns.")] = 3,
    cells: Annotated[str, typer.Option(help="Separated by commas.")] = ",".join(CELLS),
) -> None:
    rows = []
    settings = load_params(params)
    sampling = settings.sampling.model_copy(update={"images": images})
    with device():
        data = stand_in(100, 100)
        for cell in cells.split(","):
            model = Subject(Cell.parse(cell), settings).build(data)
            assert isinstance(model, GenerativeModel)
            seconds = compare(ways(model, sampling), repeats)
            first = next(iter(seconds))
            for name, taken in seconds.items():
                ratio, low, high = speedup(seconds[first], taken)
                rate, spread = images / median(taken), f"{low:.2f} to {high:.2f}"
                rows.append([cell, name, f"{rate:,.2f}", f"{ratio:.2f}", spread])
                print(*rows[-1], flush=True)
    print(f"\n{machine()}; {params}, {images} images at a time, {repeats} turns\n")
    print(table(["cell", "way", "images/s", "times as fast", "quartiles"], rows))


if __name__ == "__main__":
    typer.run(main)
