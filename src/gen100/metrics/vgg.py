"""Features of VGG16 for the perceptual loss (Simonyan & Zisserman 2015; Johnson et al. 2016)."""

from itertools import islice
from pathlib import Path

import torch
from torch import Tensor, nn
from torchvision.models import vgg16

from gen100.errors import UserError
from gen100.metrics.weights import VggHeader, Weights, unpickle, write_weights

ENDS = (3, 8, 15)
"""Places of relu1_2, relu2_2 and relu3_3 among VGG16's layers."""


def _layers() -> nn.Sequential:
    """VGG16 up to relu3_3, without storage: the classifier behind it alone would take half a gigabyte."""
    with torch.device("meta"):
        layers = vgg16(weights=None).features.children()
    return nn.Sequential(*islice(layers, ENDS[-1] + 1))


class VggFeatures(nn.Module):
    """torchvision's VGG16 up to relu3_3, with weights named `features.<place>.<weight>`."""

    mean: Tensor
    std: Tensor

    def __init__(self, weights: Weights) -> None:
        super().__init__()
        self.layers = _layers()
        named = {name.removeprefix("features."): weight for name, weight in weights.items()}
        self.layers.load_state_dict(named, assign=True)
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


def store_vgg16(source_file: Path, target: Path) -> None:
    """Store the layers up to relu3_3 from torchvision's .pth file, whose checksum the caller has verified.

    Raises:
        UserError: the file holds code, or other weights.
    """
    weights = unpickle(source_file)
    expected = {f"features.{place}": weight.shape for place, weight in _layers().state_dict().items()}
    for name, shape in expected.items():
        if name not in weights or weights[name].shape != shape:
            raise UserError(
                f"{source_file} does not hold weights of torchvision's VGG16 ({name} must be {list(shape)}):"
                " correct its source"
            )
    write_weights(target, {name: weights[name] for name in expected}, VggHeader())
