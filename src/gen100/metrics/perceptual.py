"""The perceptual loss's networks: the project's own, or VGG16 (Simonyan & Zisserman 2015; Johnson et al. 2016)."""

from itertools import islice
from pathlib import Path
from typing import Self

import torch
from torch import Tensor, nn
from torchvision.models import vgg16

from gen100.errors import UserError
from gen100.metrics.network import FeatureNetwork
from gen100.metrics.weights import OWN, VGG, WAY_OUT, Weights, check_fit, load_network, read_header, read_weights

ENDS = (3, 8, 15)
"""Places of relu1_2, relu2_2 and relu3_3 among VGG16's layers."""


def _layers() -> nn.Sequential:
    """VGG16 up to relu3_3, without storage: the classifier behind it alone would take half a gigabyte."""
    with torch.device("meta"):
        layers = vgg16(weights=None).features.children()
    return nn.Sequential(*islice(layers, ENDS[-1] + 1))


def vgg16_state() -> Weights:
    """The weights up to relu3_3 by torchvision's names, without storage."""
    return nn.ModuleDict({"features": _layers()}).state_dict()


class VggFeatures(nn.Module):
    """torchvision's VGG16 up to relu3_3; weights of other names or shapes are refused (RuntimeError)."""

    mean: Tensor
    std: Tensor

    def __init__(self, weights: Weights) -> None:
        super().__init__()
        self.layers = _layers()
        nn.ModuleDict({"features": self.layers}).load_state_dict(weights, assign=True)
        self.register_buffer("mean", torch.tensor([0.485, 0.456, 0.406])[:, None, None])
        self.register_buffer("std", torch.tensor([0.229, 0.224, 0.225])[:, None, None])

    def features(self, images: Tensor) -> list[Tensor]:
        """The maps relu1_2, relu2_2 and relu3_3: B x 64 x 32 x 32, B x 128 x 16 x 16 and B x 256 x 8 x 8.

        Args:
            images: B x 3 x 32 x 32, float, in [-1, 1].
        """
        x = ((images + 1) / 2 - self.mean) / self.std
        maps = []
        for place, layer in enumerate(self.layers):
            x = layer(x)
            if place in ENDS:
                maps.append(x)
        return maps


class PerceptualNetwork(nn.Module):
    """A frozen network that stays in evaluation mode, even inside a module that trains."""

    def __init__(self, network: FeatureNetwork | VggFeatures) -> None:
        super().__init__()
        self.network = network
        self.requires_grad_(False)
        super().train(False)

    def train(self, mode: bool = True) -> Self:  # noqa: ARG002
        return self

    def features(self, images: Tensor) -> list[Tensor]:
        """Maps B x C x H x W of images in [-1, 1], from fine to coarse; gradients reach the images."""
        return self.network.features(images)


def load_perceptual(path: Path) -> PerceptualNetwork:
    """The project's own network or VGG16, as the file says.

    Raises:
        UserError: the file is missing, damaged, or holds another network.
    """
    kind = read_header(path).kind
    if kind == OWN:
        return PerceptualNetwork(load_network(path))
    if kind == VGG:
        weights = read_weights(path)
        check_fit(path, weights, vgg16_state())
        return PerceptualNetwork(VggFeatures(weights))
    raise UserError(f"{path} holds {kind}, which cannot serve a perceptual loss: {WAY_OUT}")
