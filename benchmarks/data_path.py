"""How fast do batches come? gen100's feed against torchvision's CIFAR100 in a DataLoader with two workers.

    python benchmarks/data_path.py [--repeats 5]

Both give batches of 50,000 images in random order, half of them mirrored, as floats in [-1, 1] on the device,
with their labels. The dataset is torchvision's class with its own `__getitem__` (an array to a PIL image, then
the transforms); only its arrays are set instead of unpickled. The loader's workers start before the clock does,
and have the processor to themselves, which training on a CPU would not leave them. The images are noise, which
takes as long as any other.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Annotated

import numpy as np
import torch
import typer
from subjects import ROOT, Subject, stand_in
from timing import compare, machine, median, speedup, table
from torch.utils.data import DataLoader
from torchvision.datasets import CIFAR100
from torchvision.transforms import Compose, Normalize, RandomHorizontalFlip, ToTensor

from gen100.cells import Cell
from gen100.config import load_params
from gen100.data.arrays import Cifar100
from gen100.device import device, fastest
from gen100.training.feed import Feed, load_split
from gen100.training.randomness import reseed

IMAGES = 50_000
BATCHES = (128, 2048)
WORKERS = 2
TARGET = 20


class Held(CIFAR100):
    """torchvision's dataset on arrays that are already in memory."""

    def __init__(self, images: np.ndarray, labels: np.ndarray) -> None:
        self.data = np.ascontiguousarray(images.transpose(0, 2, 3, 1))
        self.targets = labels.tolist()
        half = (0.5, 0.5, 0.5)
        self.transform = Compose([RandomHorizontalFlip(), ToTensor(), Normalize(half, half)])
        self.target_transform = None


def noise() -> Cifar100:
    rng = np.random.default_rng(0)
    images = rng.integers(0, 256, (IMAGES, 3, 32, 32), dtype=np.uint8)
    return replace(stand_in(100, 100), train_images=images, train_labels=np.arange(IMAGES) % 100)


def torchvision_epoch(data: Cifar100, batch_size: int) -> Callable[[], None]:
    """An epoch of torchvision's loader."""
    loader = DataLoader(
        Held(data.train_images, data.train_labels),
        batch_size,
        shuffle=True,
        num_workers=WORKERS,
        persistent_workers=True,
        pin_memory=torch.cuda.is_available(),
    )

    def epoch() -> None:
        for images, labels in loader:
            images.to(fastest(), memory_format=torch.channels_last, non_blocking=True)
            labels.to(fastest(), non_blocking=True)

    return epoch


def gen100_epoch(data: Cifar100, batch_size: int) -> Callable[[], None]:
    """An epoch of gen100's feed, seeded at every step as the training loop does."""
    network = Subject(Cell.parse("vae-elbo-128"), load_params(ROOT / "trial/params.yaml")).build(data)
    split = load_split(network, data.train_images, data.train_labels, fastest(), flip=True)
    feed = Feed(split, images=10 * IMAGES, batch_size=batch_size, seed=0, flip=True)
    steps = -(-IMAGES // batch_size)
    begin = 0

    def epoch() -> None:
        nonlocal begin
        for step in range(begin, begin + steps):
            reseed(0, "step", step)
            feed.batch(step)
        begin = (begin + steps) % (9 * steps)

    return epoch


def main(repeats: Annotated[int, typer.Option(help="Turns.")] = 5) -> None:
    rows = []
    with device():
        data = noise()
        for batch_size in BATCHES:
            feeds = {"torchvision": torchvision_epoch(data, batch_size), "gen100": gen100_epoch(data, batch_size)}
            seconds = compare(feeds, repeats)
            ratio, low, high = speedup(seconds["torchvision"], seconds["gen100"])
            rates = [f"{-(-IMAGES // batch_size) / median(seconds[name]):,.1f}" for name in feeds]
            rows.append([str(batch_size), *rates, f"{ratio:.1f}", f"{low:.1f} to {high:.1f}", str(TARGET)])
            print(*rows[-1], flush=True)
    print(f"\n{machine()}; {repeats} turns of {IMAGES:,} images\n")
    head = [
        "batch",
        "torchvision, batches/s",
        "gen100, batches/s",
        "times as fast",
        "quartiles",
        "target, at least",
    ]
    print(table(head, rows))


if __name__ == "__main__":
    typer.run(main)
