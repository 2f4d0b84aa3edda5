"""The networks that look at images: the workspace's own, without its weights, in training mode, and so on."""

import copy
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import torch
import torchvision
from torch import Tensor, nn
from torch_fidelity import FeatureExtractorInceptionV3
from torch_fidelity.interpolate_compat_tensorflow import interpolate_bilinear_2d_like_tensorflow1x

from gen100.metrics.extractors import Cifar100Extractor, load_extractor
from gen100.metrics.network import FeatureNetwork
from gen100.training.randomness import reseed

Kind = Literal[
    "trained",
    "training",  # left in training mode
    "untrained",
    "untrained training",
    "small",  # images not resized to Inception's 299 pixels
    "inception keras",  # Inception v3 without weights, initialised as Keras does
    "inception torchvision",  # and as torchvision does
]

SEED = 0
INCEPTION_SIZE = 299
SMALLEST = 75
"""Pixels: the least that Inception v3 takes."""


@dataclass(frozen=True)
class Classifier:
    """A network in two parts.

    Attributes:
        body: images in [-1, 1] to the last map, B x C x H x W.
        head: the map's means, B x C, to logits, B x classes.
        size: pixels to which images are resized, or None.
    """

    body: Callable[[Tensor], Tensor]
    head: Callable[[Tensor], Tensor]
    size: int | None = None

    def __call__(self, images: Tensor) -> tuple[Tensor, Tensor]:
        """The last map and the logits of images on the scale of bytes."""
        if self.size is not None:
            images = interpolate_bilinear_2d_like_tensorflow1x(
                images, size=(self.size, self.size), align_corners=False
            )
        middle = 127.5 if self.size is None else 128
        last = self.body((images - middle) / middle)
        return last, self.head(last.mean(dim=(2, 3)))


def _own(network: FeatureNetwork) -> Classifier:
    return Classifier(lambda images: network.features(images)[-1], network.classify)


def _inception(network: nn.Module, behind: int, size: int = INCEPTION_SIZE) -> Classifier:
    """Both libraries' Inception lists its layers in their order; `behind` of them stand behind the last map."""
    body = nn.Sequential(*list(network.children())[:-behind]).to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    weight = network.get_parameter("fc.weight")
    return Classifier(body, lambda means: means @ weight.T, size)  # logits without bias, as IS is defined on


def _glorot(module: nn.Module) -> None:
    if isinstance(module, nn.Conv2d | nn.Linear):
        nn.init.xavier_uniform_(module.weight)


def untrained_inception(kind: Kind) -> nn.Module:
    """torchvision's Inception v3 without weights, as it is initialised there or as Keras does."""
    reseed(SEED, kind)
    network = torchvision.models.inception_v3(weights=None, aux_logits=False, init_weights=True)
    return network.apply(_glorot) if kind == "inception keras" else network


class Networks:
    """Every kind of network for one file of weights.

    Raises:
        UserError: the file is missing, damaged, or holds a network that does not measure.
    """

    def __init__(self, extractor_file: Path) -> None:
        found = load_extractor(extractor_file)
        self._trained: nn.Module = found.network if isinstance(found, Cifar100Extractor) else found

    @property
    def inception(self) -> bool:
        """Whether the workspace measures with Inception v3, so that its distances are the literature's FID."""
        return isinstance(self._trained, FeatureExtractorInceptionV3)

    def has(self, kind: Kind) -> bool:
        """Whether there is this kind: of images that are not resized only with Inception, which resizes."""
        return kind.startswith(("trained", "training", "inception", "small" if self.inception else "untrained"))

    def build(self, kind: Kind, where: torch.device) -> Classifier:
        """The network on a device, the same each time."""
        if kind.startswith("inception"):
            return _inception(untrained_inception(kind).eval().to(where), behind=3)
        network = copy.deepcopy(self._trained)
        if kind.startswith("untrained") and isinstance(network, FeatureNetwork):
            reseed(SEED, kind)
            network = FeatureNetwork(network.settings, classes=network.classify.out_features)
        network.train(kind.endswith("training")).to(where)
        if isinstance(network, FeatureNetwork):
            return _own(network)
        return _inception(network, behind=2, size=SMALLEST if kind == "small" else INCEPTION_SIZE)
