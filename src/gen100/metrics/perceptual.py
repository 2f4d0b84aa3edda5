"""The network of the perceptual loss, from its file of weights."""

from pathlib import Path
from typing import Self

from torch import Tensor, nn

from gen100.errors import UserError
from gen100.metrics.network import FeatureNetwork
from gen100.metrics.vgg import VggFeatures
from gen100.metrics.weights import WAY_OUT, OwnHeader, VggHeader, load_network, read_header, read_weights


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
    header = read_header(path)
    if isinstance(header, OwnHeader):
        return PerceptualNetwork(load_network(path))
    if isinstance(header, VggHeader):
        return PerceptualNetwork(VggFeatures(read_weights(path, VggHeader)[1]))
    raise UserError(f"{path} holds {header.kind}, which cannot serve a perceptual loss: {WAY_OUT}")
