"""Averaged weights validate better than those of the last step; more training never makes samples much worse."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from gen100.cells import Cell
from gen100.data.arrays import Cifar100
from gen100.families.interfaces import GenerativeModel
from gen100.metrics.features import Images
from gen100.metrics.frechet import Gaussian, distance
from gen100.training.curve import Means
from gen100.training.feed import in_order, load_split
from gen100.training.phase import Trainable
from gen100.training.randomness import reseed
from support.quality import (
    CPU,
    Fitted,
    View,
    again,
    build,
    choose,
    first_stage,
    fit,
    pooled,
    samples,
    scaled,
    schedule,
    settings,
)

REAL = 4000
HELD_OUT = 1000
SAMPLES = 500


@dataclass(frozen=True)
class Case:
    """A small cell, and its settings at the smallest budget."""

    cell: str
    batch_size: int
    changes: dict[str, Any]


CASES = {
    "vae": Case(
        "vae-elbo-32",
        16,
        {
            "network": {"channels": [4, 8, 32], "blocks": 1},
            "training": schedule(1500, 5.0e-3, average=300),
        },
    ),
    "dalle": Case(
        "dalle-mse-64",
        8,
        {
            "autoencoder": {
                "network": {"channels": [4, 8, 32], "blocks": 1},
                "training": schedule(1500, 6.0e-3, average=150),
            },
            "network": {"width": 32, "depth": 2, "heads": 4},
            "training": schedule(800, 8.0e-3, (0.9, 0.96), average=200),
        },
    ),
    "stylegan2": Case(
        "stylegan2-hinge-64",
        16,
        {
            "network": {"channels": [4, 8, 16, 32], "mapping_layers": 2},
            "training": schedule(800, 4.0e-3, (0.0, 0.99), average=400),
            "discriminator_lr": 4.0e-3,
        },
    ),
    "stable_diffusion": Case(
        "stable_diffusion-mse-128",
        16,
        {
            "autoencoder": {
                "network": {"channels": [8, 16, 32], "blocks": 1},
                "training": schedule(4000, 5.0e-3, average=200),
            },
            "network": {"channels": [32], "blocks": 1, "heads": 2, "text_width": 32, "text_depth": 1},
            "training": schedule(800, 1.0e-3, average=400),
        },
    ),
}
LIKELIHOOD = ["vae", "dalle", "stable_diffusion"]


@pytest.fixture(scope="module")
def data(cifar100: Cifar100) -> Cifar100:
    return choose(cifar100, np.arange(REAL), np.arange(HELD_OUT))


@dataclass(frozen=True)
class Ladder:
    """A case's model before its training, and after 1, 2 and 4 times the budget, on top of one autoencoder.

    Attributes:
        aim: the training images, as the autoencoder gives them back: what the model can reach at best.
    """

    before: GenerativeModel
    after: list[Fitted]
    aim: Images


Ladders = Callable[[str], Ladder]
Distance = Callable[[GenerativeModel], float]


@pytest.fixture(scope="module")
def ladders(data: Cifar100) -> Ladders:
    @cache
    def train(name: str) -> Ladder:
        case = CASES[name]
        cell = Cell.parse(case.cell)
        models = [settings(cell.family, scaled(case.changes, factor)) for factor in (1, 2, 4)]
        first = first_stage(cell, settings(cell.family, case.changes), data, case.batch_size)
        after = [fit(cell, each, data, case.batch_size, first) for each in models]
        aim = data.train_images if first is None else again(first, data.train_images)
        return Ladder(build(cell, models[0], data, first), after, aim)

    return train


@pytest.fixture(scope="module")
def view(feature_file: Path) -> View:
    return pooled(feature_file)


def distances(models: list[GenerativeModel], aim: Images, view: View) -> list[float]:
    """The Fréchet distance of each model's samples to the images that it aims at."""
    target = Gaussian.fit(view(aim))
    return [distance(Gaussian.fit(view(samples(model, SAMPLES))), target) for model in models]


def validation(network: Trainable, data: Cifar100) -> float:
    """The validation loss as the loop computes it, the same noise for every network."""
    split = load_split(network, data.test_images, data.test_labels, CPU, flip=False)
    means = Means()
    reseed(0, "validation")
    network.eval()
    with torch.no_grad():
        for batch in in_order(split, 100, progress=1.0):
            means.add("val", network.validate(batch), len(batch.labels))
    return means.take()["val_loss"]


@pytest.mark.parametrize("name", LIKELIHOOD)
def test_averaged_weights_validate_better(name: str, ladders: Ladders, data: Cifar100) -> None:
    fitted = ladders(name).after[-1]
    assert validation(fitted.averaged, data) < validation(fitted.last, data)


@pytest.mark.parametrize("name", CASES)
def test_more_training_is_not_much_worse(name: str, ladders: Ladders, view: View) -> None:
    ladder = ladders(name)
    models = [ladder.before, *(fitted.averaged for fitted in ladder.after)]
    before, once, twice, four_times = distances(models, ladder.aim, view)
    assert twice < 1.1 * once
    assert four_times < 1.1 * twice
    assert four_times < 0.7 * before
