"""Weights of feature networks at rest: safetensors with a header that says what they are.

Downloaded weights are pickles: they are read once, without running any code in them, and stored in the
same way as the project's own, so that nothing is unpickled afterwards.
"""

import pickle
from pathlib import Path
from typing import Annotated, Literal

import torch
from pydantic import Field, TypeAdapter, ValidationError
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor

from gen100 import config
from gen100.errors import UserError
from gen100.metrics.network import FeatureNetwork
from gen100.weights import read_header as read_plain_header
from gen100.weights import save_weights

WAY_OUT = "delete it and run stage extractor again"

OWN, INCEPTION, VGG, DINOV2 = "cifar100-network", "inception-v3-compat", "vgg16", "dinov2"
"""The kinds of networks."""

Weights = dict[str, Tensor]


class OwnHeader(config.Settings):
    """Of the project's own network. `accuracy` is the share of test images that it classifies correctly."""

    kind: Literal["cifar100-network"] = "cifar100-network"
    settings: config.FeatureNetworkSettings
    seed: int
    accuracy: float
    synthetic: bool


class OtherHeader(config.Settings):
    """Of a network that was downloaded."""

    kind: Literal["inception-v3-compat", "vgg16", "dinov2"]


Header = OwnHeader | OtherHeader
HEADER: TypeAdapter[Header] = TypeAdapter(Annotated[Header, Field(discriminator="kind")])


def _damaged(path: Path) -> UserError:
    return UserError(f"{path} is damaged, or no feature network of this version: {WAY_OUT}")


def write_weights(path: Path, state: Weights, header: Header) -> None:
    """Store weights with what they are."""
    save_weights(path, state, header.model_dump(mode="json"))


def read_header(path: Path) -> Header:
    """What a file of weights holds.

    Raises:
        UserError: the file is missing, damaged or none of this project's.
    """
    try:
        return HEADER.validate_python(read_plain_header(path, "extractor"))
    except ValidationError:
        raise _damaged(path) from None


def read_weights(path: Path, kind: str) -> Weights:
    """Read the weights of one kind of network.

    Raises:
        UserError: the file is missing, damaged, of another kind, or holds a number that is not finite.
    """
    if (found := read_header(path).kind) != kind:
        raise UserError(f"{path} holds weights of {found}, not of {kind}: {WAY_OUT}")
    try:
        weights = load_file(path)
    except SafetensorError:
        raise _damaged(path) from None
    if not all(bool(tensor.isfinite().all()) for tensor in weights.values()):
        raise UserError(f"{path} holds a weight that is not a finite number: {WAY_OUT}")
    return weights


def save_network(path: Path, network: FeatureNetwork, *, seed: int, accuracy: float, synthetic: bool) -> None:
    """Store the project's own network.

    Args:
        seed: of its training.
        accuracy: share of test images that it classifies correctly, in [0, 1].
        synthetic: whether it was trained on the synthetic stand-in.
    """
    header = OwnHeader(settings=network.settings, seed=seed, accuracy=accuracy, synthetic=synthetic)
    write_weights(path, network.state_dict(), header)


def load_network(path: Path) -> FeatureNetwork:
    """The project's own network as stored, frozen and in evaluation mode.

    Raises:
        UserError: as `read_weights`.
    """
    weights, header = read_weights(path, OWN), read_header(path)
    assert isinstance(header, OwnHeader)
    try:
        network = FeatureNetwork(header.settings, classes=len(weights["classify.bias"]))
        network.load_state_dict(weights)
    except (KeyError, RuntimeError):
        raise _damaged(path) from None
    return network.requires_grad_(False).eval()


def unpickle(path: Path) -> Weights:
    """A state dict from a .pth file, without running code in it.

    Raises:
        UserError: the file is damaged, holds code, or something else than a state dict of tensors.
    """
    try:
        weights = torch.load(path, map_location="cpu", weights_only=True)
    except FileNotFoundError:
        raise UserError(f"{path} is missing: run stage extractor") from None
    except (pickle.UnpicklingError, RuntimeError, EOFError, ValueError, KeyError):
        raise UserError(f"{path} is damaged or holds code, not weights alone: correct its source") from None
    if not isinstance(weights, dict) or not all(isinstance(value, Tensor) for value in weights.values()):
        raise UserError(f"{path} is not a state dict of tensors: correct its source")
    return weights
