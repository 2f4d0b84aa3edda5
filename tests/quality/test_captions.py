"""Samples show the class that their caption names, images of it that no training image is needed for.

Ten classes that look different, 500 images each, and a training of a quarter of a minute. What the trial's own
budgets do on all 100 classes is in its results.csv, as class accuracy.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from gen100.cells import Cell
from gen100.data.arrays import Cifar100, sample_labels
from gen100.metrics.features import Images
from gen100.metrics.weights import load_network
from support.quality import choose, first_stage, fit, outputs, samples, schedule, settings

CLASSES = (
    "chimpanzee",
    "cockroach",
    "orange",
    "plain",
    "poppy",
    "sea",
    "skyscraper",
    "sunflower",
    "tiger",
    "wardrobe",
)
BATCH_SIZE = 32
SAMPLES = 1000


@dataclass(frozen=True)
class Case:
    """A small cell, its settings, and the classifier-free guidance of its samples."""

    cell: str
    changes: dict[str, Any]
    guidance: float = 1.0


CASES = {
    "dalle": Case(
        "dalle-mse-128",
        {
            "autoencoder": {
                "network": {"channels": [8, 16, 32], "blocks": 1},
                "training": schedule(6000, 5.0e-3),
            },
            "network": {"width": 64, "depth": 2, "heads": 4},
            "training": schedule(8000, 4.0e-3, (0.9, 0.96)),
        },
    ),
    "stable_diffusion": Case(
        "stable_diffusion-mse-128",
        {
            "autoencoder": {
                "network": {"channels": [8, 16, 32], "blocks": 1},
                "training": schedule(6000, 5.0e-3),
            },
            "network": {"channels": [32], "blocks": 1, "heads": 2, "text_width": 32, "text_depth": 1},
            "training": schedule(8000, 2.0e-3),
        },
        guidance=4.0,
    ),
}

Accuracy = Callable[[Images, np.ndarray], float]


@pytest.fixture(scope="module")
def ten(cifar100: Cifar100) -> Cifar100:
    """The data set with ten of its classes alone; these keep their numbers."""
    labels = [cifar100.fine_names.index(name) for name in CLASSES]
    train, test = (np.isin(each, labels) for each in (cifar100.train_labels, cifar100.test_labels))
    return choose(cifar100, np.flatnonzero(train), np.flatnonzero(test))


@pytest.fixture(scope="module")
def accuracy(feature_file: Path, ten: Cifar100) -> Accuracy:
    """The share of images that the classifier takes for their class, of these ten."""
    network = load_network(feature_file)
    present = np.unique(ten.train_labels)

    def share(images: Images, labels: np.ndarray) -> float:
        _, logits = outputs(network, images)
        return float((present[logits[:, present].argmax(1).numpy()] == labels).mean())

    return share


def test_real_images_are_known_and_noise_is_not(accuracy: Accuracy, ten: Cifar100) -> None:
    assert accuracy(ten.test_images, ten.test_labels) > 0.6
    noise = np.random.default_rng(0).integers(0, 256, ten.test_images.shape, dtype=np.uint8)
    assert accuracy(noise, ten.test_labels) < 0.15


@pytest.mark.parametrize("name", CASES)
def test_samples_show_what_their_captions_name(name: str, accuracy: Accuracy, ten: Cifar100) -> None:
    case = CASES[name]
    cell = Cell.parse(case.cell)
    models = settings(cell.family, case.changes)
    autoencoder = first_stage(cell, models, ten, BATCH_SIZE)
    model = fit(cell, models, ten, BATCH_SIZE, autoencoder).averaged
    labels = sample_labels(SAMPLES)
    taught = np.isin(labels, ten.train_labels)
    found = accuracy(samples(model, SAMPLES, case.guidance)[taught], labels[taught])
    assert found > 0.3, found  # by chance 0.1, with a standard error of 0.03
