"""StyleGAN2's residual discriminator (Karras et al. 2020, section 4.1)."""

import math
from itertools import pairwise

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from gen100.families.stylegan2.layers import GAIN, SLOPE, EqualConv, EqualLinear, LowPass

GROUP = 4


def _group_deviation(groups: Tensor) -> Tensor:
    """G x N x C x H x W to G: the standard deviation over the N images, averaged over the rest."""
    groups = groups.float()
    variance = (groups - groups.mean(dim=1, keepdim=True)).square().mean(dim=1)
    return torch.sqrt(variance + 1e-8).mean(dim=(1, 2, 3))


def minibatch_deviation(x: Tensor) -> Tensor:
    """Append to each image how much the images of its group differ (Karras et al. 2018, section 3).

    Groups are four consecutive images. Images left over at the end take the value of the batch's last four
    images (of all images if there are fewer than four). B x C x H x W to B x (C + 1) x H x W.
    """
    batch, _, height, width = x.shape
    whole = batch - batch % GROUP
    values = []
    if whole:
        values.append(_group_deviation(x[:whole].unflatten(0, (-1, GROUP))).repeat_interleave(GROUP))
    if whole < batch:
        values.append(_group_deviation(x[None, -GROUP:]).expand(batch - whole))
    deviation = torch.cat(values).to(x.dtype)[:, None, None, None]
    return torch.cat([x, deviation.expand(-1, 1, height, width)], dim=1)


class DiscriminatorBlock(nn.Module):
    """Two 3x3 convolutions, the second halving the size, in parallel with a filtered 1x1 shortcut."""

    def __init__(self, inputs: int, outputs: int):
        super().__init__()
        self.conv = EqualConv(inputs, inputs, 3, gain=GAIN)
        # The sum of the branches is scaled by sqrt(1/2) to keep its variance: within each branch's weights.
        self.down = EqualConv(inputs, outputs, 3, gain=GAIN * math.sqrt(0.5))
        self.shortcut = EqualConv(inputs, outputs, 1, gain=math.sqrt(0.5), bias=False)
        self.low_pass = LowPass()

    def forward(self, x: Tensor) -> Tensor:
        """B x inputs x R x R to B x outputs x R/2 x R/2."""
        y = F.leaky_relu_(self.conv(x, padding=1), SLOPE)
        y = self.down(self.low_pass.smooth(y, padding=2), stride=2)
        return F.leaky_relu_(y, SLOPE) + self.shortcut(self.low_pass.down(x))


class Discriminator(nn.Module):
    """Images to logits: high for images held to be real.

    Args:
        channels: widths from the images' resolution, 4 * 2^(len - 1) pixels, down to 4 pixels.
    """

    def __init__(self, channels: list[int]):
        super().__init__()
        last = channels[-1]
        self.from_rgb = EqualConv(3, channels[0], 1, gain=GAIN)
        self.blocks = nn.Sequential(*(DiscriminatorBlock(large, small) for large, small in pairwise(channels)))
        self.conv = EqualConv(last + 1, last, 3, gain=GAIN)
        self.hidden = EqualLinear(last * 16, last, gain=GAIN)
        self.logit = EqualLinear(last, 1)

    def forward(self, images: Tensor, sets: int = 1) -> Tensor:
        """B x 3 x R x R to B logits, float32.

        Args:
            images: in [-1, 1].
            sets: of how many equally large minibatches `images` is made: their statistics stay apart.
        """
        x = images.contiguous(memory_format=torch.channels_last)
        x = self.blocks(F.leaky_relu_(self.from_rgb(x), SLOPE))
        # bfloat16 would hide small differences of the deviation between real images and fakes.
        with torch.autocast(x.device.type, enabled=False):
            x = torch.cat([minibatch_deviation(part) for part in x.float().chunk(sets)])
            x = F.leaky_relu(self.conv(x, padding=1), SLOPE)
            x = F.leaky_relu(self.hidden(x.flatten(1)), SLOPE)
            return self.logit(x).squeeze(1)
