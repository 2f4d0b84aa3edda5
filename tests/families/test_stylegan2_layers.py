"""StyleGAN2's building blocks against plain computations."""

import math

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from gen100.families.stylegan2.discriminator import Discriminator, minibatch_deviation
from gen100.families.stylegan2.layers import EqualConv, EqualLinear, LowPass
from gen100.families.stylegan2.synthesis import Generator, Mapping, ModulatedConv

LATENT = 16


def test_equalized_layers_scale_at_run_time() -> None:
    linear = EqualLinear(5, 3, bias=1.0, gain=2.0, rate=0.01)
    assert linear.weight.std() > 30  # stored large, so that Adam's steps are small beside it
    x = torch.randn(4, 5)
    expected = x @ (linear.weight * 2.0 * 0.01 / math.sqrt(5)).T + 2.0
    torch.testing.assert_close(linear(x), expected)
    conv = EqualConv(64, 64, 3)
    assert conv(torch.randn(8, 64, 16, 16), padding=1)[..., 1:-1, 1:-1].std().item() == pytest.approx(1, abs=0.1)


def test_low_pass_up_keeps_a_constant_image() -> None:
    up = LowPass().up(torch.full((2, 3, 8, 8), 0.7))
    assert up.shape == (2, 3, 16, 16)
    torch.testing.assert_close(up[..., 1:-1, 1:-1], torch.full((2, 3, 14, 14), 0.7))


def test_low_pass_against_explicit_filters() -> None:
    x = torch.randn(2, 3, 8, 8)
    bilinear = F.interpolate(x, scale_factor=2, mode="bilinear")
    torch.testing.assert_close(LowPass().up(x)[..., 1:-1, 1:-1], bilinear[..., 1:-1, 1:-1])
    taps = torch.tensor([1.0, 3.0, 3.0, 1.0]) / 8
    padded = F.pad(x, (1, 1, 1, 1))
    down = sum(taps[r] * taps[c] * padded[:, :, r : r + 7 : 2, c : c + 7 : 2] for r in range(4) for c in range(4))
    torch.testing.assert_close(LowPass().down(x), down)


def test_low_pass_gradients_of_both_orders() -> None:
    low_pass = LowPass().double()
    x = torch.randn(1, 2, 4, 4, dtype=torch.float64, requires_grad=True)
    for function in (low_pass.up, low_pass.down, lambda y: low_pass.smooth(y, padding=2)):
        assert torch.autograd.gradcheck(function, x)
        assert torch.autograd.gradgradcheck(lambda y, function=function: function(y.square()), x)


@pytest.mark.parametrize("up", [False, True])
def test_modulated_convolution_against_one_filter_bank_per_sample(up: bool) -> None:
    torch.manual_seed(0)
    layer = ModulatedConv(6, 5, LATENT, up=up)
    x, w = torch.randn(3, 6, 8, 8), torch.randn(3, LATENT)
    y, scale = layer.convolve(x, w)
    result = y * scale[:, :, None, None]
    style = layer.style(w)
    for sample in range(3):
        weight = layer.weight / math.sqrt(6 * 9) * style[sample][None, :, None, None]
        weight = weight / weight.square().sum(dim=(1, 2, 3), keepdim=True).sqrt()
        one = x[sample : sample + 1]
        if up:
            spread = F.conv_transpose2d(one, weight.transpose(0, 1), stride=2)
            expected = LowPass().smooth(spread, padding=1, gain=4.0)
        else:
            expected = F.conv2d(one, weight, padding=1)
        torch.testing.assert_close(result[sample : sample + 1], expected, atol=1e-5, rtol=1e-4)


def test_modulated_layer_adds_noise_and_bias_before_its_activation() -> None:
    layer = ModulatedConv(4, 4, LATENT)
    torch.nn.init.constant_(layer.noise_strength, 0.5)
    torch.nn.init.normal_(layer.bias)
    x, w, noise = torch.randn(2, 4, 8, 8), torch.randn(2, LATENT), torch.randn(2, 1, 8, 8)
    y, scale = layer.convolve(x, w)
    before = y * scale[:, :, None, None] + 0.5 * noise + layer.bias[:, None, None]
    expected = F.leaky_relu(before, 0.2) * math.sqrt(2)
    torch.testing.assert_close(layer(x, w, lambda _: noise), expected, atol=1e-5, rtol=1e-4)


def test_mapping_ignores_the_length_of_z() -> None:
    mapping, z = Mapping(LATENT, 2), torch.randn(3, LATENT)
    torch.testing.assert_close(mapping(z), mapping(7 * z))


def test_minibatch_deviation_of_known_groups() -> None:
    x = torch.zeros(6, 2, 4, 4)
    x[:4] = torch.tensor([1.0, -1.0, 1.0, -1.0])[:, None, None, None]  # deviation 1
    x[4:] = torch.tensor([3.0, 3.0])[:, None, None, None]
    appended = minibatch_deviation(x)
    assert appended.shape == (6, 3, 4, 4)
    torch.testing.assert_close(appended[:4, 2], torch.ones(4, 4, 4), atol=1e-4, rtol=0)
    last = float(torch.tensor([1.0, -1.0, 3.0, 3.0]).std(correction=0))  # leftovers: the last four images
    torch.testing.assert_close(appended[4:, 2], torch.full((2, 4, 4), last), atol=1e-4, rtol=0)
    pair = minibatch_deviation(torch.stack([torch.zeros(2, 4, 4), torch.full((2, 4, 4), 4.0)]))
    torch.testing.assert_close(pair[:, 2], torch.full((2, 4, 4), 2.0), atol=1e-4, rtol=0)


def test_sets_do_not_see_each_other() -> None:
    discriminator = Discriminator([8, 8, 16, 16])
    real, fake = torch.randn(6, 3, 32, 32), torch.randn(6, 3, 32, 32)
    together = discriminator(torch.cat([real, fake]), sets=2)
    assert together.shape == (12,)
    torch.testing.assert_close(
        together, torch.cat([discriminator(real), discriminator(fake)]), atol=1e-4, rtol=1e-4
    )


def test_generator_shapes_and_scale() -> None:
    torch.manual_seed(0)
    generator = Generator(LATENT, [8, 8, 16, 16], mapping_layers=2)
    asked: list[int] = []

    def noise_maps(pixels: int) -> Tensor:
        asked.append(pixels)
        return torch.randn(5, 1, pixels, pixels)

    images = generator(torch.randn(5, LATENT), noise_maps)
    assert images.shape == (5, 3, 32, 32)
    assert asked == [4, 8, 8, 16, 16, 32, 32]
    assert 0.3 < images.std() < 3
