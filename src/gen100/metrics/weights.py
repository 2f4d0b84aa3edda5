"""Weights of feature networks at rest: safetensors with a header that says what they are.

Downloaded weights are pickles: they are read once, without running any code in them, and stored in the
same way as the project's own, so that nothing is unpickled afterwards.
"""

import pickle
from pathlib import Path
from typing import Annotated, Literal

import torch
from pydantic import Field, TypeAdapter, ValidationError
from torch import Tensor

from gen100 import config, weights
from gen100.errors import UserError
from gen100.memory import shortage
from gen100.metrics.network import FeatureNetwork

WAY_OUT = "delete it and run stage extractor again"

Downloaded = Literal["inception-v3-compat", "vgg16", "dinov2"]
OWN, INCEPTION, VGG, DINOV2 = "cifar100-network", "inception-v3-compat", "vgg16", "dinov2"
"""The kinds of networks: the project's own, and those that are downloaded."""

Weights = dict[str, Tensor]


class OwnHeader(config.Settings):
    """Of the project's own network.

    Attributes:
        seed: of its training.
        accuracy: share of test images that it classifies correctly, in [0, 1].
        synthetic: whether it was trained on the synthetic stand-in.
    """

    kind: Literal["cifar100-network"] = OWN
    settings: config.FeatureNetworkSettings
    seed: int
    accuracy: float
    synthetic: bool


class OtherHeader(config.Settings):
    """Of a network that was downloaded."""

    kind: Downloaded


Header = OwnHeader | OtherHeader
HEADER: TypeAdapter[Header] = TypeAdapter(Annotated[Header, Field(discriminator="kind")])


def _damaged(path: Path) -> UserError:
    return UserError(f"{path} is damaged, or no feature network of this version: {WAY_OUT}")


def write_weights(path: Path, state: Weights, header: Header) -> None:
    """Store weights with what they are."""
    weights.save_weights(path, state, header.model_dump(mode="json"))


def read_header(path: Path) -> Header:
    """What a file of weights holds.

    Raises:
        UserError: the file is missing, damaged or none of this project's.
    """
    try:
        return HEADER.validate_python(weights.read_header(path, "extractor"))
    except ValidationError:
        raise _damaged(path) from None


def read_weights(path: Path) -> Weights:
    """The weights of a network of any kind.

    Raises:
        UserError: the file is missing, damaged, or holds a number that is not finite.
    """
    return weights.read_weights(path, "extractor")


def check_fit(path: Path, state: Weights, own: Weights) -> None:
    """Refuse weights whose names, shapes or types are not those of a network's own.

    Raises:
        UserError: they are of another network.
    """
    weights.check_fit(path, state, own, "extractor")


def save_network(path: Path, network: FeatureNetwork, *, seed: int, accuracy: float, synthetic: bool) -> None:
    """Store the project's own network; the other arguments are those of its header."""
    header = OwnHeader(settings=network.settings, seed=seed, accuracy=accuracy, synthetic=synthetic)
    write_weights(path, network.state_dict(), header)


def load_network(path: Path) -> FeatureNetwork:
    """The project's own network as stored, frozen and in evaluation mode.

    Raises:
        UserError: the file is missing, damaged, of another kind, or holds a number that is not finite.
    """
    header = read_header(path)
    if not isinstance(header, OwnHeader):
        raise UserError(f"{path} holds weights of {header.kind}, not of {OWN}: {WAY_OUT}")
    state = read_weights(path)
    if "classify.bias" not in state:
        raise _damaged(path)
    network = FeatureNetwork(header.settings, classes=len(state["classify.bias"]))
    check_fit(path, state, network.state_dict())
    network.load_state_dict(state)
    return network.requires_grad_(False).eval()


def unpickle(path: Path) -> Weights:
    """A state dict from a .pth file, without running code in it.

    Raises:
        UserError: the file is damaged, holds code, or something else than a state dict of tensors.
    """
    try:
        found = torch.load(path, map_location="cpu", weights_only=True)
    except FileNotFoundError:
        raise UserError(f"{path} is missing: run stage extractor") from None
    except (pickle.UnpicklingError, RuntimeError, EOFError, ValueError, KeyError) as error:
        if shortage(error):
            raise
        raise UserError(f"{path} is damaged or holds code, not weights alone: correct its source") from None
    if not isinstance(found, dict) or not all(isinstance(value, Tensor) for value in found.values()):
        raise UserError(f"{path} is not a state dict of tensors: correct its source")
    return found
