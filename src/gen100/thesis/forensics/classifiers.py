"""The networks that see the images: the workspace's own, without its weights, in training mode, and so on."""

import copy
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import torch
import torchvision
from torch import Tensor, nn
from torch_fidelity import FeatureExtractorInceptionV3
from torch_fidelity.interpolate_compat_tensorflow import interpolate_bilinear_2d_like_tensorflow1x

from gen100.metrics.extractors import Cifar100Extractor, load_extractor
from gen100.metrics.network import FeatureNetwork
from gen100.thesis.forensics.mistakes import NetworkVariant
from gen100.training.randomness import reseed

SEED = 0
INCEPTION_SIZE = 299
SMALLEST_SIZE = 75
"""Pixels: the smallest input of Inception v3."""


@dataclass(frozen=True)
class SplitClassifier:
    """A classifier in two parts.

    Attributes:
        body: images in [-1, 1] to the last feature map, B x C x H x W.
        head: the map's means, B x C, to logits, B x classes.
        size: pixels to which images are resized, or None.
    """

    body: Callable[[Tensor], Tensor]
    head: Callable[[Tensor], Tensor]
    size: int | None = None

    def __call__(self, images: Tensor) -> tuple[Tensor, Tensor]:
        """The last map and the logits of images on the scale of bytes."""
        middle = 127.5
        if self.size is not None:
            size, middle = (self.size, self.size), 128
            images = interpolate_bilinear_2d_like_tensorflow1x(images, size=size, align_corners=False)
        last = self.body((images - middle) / middle)
        return last, self.head(last.mean(dim=(2, 3)))


def _inception(network: nn.Module, after_map: int, size: int = INCEPTION_SIZE) -> SplitClassifier:
    """Both libraries list the layers of Inception in order; `after_map` of them follow the last map."""
    body = nn.Sequential(*list(network.children())[:-after_map]).to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    weight = network.get_parameter("fc.weight")
    return SplitClassifier(body, lambda means: means @ weight.T, size)  # without bias, as IS is defined


def untrained_inception(variant: NetworkVariant) -> nn.Module:
    """torchvision's Inception v3 without trained weights, initialized as torchvision or as Keras does."""
    reseed(SEED, variant)
    network = torchvision.models.inception_v3(weights=None, aux_logits=False, init_weights=True)
    for module in network.modules():
        if variant == "inception keras" and isinstance(module, nn.Conv2d | nn.Linear):
            nn.init.xavier_uniform_(module.weight)
    return network


class ClassifierVariants:
    """Every variant of the network in one file of weights.

    Raises:
        UserError: the file is missing, damaged, or holds a network that does not measure.
    """

    def __init__(self, extractor_file: Path) -> None:
        found = load_extractor(extractor_file)
        self._trained: nn.Module = found.network if isinstance(found, Cifar100Extractor) else found

    @property
    def inception(self) -> bool:
        """Whether the workspace measures with Inception v3, so that distances compare with published FIDs."""
        return isinstance(self._trained, FeatureExtractorInceptionV3)

    def has(self, variant: NetworkVariant) -> bool:
        """Whether the variant exists: only Inception resizes its images, and it has its own untrained variants."""
        if variant == "small":
            return self.inception
        return not (self.inception and variant in ("untrained", "untrained training"))

    def build(self, variant: NetworkVariant, where: torch.device) -> SplitClassifier:
        """The network on a device, the same each time."""
        if variant.startswith("inception"):
            return _inception(untrained_inception(variant).eval().to(where), after_map=3)
        network = copy.deepcopy(self._trained)
        if variant in ("untrained", "untrained training") and isinstance(network, FeatureNetwork):
            reseed(SEED, variant)
            network = FeatureNetwork(network.settings, classes=network.classify.out_features)
        network.train(variant in ("training", "untrained training")).to(where)
        if isinstance(network, FeatureNetwork):
            return SplitClassifier(lambda images: network.features(images)[-1], network.classify)
        return _inception(network, after_map=2, size=SMALLEST_SIZE if variant == "small" else INCEPTION_SIZE)
