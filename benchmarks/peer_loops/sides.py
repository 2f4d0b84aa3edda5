"""What both sides of a comparison are, and gen100's own side."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, TypeVar

import torch
import yaml
from PIL import Image
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from gen100.cells import Cell
from gen100.config import Params, Synthetic, Training
from gen100.data import arrays
from gen100.data.arrays import Cifar100
from gen100.data.captions import caption, caption_tokens
from gen100.data.synthetic import write_archive
from gen100.families.registry import build_autoencoder, build_model
from gen100.training.average import Average
from gen100.training.curve import Means
from gen100.training.feed import Feed, load_split
from gen100.training.loop import _Stepper
from gen100.training.phase import Trainable
from gen100.training.randomness import reseed

ROOT = Path(__file__).resolve().parents[2]
IMAGES = 2000
CPU = torch.device("cpu")
Item = TypeVar("Item")


@dataclass(frozen=True)
class Side:
    """One implementation, ready to train.

    Attributes:
        name: of the network or loop, for the table.
        trained: the weights that are optimized.
        forward: one pass of a batch through every network of the training.
        train: optimizer steps on as many images as the other side's.
    """

    name: str
    trained: list[nn.Parameter]
    forward: Callable[[], object]
    train: Callable[[], None]

    def size(self) -> float:
        """Millions of trained weights."""
        return sum(parameter.numel() for parameter in self.trained) / 1e6

    def flops(self, batch: int) -> float:
        """GFLOP of an image's pass forward."""
        with FlopCounterMode(display=False) as counter:
            self.forward()
        return counter.get_total_flops() / batch / 1e9


@dataclass(frozen=True)
class Pair:
    """gen100 and a peer, each training a like network on `steps` batches of `batch` images a call."""

    title: str
    batch: int
    steps: int
    ours: Side
    theirs: Side


@dataclass(frozen=True)
class Pictures:
    """The synthetic stand-in as gen100 holds it, and as a folder of PNGs with a caption beside each.

    Every class has a folder of its own.
    """

    data: Cifar100
    folder: Path

    def floats(self, count: int) -> torch.Tensor:
        """The first images, in [0, 1]."""
        return torch.from_numpy(self.data.train_images[:count]).float() / 255


def draw_pictures(folder: Path) -> Pictures:
    """Draw the stand-in and write it in both ways."""
    write_archive(folder / "archive.tar.gz", Synthetic(train=IMAGES, test=100))
    arrays.prepare(folder / "archive.tar.gz", folder / "arrays.npz", "synthetic", (IMAGES, 100))
    data = arrays.load(folder / "arrays.npz")
    for place, (image, label) in enumerate(zip(data.train_images, data.train_labels, strict=True)):
        name = data.fine_names[label]
        file = folder / "png" / name / f"{place}.png"
        file.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(image.transpose(1, 2, 0)).save(file)
        file.with_suffix(".txt").write_text(caption(name))
    return Pictures(data, folder / "png")


def again(items: Iterable[Item]) -> Iterator[Item]:
    """The items of one pass after another, without end."""
    while True:
        yield from items


def ours(cell: str, changes: dict[str, Any], pictures: Pictures, batch: int, steps: int, stage: str = "") -> Side:
    """gen100's training of a cell, or of its autoencoder.

    Args:
        changes: to the model's settings in the repository's params.yaml.
        stage: "autoencoder" for the first stage.
    """
    params = yaml.safe_load((ROOT / "params.yaml").read_text())
    parsed = Cell.parse(cell)
    _merge(params["models"][parsed.family], changes)
    models = Params.model_validate(params).models
    reseed(0, "weights")
    network: Trainable | None = build_autoencoder(parsed, models, None) if parsed.autoencoder else None
    settings = getattr(models, parsed.family)
    if stage:
        assert network is not None
        return _side(network, settings.autoencoder.training, pictures.data, batch, steps)
    captions = torch.from_numpy(caption_tokens(pictures.data.fine_names))
    model = build_model(parsed, models, captions, network)
    return _side(model, settings.training, pictures.data, batch, steps)


def _merge(settings: dict[str, Any], changes: dict[str, Any]) -> None:
    for key, value in changes.items():
        if isinstance(value, dict):
            _merge(settings[key], value)
        else:
            settings[key] = value


def _side(network: Trainable, training: Training, data: Cifar100, batch: int, steps: int) -> Side:
    """The steps of `gen100.training.loop.train`, without what comes between them: records and checkpoints."""
    split = load_split(network, data.train_images, data.train_labels, CPU, training.flip)
    network.calibrate(split.rows)
    network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    phases = network.phases()
    stepper, average = _Stepper(network, phases), Average(network, phases, training.ema_images)
    feed = Feed(split, images=training.images, batch_size=batch, seed=0, flip=training.flip)
    means = Means()
    done = 0

    def train() -> None:
        nonlocal done
        for _ in range(steps):
            reseed(0, "step", done)
            network.train()
            weight = feed.seen(done + 1) - feed.seen(done)
            stepper.step(feed.batch(done), done, feed.seen(done), means, weight)
            done += 1
            average.update(feed.seen(done), weight)

    trained = {id(parameter): parameter for phase in phases for parameter in phase.parameters}
    return Side("gen100", list(trained.values()), lambda: phases[0].loss(feed.batch(0)), train)


TEMPORARY = TemporaryDirectory(prefix="gen100-peers-")
"""For what peers insist on writing; removed at the end."""
