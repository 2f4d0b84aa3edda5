"""How fast do batches come? gen100's feed against torchvision's CIFAR100 in a DataLoader with two workers.

    python benchmarks/data_path.py [--repeats 5]

Both give batches of 50,000 images in random order, half of them mirrored, as floats in [-1, 1] on the device,
with their labels. The dataset is torchvision's class with its own `__getitem__` (an array to a PIL image, then
the transforms); only its arrays are set instead of unpickled. The loader's workers start before the clock does,
and have the processor to themselves, which training on a CPU would not leave them. The images are noise, which
takes as long as any other.
"""

from functools import partial
from itertools import count
from statistics import median
from typing import Annotated

import numpy as np
import torch
import typer
from subjects import ROOT, Subject, stand_in
from timing import compare, machine, speedup, table
from torch.utils.data import DataLoader
from torchvision.datasets import CIFAR100
from torchvision.transforms import Compose, Normalize, RandomHorizontalFlip, ToTensor

from gen100.cells import Cell
from gen100.config import load_params
from gen100.device import device, fastest
from gen100.training.feed import Feed, load_split
from gen100.training.randomness import reseed

IMAGES = 50_000
BATCHES = (128, 2048)
TARGET = 20


class Held(CIFAR100):
    """torchvision's dataset on arrays that are already in memory."""

    def __init__(self, images: np.ndarray, labels: np.ndarray) -> None:
        self.data = np.ascontiguousarray(images.transpose(0, 2, 3, 1))
        self.targets = labels.tolist()
        half = (0.5, 0.5, 0.5)
        self.transform = Compose([RandomHorizontalFlip(), ToTensor(), Normalize(half, half)])
        self.target_transform = None


def torchvision_epoch(loader: DataLoader) -> None:
    for images, labels in loader:
        images.to(fastest(), memory_format=torch.channels_last, non_blocking=True)
        labels.to(fastest(), non_blocking=True)


def gen100_epoch(feed: Feed, numbers: count, steps: int) -> None:
    """Seeded at every step as the training loop does."""
    begin = next(numbers) % 9 * steps
    for step in range(begin, begin + steps):
        reseed(0, "step", step)
        feed.batch(step)


def main(repeats: Annotated[int, typer.Option(help="Turns.")] = 5) -> None:
    rows = []
    images = np.random.default_rng(0).integers(0, 256, (IMAGES, 3, 32, 32), dtype=np.uint8)
    labels = np.arange(IMAGES) % 100
    with device():
        network = Subject(Cell.parse("vae-elbo-128"), load_params(ROOT / "trial/params.yaml")).build(
            stand_in(100, 100)
        )
        split = load_split(network, images, labels, fastest(), flip=True)
        for size in BATCHES:
            workers = {"num_workers": 2, "persistent_workers": True, "pin_memory": torch.cuda.is_available()}
            loader = DataLoader(Held(images, labels), size, shuffle=True, **workers)
            feed, steps = Feed(split, images=10 * IMAGES, batch_size=size, seed=0, flip=True), -(-IMAGES // size)
            feeds = {
                "torchvision, batches/s": partial(torchvision_epoch, loader),
                "gen100, batches/s": partial(gen100_epoch, feed, count(), steps),
            }
            seconds = compare(feeds, repeats)
            rates = {name: f"{steps / median(taken):,.1f}" for name, taken in seconds.items()}
            ratio = speedup(*seconds.values(), digits=1)
            rows.append({"batch": str(size)} | rates | ratio | {"target, at least": str(TARGET)})
            print(*rows[-1].values(), flush=True)
    print(f"\n{machine()}; {repeats} turns of {IMAGES:,} images\n\n{table(rows)}")


if __name__ == "__main__":
    typer.run(main)
