"""The residual convolutional encoder and decoder that families and their autoencoders share."""

from collections.abc import Sequence
from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn import functional

SIDE = 32
"""Pixels along a side of an image."""


class GroupNorm(nn.GroupNorm):
    """Group normalization in the type of its input, in which a convolution reads the output anyway.

    Autocast on a GPU would widen a bfloat16 map to float32, and what follows keeps it so for the gradient; means
    and variances are float32 inside torch's kernel either way.
    """

    def forward(self, input: Tensor) -> Tensor:
        weight, bias = self.weight.to(input.dtype), self.bias.to(input.dtype)
        with torch.autocast(input.device.type, enabled=False):
            return functional.group_norm(input, self.num_groups, weight, bias, self.eps)


def norm(width: int) -> GroupNorm:
    """Group normalization (Wu & He 2018) in groups of at least 8 channels, 8 groups at most.

    Smaller groups would come close to normalizing each channel by itself, which takes an image's brightness
    and colour out of the features.
    """
    groups = next(
        groups for groups in (8, 4, 2, 1) if width % groups == 0 and (width >= 8 * groups or groups == 1)
    )
    return GroupNorm(groups, width)


class ResidualBlock(nn.Module):
    """Twice normalization, SiLU and a 3x3 convolution, added to the input; the identity at initialization.

    Pre-activation order of He et al. 2016; B x width x H x W to the same.
    """

    def __init__(self, width: int) -> None:
        super().__init__()
        last = nn.Conv2d(width, width, 3, padding=1)
        for parameter in last.parameters():
            nn.init.zeros_(parameter)
        self.residual = nn.Sequential(
            norm(width),
            nn.SiLU(),
            nn.Conv2d(width, width, 3, padding=1, bias=False),
            norm(width),
            nn.SiLU(),
            last,
        )

    def forward(self, features: Tensor) -> Tensor:
        return features + self.residual(features)


class Encoder(nn.Module):
    """Images to feature maps: B x 3 x 32 x 32 to B x out_channels x S x S, S = 32 / 2**(len(channels) - 1).

    The last convolution runs outside autocast: what it writes is a latent or decides on one.

    Args:
        channels: width at each resolution, 32 pixels first; at most 6.
        blocks: residual blocks at each resolution.
        out_channels: width of the output, unbounded.
    """

    def __init__(self, channels: Sequence[int], blocks: int, out_channels: int) -> None:
        super().__init__()
        self.side = SIDE >> (len(channels) - 1)
        layers: list[nn.Module] = [nn.Conv2d(3, channels[0], 3, padding=1)]
        layers += [ResidualBlock(channels[0]) for _ in range(blocks)]
        for fine, coarse in pairwise(channels):
            layers.append(nn.Conv2d(fine, coarse, 3, stride=2, padding=1))
            layers += [ResidualBlock(coarse) for _ in range(blocks)]
        layers += [norm(channels[-1]), nn.SiLU(), nn.Conv2d(channels[-1], out_channels, 1)]
        self.layers = nn.Sequential(*layers)

    def forward(self, images: Tensor) -> Tensor:
        features = self.layers[:-1](images)
        with torch.autocast(images.device.type, enabled=False):
            return self.layers[-1](features.float())


class Decoder(nn.Module):
    """The encoder's mirror image: B x in_channels x S x S to B x out_channels x 32 x 32, unbounded.

    Maps are doubled by transposed 2x2 convolutions, whose outputs do not overlap (no checkerboard). The first
    convolution runs outside autocast, as it reads a latent.

    Args:
        channels: width at each resolution, 32 pixels first, as given to the encoder.
        blocks: residual blocks at each resolution.
        in_channels: width of the input.
        out_channels: width of the output.
    """

    def __init__(self, channels: Sequence[int], blocks: int, in_channels: int, out_channels: int = 3) -> None:
        super().__init__()
        self.side = SIDE >> (len(channels) - 1)
        layers: list[nn.Module] = [nn.Conv2d(in_channels, channels[-1], 1)]
        layers += [ResidualBlock(channels[-1]) for _ in range(blocks)]
        for coarse, fine in pairwise(reversed(channels)):
            layers.append(nn.ConvTranspose2d(coarse, fine, 2, stride=2))
            layers += [ResidualBlock(fine) for _ in range(blocks)]
        layers += [norm(channels[0]), nn.SiLU(), nn.Conv2d(channels[0], out_channels, 3, padding=1)]
        self.layers = nn.Sequential(*layers)

    def forward(self, features: Tensor) -> Tensor:
        with torch.autocast(features.device.type, enabled=False):
            features = self.layers[0](features.float())
        return self.layers[1:](features)
