"""Small trainings on real images, by the program's own loop, and how far the samples are from real images."""

import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, cast

import numpy as np
import torch
from torch import Tensor

from gen100.cells import Cell
from gen100.config import FeatureNetworkSettings as FeatureSettings
from gen100.config import Models, Sampling, load_params
from gen100.data.arrays import Cifar100
from gen100.data.captions import caption_tokens
from gen100.families.interfaces import Autoencoder, GenerativeModel
from gen100.families.registry import FAMILIES
from gen100.metrics.features import Images
from gen100.metrics.network import FeatureNetwork
from gen100.metrics.weights import load_network, save_network
from gen100.sampling import draw
from gen100.settings import Training
from gen100.training.feed import to_float, to_uint8
from gen100.training.loop import Run, Trained, train
from gen100.training.phase import Trainable
from gen100.training.randomness import reseed
from support.processes import ROOT

CPU = torch.device("cpu")
View = Callable[[Images], Tensor]
"""Images as points whose distances count."""
CLASSIFIER: dict[str, Any] = {
    "channels": [16, 32, 64, 128],
    "batch_size": 64,
    "training": {
        "images": 30000,
        "optimizer": {"lr": 3.0e-3, "betas": [0.9, 0.99], "weight_decay": 0.02, "warmup_images": 4000},
        "ema_images": 1500,
        "records": 1,
    },
}


def schedule(
    images: int, lr: float, betas: tuple[float, float] = (0.9, 0.99), average: int | None = None
) -> dict[str, Any]:
    """A training without mirror images, validated at its end alone.

    Args:
        average: half-life of the averaged weights, in images; a twentieth of the training where none is given.
    """
    return {
        "images": images,
        "optimizer": {"lr": lr, "betas": betas, "warmup_images": images // 20},
        "flip": False,
        "ema_images": average or images // 20,
        "records": 1,
    }


def scaled(changes: dict[str, Any], factor: float) -> dict[str, Any]:
    """The same with `factor` times as many images in each training."""
    found = {key: scaled(value, factor) if isinstance(value, dict) else value for key, value in changes.items()}
    return found | {key: round(value * factor) for key, value in changes.items() if key == "images"}


def settings(model: str, changes: dict[str, Any]) -> Models:
    """The trial's settings, some of one model's replaced."""
    found = load_params(ROOT / "trial/params.yaml").models.model_dump()
    found[model] = _merged(found[model], changes)
    return Models.model_validate(found)


def _merged(old: dict[str, Any], new: dict[str, Any]) -> dict[str, Any]:
    both = {key: _merged(old[key], new[key]) for key in old.keys() & new if isinstance(new[key], dict)}
    return old | new | both


def choose(data: Cifar100, train: np.ndarray, test: np.ndarray) -> Cifar100:
    """The data set with those of its images alone whose places are given."""
    places = {"train": train, "test": test}
    names = [f"{split}_{kind}" for split in places for kind in ("images", "labels", "coarse")]
    return replace(data, **{name: getattr(data, name)[places[name.split("_")[0]]] for name in names})


@dataclass(frozen=True)
class Fitted:
    """A trained model: with the weights of its last step, and with their average."""

    last: GenerativeModel
    averaged: GenerativeModel


@contextmanager
def _one_thread() -> Iterator[None]:
    """The result does not depend on the number of cores, and test processes do not hinder each other."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def _train(network: Trainable, data: Cifar100, seed: int, batch_size: int, training: Training) -> Trained:
    with _one_thread(), tempfile.TemporaryDirectory() as folder:
        return train(network, data, Run("test", seed, batch_size, training, "test", Path(folder)), CPU)


def first_stage(cell: Cell, models: Models, data: Cifar100, batch_size: int, seed: int = 0) -> Autoencoder | None:
    """The cell's autoencoder, trained; none for models without."""
    if cell.autoencoder is None:
        return None
    reseed(seed, "weights")
    family_settings = getattr(models, cell.family)
    network = FAMILIES[cell.family].build_autoencoder(cell, family_settings, None)
    trained = _train(network, data, seed, batch_size, family_settings.first_stage.training).network
    return cast(Autoencoder, trained)


def again(autoencoder: Autoencoder, images: Images) -> Images:
    """Images through an autoencoder and back."""
    with torch.no_grad():
        parts = [autoencoder.reconstruct(to_float(part)) for part in torch.from_numpy(images).split(500)]
    return to_uint8(torch.cat(parts)).numpy()


def build(
    cell: Cell, models: Models, data: Cifar100, autoencoder: Autoencoder | None, seed: int = 0
) -> GenerativeModel:
    """The model on top of its autoencoder, not yet trained."""
    reseed(seed, "weights")
    captions = torch.from_numpy(caption_tokens(data.fine_names))
    family_settings = getattr(models, cell.family)
    return FAMILIES[cell.family].build_model(cell, family_settings, captions, deepcopy(autoencoder))


def fit(
    cell: Cell, models: Models, data: Cifar100, batch_size: int, autoencoder: Autoencoder | None, seed: int = 0
) -> Fitted:
    """Train the model on top of its autoencoder."""
    model = build(cell, models, data, autoencoder, seed)
    training = getattr(models, cell.family).training
    averaged = _train(model, data, seed, batch_size, training).network
    return Fitted(model, cast(GenerativeModel, averaged))


def train_features(data: Cifar100, file: Path) -> None:
    """Train a small classifier for half a minute and store it; its last map measures distances."""
    reseed(1000, "weights")
    network = FeatureNetwork(FeatureSettings.model_validate(CLASSIFIER))
    few = choose(data, np.arange(len(data.train_labels)), np.arange(2000))
    trained = _train(network, few, 1000, network.settings.batch_size, network.settings.training)
    accuracy = trained.curve[-1]["val_accuracy"]
    save_network(file, cast(FeatureNetwork, trained.network), seed=1000, accuracy=accuracy, synthetic=False)


def samples(model: GenerativeModel, count: int, guidance: float = 1.0) -> Images:
    sampling = Sampling(images=count, steps=10, guidance=guidance, temperature=1.0, top_k=0)
    return draw(model, sampling, 0, CPU, batch_size=100)


def outputs(network: FeatureNetwork, images: Images) -> tuple[Tensor, Tensor]:
    """Features (N x 128) and logits (N x 100) of a classifier, float32."""
    with torch.no_grad():
        parts = [network(to_float(part)) for part in torch.from_numpy(images).split(500)]
    features, logits = zip(*parts, strict=True)
    return torch.cat(features), torch.cat(logits)


def pooled(file: Path) -> View:
    """The features by the classifier that `train_features` stored: N x 128, float32."""
    network = load_network(file)
    return lambda images: outputs(network, images)[0]


def pixels(images: Images) -> Tensor:
    """N x 3,072, float32, so scaled that the distance of two images is their pixels' RMS distance in [0, 2]."""
    flat = to_float(torch.from_numpy(images)).flatten(1)
    return flat / flat.shape[1] ** 0.5
