"""A step of training and a sample are computed on their device alone, be it a GPU.

On torch's device `meta`, tensors have a shape and nothing in it. Whoever reads a number from one, or mixes it
with a tensor of the CPU, is told so: on a GPU the first would wait for it in every step, the second would fail.
"""

import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from gen100.cells import Cell
from gen100.config import OwnExtractor, Params
from gen100.families.interfaces import GenerativeModel
from gen100.families.registry import FAMILIES
from gen100.metrics.network import FeatureNetwork
from gen100.metrics.perceptual import PerceptualNetwork
from gen100.sampling import Streams
from gen100.training.average import Average
from gen100.training.curve import Means
from gen100.training.feed import Feed, load_split
from gen100.training.phase import Trainable
from gen100.training.stepper import Stepper

META = torch.device("meta")
IMAGES, BATCH_SIZE = 64, 16
CELLS = (
    "vae-elbo-128",
    "vae-mi-128",
    "vae-wae-128",
    "dalle-cross_entropy-128",
    "dalle-mse-128",
    "dalle-perceptual-128",
    "stylegan2-wasserstein-128",
    "stylegan2-hinge-128",
    "stylegan2-lsgan-128",
    "stable_diffusion-mse-128",
    "stable_diffusion-mae-128",
    "stable_diffusion-huber-128",
)


@pytest.fixture(autouse=True)
def fused_optimizers_on_any_device(monkeypatch: pytest.MonkeyPatch) -> None:
    """torch's fused step knows `meta`, but its optimizers refuse parameters that lie there."""
    module = sys.modules["torch.optim.adam"]  # torch.optim.adam itself is a function
    monkeypatch.setattr(module, "_device_dtype_check_for_fused", lambda _parameter: None)


@pytest.fixture(autouse=True)
def autocast_of_any_device(monkeypatch: pytest.MonkeyPatch) -> None:
    """torch knows no autocast on `meta`; models only ever turn it off there."""
    real = torch.autocast

    def autocast(device_type: str, *settings: Any, **named: Any) -> AbstractContextManager[Any]:
        return nullcontext() if device_type == "meta" else real(device_type, *settings, **named)

    monkeypatch.setattr(torch, "autocast", autocast)


@pytest.fixture
def params(demo_params: dict[str, Any]) -> Params:
    """The demo's, with guidance, which Stable Diffusion draws by other steps."""
    return Params.model_validate(demo_params | {"sampling": demo_params["sampling"] | {"guidance": 2.0}})


def classifier(params: Params) -> FeatureNetwork:
    settings = params.metrics.extractor
    assert isinstance(settings, OwnExtractor)
    return FeatureNetwork(settings.network)


def networks(cell: Cell, params: Params) -> Iterator[Trainable]:
    """All that a cell trains; what is frozen for the next is trained by then."""
    family, settings = FAMILIES[cell.family], params.settings(cell)
    captions, first = torch.randint(1, 9, (100, 5)), None
    if cell.autoencoder:
        features = PerceptualNetwork(classifier(params)) if cell.loss in family.perceptual else None
        first = family.build_autoencoder(cell, settings, features)
        yield first
    yield family.build_model(cell, settings, captions, first)


def step(network: Trainable) -> Average:
    """One step of the training loop on `meta`, in which every phase is due; returns the averaged network."""
    network.to(META)
    images, labels = np.zeros((IMAGES, 3, 32, 32), np.uint8), np.arange(IMAGES)
    split = load_split(network, images, labels, META, flip=True)
    feed = Feed(split, images=IMAGES, batch_size=BATCH_SIZE, seed=0, flip=True)
    network.calibrate(split.rows[:IMAGES])
    network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    phases = network.phases()
    stepper, average = Stepper(network, phases), Average(network, phases, IMAGES)
    network.train()
    loss = stepper.step(feed.batch(0), 0, 0, Means(), BATCH_SIZE)
    average.update(BATCH_SIZE, BATCH_SIZE)
    assert loss.device == META
    return average


@pytest.mark.parametrize("name", CELLS)
def test_a_cell_trains_and_draws_on_the_device(name: str, params: Params) -> None:
    averages = [step(network) for network in networks(Cell.parse(name), params)]
    model = averages[-1].network
    assert isinstance(model, GenerativeModel)
    with torch.no_grad():
        images = model.sample(torch.arange(8, device=META), Streams(0, 0, 8, META), params.sampling)
    assert (images.device, images.shape) == (META, (8, 3, 32, 32))


def test_a_feature_network_trains_on_the_device(params: Params) -> None:
    step(classifier(params))


@pytest.mark.parametrize("slip", ["a constant of the CPU", "a number read from the device"])
def test_a_slip_is_noticed(slip: str, params: Params, monkeypatch: pytest.MonkeyPatch) -> None:
    real = nn.Conv2d.forward

    def forward(layer: nn.Conv2d, x: torch.Tensor) -> torch.Tensor:
        out = real(layer, x)
        if slip == "a constant of the CPU":
            return out + torch.ones(out.shape[-1])
        return out * float(out.detach().mean())

    monkeypatch.setattr(nn.Conv2d, "forward", forward)
    cell = Cell.parse("vae-elbo-128")
    with pytest.raises((RuntimeError, NotImplementedError), match=r"meta|Meta"):
        step(next(networks(cell, params)))
