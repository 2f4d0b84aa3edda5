"""What the key-value cache is worth: DALL-E's tokens drawn with it against the whole sequence anew for each token.

    python benchmarks/sampling_tokens.py [--repeats 3]

At the sizes of trial/ and of params.yaml; the weights are at random, which takes as long. Both must draw the same
tokens, or the benchmark fails.
"""

from collections.abc import Callable
from typing import Annotated

import torch
import typer
from subjects import ROOT, Subject, stand_in
from timing import compare, machine, median, speedup, table
from torch import Tensor, nn

from gen100.cells import Cell
from gen100.config import Sampling, load_params
from gen100.data.arrays import Cifar100
from gen100.device import device, fastest
from gen100.families.dalle.discrete_vae import TOKENS
from gen100.families.dalle.model import Dalle, draw
from gen100.families.interfaces import Noise
from gen100.sampling import Streams, sample_labels

IMAGES = {"trial/params.yaml": 64, "params.yaml": 2}
"""How many are drawn at a time: at the second size a processor needs seconds for one."""

SPREAD = 2.0
"""Of the logits, which are 0 in a network that is not trained: other tokens before it must change the next one."""


def build(params: str, data: Cifar100) -> Dalle:
    model = Subject(Cell.parse("dalle-mse-128"), load_params(ROOT / params)).build(data)
    assert isinstance(model, Dalle)
    nn.init.normal_(model.code_head.weight, std=SPREAD / model.code_head.in_features**0.5)
    return model.to(fastest()).eval()


@torch.no_grad()
def cached(model: Dalle, labels: Tensor, noise: Noise, sampling: Sampling) -> Tensor:
    return model.sample_tokens(labels, noise, sampling)


@torch.no_grad()
def anew(model: Dalle, labels: Tensor, noise: Noise, sampling: Sampling) -> Tensor:
    """The same tokens, each from the whole sequence before it."""
    uniform = noise.uniform(TOKENS)
    captions = model.captions[labels]
    tokens = labels.new_empty(len(labels), 0)
    for position in range(TOKENS):
        logits = model.code_head(model.hidden(captions, tokens)[:, -1])
        drawn = draw(logits, uniform[:, position], sampling.temperature, sampling.top_k)
        tokens = torch.cat([tokens, drawn[:, None]], dim=1)
    return tokens


def measured(params: str, data: Cifar100, repeats: int) -> list[str]:
    """The row of one size."""
    model, settings, count = build(params, data), load_params(ROOT / params), IMAGES[params]
    labels = torch.from_numpy(sample_labels(count)).to(fastest())
    drawn: dict[str, Tensor] = {}

    def keep(name: str, way: Callable[[Dalle, Tensor, Noise, Sampling], Tensor]) -> None:
        drawn[name] = way(model, labels, Streams(0, 0, count, fastest()), settings.sampling)

    ways = {"anew": lambda: keep("anew", anew), "cached": lambda: keep("cached", cached)}
    seconds = compare(ways, repeats)
    assert torch.equal(drawn["anew"], drawn["cached"]), "the cache changes what is drawn"
    ratio, low, high = speedup(seconds["anew"], seconds["cached"])
    network = settings.models.dalle.network
    rates = [f"{count / median(seconds[name]):,.2f}" for name in ways]
    size = f"{params}: {network.depth} layers of {network.width}"
    return [size, str(count), *rates, f"{ratio:.1f}", f"{low:.1f} to {high:.1f}"]


def main(repeats: Annotated[int, typer.Option(help="Turns.")] = 3) -> None:
    with device():
        data = stand_in(100, 100)
        rows = [measured(params, data, repeats) for params in IMAGES]
    print(f"\n{machine()}; {repeats} turns; the same tokens\n")
    head = ["transformer", "images at a time", "anew, images/s", "cached, images/s", "times as fast", "quartiles"]
    print(table(head, rows))


if __name__ == "__main__":
    typer.run(main)
