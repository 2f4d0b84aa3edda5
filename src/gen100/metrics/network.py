"""A small residual classifier of CIFAR-100, whose features measure or compare images."""

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from gen100 import config
from gen100.training.phase import Batch, Parts, Trainable

SHIFT = 4


def translate(images: Tensor, shift: int = SHIFT) -> Tensor:
    """Move each image by its own random whole number of pixels in both directions, filling by reflection.

    Args:
        images: B x C x H x W.
        shift: the largest move, in pixels.
    """
    batch, _, height, width = images.shape
    padded = F.pad(images, (shift, shift, shift, shift), mode="reflect").permute(0, 2, 3, 1)
    top, left = torch.randint(0, 2 * shift + 1, (2, batch, 1), device=images.device)
    index = torch.arange(batch, device=images.device)[:, None, None]
    rows = (top + torch.arange(height, device=images.device))[:, :, None]
    columns = (left + torch.arange(width, device=images.device))[:, None, :]
    return padded[index, rows, columns].permute(0, 3, 1, 2)


class ConvNorm(nn.Sequential):
    """A convolution without bias, and batch normalization."""

    def __init__(self, inputs: int, outputs: int, kernel: int = 3, stride: int = 1) -> None:
        super().__init__(
            nn.Conv2d(inputs, outputs, kernel, stride, padding=1, bias=False), nn.BatchNorm2d(outputs)
        )


class ResidualStage(nn.Module):
    """Halve the resolution, then add one residual block (He et al. 2016)."""

    def __init__(self, inputs: int, outputs: int, kernel: int) -> None:
        super().__init__()
        self.halve = ConvNorm(inputs, outputs, kernel, stride=2)
        self.first = ConvNorm(outputs, outputs)
        self.second = ConvNorm(outputs, outputs)

    def forward(self, x: Tensor) -> Tensor:
        x = F.relu(self.halve(x))
        return F.relu(x + self.second(F.relu(self.first(x))))


class FeatureNetwork(Trainable):
    """A residual convolutional classifier: one stage for each width, at 16, 8, 4, ... pixels.

    The first stage convolves with 4 x 4 pixels, so that its stride of 2 weighs all pixels alike.
    """

    def __init__(self, settings: config.FeatureNetworkSettings, classes: int = 100) -> None:
        super().__init__()
        self.settings = settings
        inputs = [3, *settings.channels[:-1]]
        self.stages = nn.ModuleList(
            ResidualStage(before, after, kernel=3 if place else 4)
            for place, (before, after) in enumerate(zip(inputs, settings.channels, strict=True))
        )
        self.classify = nn.Linear(settings.channels[-1], classes)
        self.to(memory_format=torch.channels_last)  # type: ignore[call-overload]

    def features(self, images: Tensor) -> list[Tensor]:
        """Each stage's map: B x C x H x W, not negative, with H = 16, 8, 4, ... for images of 32 pixels.

        Args:
            images: B x 3 x 32 x 32, float, in [-1, 1].
        """
        # CIFAR's pixels have a standard deviation of about a half on this scale.
        x = (2.0 * images).contiguous(memory_format=torch.channels_last)
        maps = []
        for stage in self.stages:
            x = stage(x)
            maps.append(x)
        return maps

    def forward(self, images: Tensor) -> tuple[Tensor, Tensor]:
        """Features (B x D, means of the last map) and logits (B x classes) of images in [-1, 1]."""
        features = self.features(images)[-1].mean(dim=(2, 3))
        return features, self.classify(features)

    def train_loss(self, batch: Batch) -> Parts:
        return self._parts(translate(batch.images), batch.labels)

    def validate(self, batch: Batch) -> Parts:
        return self._parts(batch.images, batch.labels)

    def _parts(self, images: Tensor, labels: Tensor) -> Parts:
        """`loss`, the cross-entropy in nats, and `accuracy`, the share of right answers."""
        _, logits = self(images)
        accuracy = (logits.argmax(dim=1) == labels).float().mean()
        return {"loss": F.cross_entropy(logits.float(), labels), "accuracy": accuracy}
