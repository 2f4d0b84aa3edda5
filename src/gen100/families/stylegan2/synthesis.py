"""StyleGAN2's generator (Karras et al. 2020, "Analyzing and Improving the Image Quality of StyleGAN").

In the CIFAR configuration of Karras et al. 2020 ("Training GANs with Limited Data"): few mapping layers, no
style mixing, no path-length regularization. Activations are kept channels-last.
"""

import math
from collections.abc import Callable
from itertools import pairwise

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from gen100.families.stylegan2.layers import GAIN, SLOPE, EqualLinear, LowPass

NoiseMaps = Callable[[int], Tensor]
"""Gives B x 1 x R x R standard normal numbers for a layer of R pixels."""


def demodulation(weight: Tensor, style: Tensor) -> Tensor:
    """One over the norm of each sample's modulated filters: B x outputs, float32 (eq. 3).

    Args:
        weight: outputs x inputs x K x K, scaled.
        style: B x inputs.
    """
    with torch.autocast(weight.device.type, enabled=False):
        energy = style.float().square() @ weight.float().square().sum(dim=(2, 3)).t()
        return torch.rsqrt(energy + 1e-8)


class ModulatedConv(nn.Module):
    """A 3x3 convolution with modulated and demodulated weights, noise, bias and leaky ReLU (section 2.2).

    Each sample's own weights are never formed: scaling the input channels by the style and the output
    channels by the demodulation is the same map with one shared convolution.
    """

    def __init__(self, inputs: int, outputs: int, latent: int, up: bool = False):
        super().__init__()
        self.style = EqualLinear(latent, inputs, bias=1.0)
        self.weight = nn.Parameter(torch.randn(outputs, inputs, 3, 3))
        self.weight_scale = 1 / math.sqrt(inputs * 9)
        self.bias = nn.Parameter(torch.zeros(outputs))
        self.noise_strength = nn.Parameter(torch.zeros(()))
        self.low_pass = LowPass() if up else None

    def convolve(self, x: Tensor, w: Tensor) -> tuple[Tensor, Tensor]:
        """The convolution modulated by w, and the demodulation that its channels still need (B x outputs)."""
        style = self.style(w)
        weight = self.weight * self.weight_scale
        scale = demodulation(weight, style)
        x = x * style.to(x.dtype)[:, :, None, None]
        if self.low_pass is None:
            return F.conv2d(x, weight, padding=1), scale
        x = F.conv_transpose2d(x, weight.transpose(0, 1), stride=2)
        return self.low_pass.smooth(x, padding=1, gain=4.0), scale

    def forward(self, x: Tensor, w: Tensor, noise_maps: NoiseMaps) -> Tensor:
        """B x inputs x R x R and B x latent to B x outputs x R x R, twice the size if upsampling."""
        x, scale = self.convolve(x, w)
        noise = noise_maps(x.shape[-1]) * (self.noise_strength * GAIN)
        bias = (self.bias * GAIN)[:, None, None]
        x = torch.addcmul(bias.to(x.dtype), x, (scale * GAIN).to(x.dtype)[:, :, None, None])
        return F.leaky_relu_(x + noise.to(x.dtype), SLOPE)


class ToRgb(nn.Module):
    """A modulated 1x1 convolution to three channels, without demodulation."""

    def __init__(self, inputs: int, latent: int):
        super().__init__()
        self.style = EqualLinear(latent, inputs, bias=1.0)
        self.weight = nn.Parameter(torch.randn(3, inputs, 1, 1))
        self.weight_scale = 1 / math.sqrt(inputs)
        self.bias = nn.Parameter(torch.zeros(3))

    def forward(self, x: Tensor, w: Tensor) -> Tensor:
        """B x inputs x R x R and B x latent to B x 3 x R x R, float32: bfloat16 is coarser than 8-bit pixels."""
        style = self.style(w).to(x.dtype)[:, :, None, None]
        rgb = F.conv2d(x * style, self.weight * self.weight_scale)
        return rgb.float() + self.bias[:, None, None]


class Mapping(nn.Module):
    """z to w: normalize, then leaky ReLU layers that learn at a hundredth of the speed."""

    def __init__(self, latent: int, layers: int):
        super().__init__()
        self.layers = nn.ModuleList(EqualLinear(latent, latent, gain=GAIN, rate=0.01) for _ in range(layers))

    def forward(self, z: Tensor) -> Tensor:
        """B x latent to B x latent."""
        w = z * torch.rsqrt(z.square().mean(dim=1, keepdim=True) + 1e-8)
        for layer in self.layers:
            w = F.leaky_relu(layer(w), SLOPE)
        return w


class Generator(nn.Module):
    """Mapping network and skip generator: the image is the sum of one RGB image for each resolution.

    Args:
        latent: dimension of z and w.
        channels: widths from the largest resolution, 4 * 2^(len - 1) pixels, down to 4 pixels.
        mapping_layers: layers of the mapping network.
    """

    def __init__(self, latent: int, channels: list[int], mapping_layers: int):
        super().__init__()
        widths = channels[::-1]
        self.mapping = Mapping(latent, mapping_layers)
        self.constant = nn.Parameter(torch.randn(widths[0], 4, 4))
        self.first = ModulatedConv(widths[0], widths[0], latent)
        steps = list(pairwise(widths))
        self.ups = nn.ModuleList(ModulatedConv(small, large, latent, up=True) for small, large in steps)
        self.convs = nn.ModuleList(ModulatedConv(large, large, latent) for _, large in steps)
        self.to_rgbs = nn.ModuleList(ToRgb(width, latent) for width in widths)
        self.low_pass = LowPass()

    def forward(self, z: Tensor, noise_maps: NoiseMaps) -> Tensor:
        """B x latent to images, B x 3 x R x R, unbounded but trained to lie in [-1, 1]."""
        w = self.mapping(z)
        x = self.constant.expand(len(z), -1, -1, -1).contiguous(memory_format=torch.channels_last)
        x = self.first(x, w, noise_maps)
        image = self.to_rgbs[0](x, w)
        for up, conv, to_rgb in zip(self.ups, self.convs, self.to_rgbs[1:], strict=True):
            x = conv(up(x, w, noise_maps), w, noise_maps)
            image = self.low_pass.up(image) + to_rgb(x, w)
        return image
