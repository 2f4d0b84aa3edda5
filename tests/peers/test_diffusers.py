"""Copied weights, same numbers: networks, filters and guided sampling against diffusers."""

import math

import pytest
import torch
from diffusers.models.attention import BasicTransformerBlock
from diffusers.models.autoencoders.vae import DiagonalGaussianDistribution
from diffusers.models.downsampling import Downsample2D, FirDownsample2D, downsample_2d
from diffusers.models.embeddings import TimestepEmbedding, get_timestep_embedding
from diffusers.models.resnet import ResnetBlock2D
from diffusers.models.unets.unet_2d import UNet2DModel
from diffusers.models.upsampling import FirUpsample2D, Upsample2D, upsample_2d
from diffusers.schedulers.scheduling_ddpm import DDPMScheduler
from diffusers.schedulers.scheduling_dpmsolver_multistep import DPMSolverMultistepScheduler
from torch import Tensor, nn

from gen100.cells import Cell
from gen100.families.stable_diffusion.kl_autoencoder import KlAutoencoder, standard_kl
from gen100.families.stable_diffusion.model import StableDiffusion
from gen100.families.stable_diffusion.noise_schedule import NoiseSchedule
from gen100.families.stable_diffusion.settings import StableDiffusionSampling, StableDiffusionSettings, UNetNetwork
from gen100.families.stable_diffusion.unet import ConditionedBlock, TimeEmbedding, TransformerBlock, UNet
from gen100.families.stylegan2.discriminator import DiscriminatorBlock
from gen100.families.stylegan2.layers import LowPass
from gen100.families.stylegan2.synthesis import ModulatedConv
from gen100.nn.convolutional import Encoder, ResidualBlock

FIR = (1, 3, 3, 1)


@pytest.fixture(autouse=True)
def _no_gradients_and_a_seed() -> object:
    torch.manual_seed(0)
    with torch.no_grad():
        yield


def stir(*modules: nn.Module) -> None:
    """Random weights everywhere, so that no zero and no one hides a difference."""
    for module in modules:
        for parameter in module.parameters():
            parameter.add_(0.2 * torch.randn_like(parameter))


def copy(ours: nn.Module, theirs: nn.Module, names: dict[str, str]) -> None:
    """Copy the layers of ours to those of theirs, by name; a bias that only theirs has becomes zero."""
    for own, other in names.items():
        layer = theirs.get_submodule(other)
        missing, _ = layer.load_state_dict(ours.get_submodule(own).state_dict(), strict=False)
        assert missing in ([], ["bias"])
        for name in missing:
            layer.get_parameter(name).zero_()


def copy_conditioned(ours: ConditionedBlock, theirs: nn.Module) -> None:
    names = {"norm1": "norm1", "norm2": "norm2", "conv1": "conv1", "conv2": "conv2", "modulation": "time_emb_proj"}
    if isinstance(ours.skip, nn.Conv2d):
        names["skip"] = "conv_shortcut"
    copy(ours, theirs, names)
    assert len(list(theirs.parameters())) == len(list(ours.parameters()))


@pytest.mark.parametrize(("inputs", "outputs"), [(16, 16), (24, 64)])
def test_residual_block_with_an_embedding(inputs: int, outputs: int) -> None:
    ours = ConditionedBlock(inputs, outputs, 20)
    theirs = ResnetBlock2D(
        in_channels=inputs,
        out_channels=outputs,
        temb_channels=20,
        groups=ours.norm1.num_groups,
        groups_out=ours.norm2.num_groups,
        eps=1e-5,
        time_embedding_norm="scale_shift",
    )
    stir(ours)
    copy_conditioned(ours, theirs)
    x, embedding = torch.randn(3, inputs, 8, 8), torch.randn(3, 20)
    # Theirs passes the embedding through SiLU itself; ours gets it passed through once for all blocks.
    result = ours(x, nn.functional.silu(embedding))
    torch.testing.assert_close(result, theirs(x, embedding), atol=1e-5, rtol=1e-4)


def test_transformer_block_with_cross_attention() -> None:
    ours = TransformerBlock(24, 4, 10)
    theirs = BasicTransformerBlock(
        24, 4, 6, cross_attention_dim=10, activation_fn="gelu", attention_bias=True, ff_inner_dim=48
    )
    stir(ours)
    copy(
        ours,
        theirs,
        {
            "self_norm": "norm1",
            "cross_norm": "norm2",
            "wide_norm": "norm3",
            "self_attention.out": "attn1.to_out.0",
            "cross_attention.query": "attn2.to_q",
            "cross_attention.out": "attn2.to_out.0",
            "expand": "ff.net.0.proj",
            "contract": "ff.net.2",
        },
    )
    joint = {
        "self_attention.qkv": ["attn1.to_q", "attn1.to_k", "attn1.to_v"],
        "cross_attention.key_value": ["attn2.to_k", "attn2.to_v"],
    }
    for own, others in joint.items():
        for name, value in ours.get_submodule(own).named_parameters():
            for other, part in zip(others, value.chunk(len(others)), strict=True):
                theirs.get_submodule(other).get_parameter(name).copy_(part)
    tokens, context = torch.randn(3, 9, 24), torch.randn(3, 5, 10)
    mask = torch.tensor([[True] * 5, [True] * 2 + [False] * 3, [True] + [False] * 4])
    hidden = torch.where(mask, 0.0, -1e9)[:, None]
    expected = theirs(tokens, encoder_hidden_states=context, encoder_attention_mask=hidden)
    torch.testing.assert_close(ours(tokens, context, mask), expected, atol=1e-5, rtol=1e-4)


@pytest.mark.parametrize("width", [32, 64])
def test_time_embedding(width: int) -> None:
    ours, theirs = TimeEmbedding(width, 4 * width, 1000), TimestepEmbedding(width, 4 * width)
    copy(ours, theirs, {"layers.0": "linear_1", "layers.2": "linear_2"})
    times = torch.tensor([0, 1, 17, 500, 999])
    waves = get_timestep_embedding(times, width, flip_sin_to_cos=True, downscale_freq_shift=0)
    torch.testing.assert_close(ours(times), theirs(waves), atol=1e-5, rtol=1e-4)


@pytest.mark.parametrize("blocks", [1, 2])
def test_the_whole_noise_network(blocks: int) -> None:
    """Transformer blocks start as the identity: without them the U-Net is diffusers' of residual blocks."""
    network = UNetNetwork(channels=[64, 128], blocks=blocks, heads=4, text_width=12, text_depth=1)
    ours = UNet(2, 1000, network)
    theirs = UNet2DModel(
        in_channels=2,
        out_channels=2,
        down_block_types=("DownBlock2D", "DownBlock2D"),
        up_block_types=("UpBlock2D", "UpBlock2D"),
        block_out_channels=(64, 128),
        layers_per_block=blocks,
        norm_num_groups=8,
        resnet_time_scale_shift="scale_shift",
        add_attention=False,
        class_embed_type="identity",
    ).eval()
    for name, parameter in ours.named_parameters():
        if "attention." not in name:
            parameter.add_(0.05 * torch.randn_like(parameter))
    copy(
        ours,
        theirs,
        {
            "time.layers.0": "time_embedding.linear_1",
            "time.layers.2": "time_embedding.linear_2",
            "enter": "conv_in",
            "leave_norm": "conv_norm_out",
            "leave": "conv_out",
            "shrink.0": "down_blocks.0.downsamplers.0.conv",
            "grow.0": "up_blocks.0.upsamplers.0.conv",
        },
    )
    stages = {"middle": "mid_block.resnets.0"}
    for level in range(2):
        stages |= {f"down.{level}.{i}": f"down_blocks.{level}.resnets.{i}" for i in range(blocks)}
        stages |= {f"up.{level}.{i}": f"up_blocks.{level}.resnets.{i}" for i in range(blocks + 1)}
    for own, other in stages.items():
        block = ours.get_submodule(own).get_submodule("block")
        assert isinstance(block, ConditionedBlock)
        copy_conditioned(block, theirs.get_submodule(other))
    for parameter in theirs.get_submodule("mid_block.resnets.1.conv2").parameters():
        parameter.zero_()  # ours has one block there
    x, times, context = torch.randn(3, 2, 8, 8), torch.tensor([0, 40, 999]), torch.randn(3, 5, 12)
    mask = torch.tensor([[True] * 5, [True] * 2 + [False] * 3, [True] + [False] * 4])
    said = ours.caption(torch.stack([row[seen].mean(0) for row, seen in zip(context, mask, strict=True)]))
    expected = theirs(x, times, class_labels=said).sample
    torch.testing.assert_close(ours(x, times, context, mask), expected, atol=1e-4, rtol=1e-4)


def test_residual_block_of_the_autoencoders() -> None:
    ours = ResidualBlock(16)
    theirs = ResnetBlock2D(in_channels=16, temb_channels=None, groups=2, eps=1e-5)  # type: ignore[arg-type]
    stir(ours)
    copy(ours.residual, theirs, {"0": "norm1", "2": "conv1", "3": "norm2", "5": "conv2"})
    x = torch.randn(2, 16, 8, 8)
    torch.testing.assert_close(ours(x), theirs(x, None), atol=1e-5, rtol=1e-4)


def test_halving_and_doubling_convolutions() -> None:
    unet = UNet(2, 10, UNetNetwork(channels=[8, 8], blocks=1, heads=2, text_width=8, text_depth=1))
    encoder = Encoder([8, 12], 1, 4)
    x = torch.randn(2, 8, 8, 8)
    for own, name, half in (
        (unet.shrink, "0", Downsample2D(8, True)),
        (encoder.layers, "2", Downsample2D(8, True, 12)),
    ):
        copy(own, half, {name: "conv"})
        torch.testing.assert_close(own.get_submodule(name)(x), half(x))
    double = Upsample2D(8, use_conv=True)
    copy(unet.grow, double, {"0": "conv"})
    nearest = nn.functional.interpolate(x, scale_factor=2.0, mode="nearest")
    torch.testing.assert_close(unet.grow[0](nearest), double(x))


def settings() -> StableDiffusionSettings:
    training = {"images": 1000, "optimizer": {"lr": 0.005}, "ema_images": 100}
    return StableDiffusionSettings.model_validate(
        {
            "autoencoder": {
                "network": {"channels": [8, 8, 16], "blocks": 1},
                "training": training,
                "kl_weight": 0.01,
            },
            "network": {"channels": [16, 32], "blocks": 1, "heads": 2, "text_width": 16, "text_depth": 1},
            "training": training,
            "schedule": "linear",
            "timesteps": 1000,
            "unconditional": 0.1,
            "huber_delta": 1.0,
        }
    )


def test_posterior_and_its_divergence() -> None:
    model = KlAutoencoder(Cell("stable_diffusion", "mse", 128), settings())
    model.encoder.layers[-1].weight.mul_(60)  # type: ignore[operator]  # some log-variances beyond the limits
    images = torch.randn(6, 3, 32, 32)
    theirs = DiagonalGaussianDistribution(model.encoder(images))
    mean, log_variance = model.posterior(images)
    assert log_variance.max() == 20
    torch.testing.assert_close(mean, theirs.mode())
    torch.testing.assert_close(log_variance, theirs.logvar)
    torch.testing.assert_close(standard_kl(mean, log_variance), theirs.kl(), rtol=1e-4, atol=1e-3)


def test_noised_latents() -> None:
    ours, theirs = NoiseSchedule("linear", 1000), DDPMScheduler(1000, beta_schedule="linear")
    latents, noise, times = torch.randn(5, 2, 8, 8), torch.randn(5, 2, 8, 8), torch.tensor([0, 3, 250, 700, 999])
    expected = theirs.add_noise(latents, noise, times)  # type: ignore[arg-type]
    torch.testing.assert_close(ours.add_noise(latents, noise, times), expected, atol=1e-5, rtol=1e-4)


class Given:
    """The same start for ours and theirs."""

    def __init__(self, start: Tensor) -> None:
        self.start = start

    def normal(self, *shape: int) -> Tensor:
        return self.start.view(-1, *shape)

    def uniform(self, *shape: int) -> Tensor:
        raise AssertionError(shape)


@pytest.mark.parametrize("guidance", [1.0, 2.5])
def test_guided_samples(guidance: float) -> None:
    """diffusers' scheduler, fed as its text-to-image pipeline does: null + g (caption - null)."""
    captions = torch.randint(1, 7, (100, 4))
    autoencoder = KlAutoencoder(Cell("stable_diffusion", "mse", 128), settings())
    model = StableDiffusion(Cell("stable_diffusion", "mse", 128), settings(), captions, autoencoder).eval()
    for parameter in model.unet.parameters():
        if parameter.abs().max() == 0:
            nn.init.normal_(parameter, std=0.1)
    labels, start = torch.tensor([3, 50, 99]), torch.randn(3, 2, 8, 8)
    sampling = StableDiffusionSampling(steps=12, guidance=guidance)
    ours = model.sample(labels, Given(start), sampling)

    context, mask = model._captions(labels)
    empty, seen = model._drop(context, mask, torch.ones(3, dtype=torch.bool))
    solver = DPMSolverMultistepScheduler(1000, beta_schedule="linear", final_sigmas_type="zero")
    solver.set_timesteps(timesteps=model.schedule.sampling_times(12))  # type: ignore[arg-type]
    x = start
    for time in solver.timesteps:
        times = time.expand(3)
        with_caption, without = model.unet(x, times, context, mask), model.unet(x, times, empty, seen)
        x = solver.step(without + guidance * (with_caption - without), time, x).prev_sample  # type: ignore[arg-type]
    theirs = autoencoder.decode(x / model.scale).clamp(-1, 1)
    assert theirs.std() > 0.05
    torch.testing.assert_close(ours, theirs, atol=2e-3, rtol=2e-3)


def test_low_pass_resampling() -> None:
    """Theirs is StyleGAN2's upfirdn2d, written plainly."""
    x, low_pass = torch.randn(2, 3, 8, 8), LowPass()
    torch.testing.assert_close(low_pass.up(x), upsample_2d(x, FIR))  # type: ignore[arg-type]
    torch.testing.assert_close(low_pass.down(x), downsample_2d(x, FIR))  # type: ignore[arg-type]


def test_modulated_convolution_that_doubles() -> None:
    """Sample by sample, theirs with the modulated and demodulated weights; its kernels are mirrored."""
    layer = ModulatedConv(6, 5, 16, up=True)
    x, w = torch.randn(3, 6, 4, 4), torch.randn(3, 16)
    y, scale = layer.convolve(x, w)
    for sample, style in enumerate(layer.style(w)):
        weight = layer.weight * style[:, None, None]
        weight = weight / weight.square().sum((1, 2, 3), keepdim=True).sqrt()
        theirs = FirUpsample2D(6, 5, use_conv=True)
        theirs.Conv2d_0.load_state_dict({"weight": weight.flip(2, 3), "bias": torch.zeros(5)})
        expected = theirs(x[sample : sample + 1])
        torch.testing.assert_close(
            (y * scale[:, :, None, None])[sample : sample + 1], expected, atol=1e-5, rtol=1e-4
        )


def test_the_discriminators_block() -> None:
    ours = DiscriminatorBlock(4, 6)
    stir(ours)
    x, gain = torch.randn(2, 4, 8, 8), math.sqrt(2)
    theirs = FirDownsample2D(4, 6, use_conv=True)
    theirs.Conv2d_0.load_state_dict({"weight": ours.down.weight / math.sqrt(4 * 9), "bias": ours.down.bias})
    y = nn.functional.conv2d(x, ours.conv.weight / math.sqrt(4 * 9), ours.conv.bias, padding=1)
    y = nn.functional.leaky_relu(theirs(nn.functional.leaky_relu(y, 0.2) * gain), 0.2) * gain
    short = nn.functional.conv2d(downsample_2d(x, FIR), ours.shortcut.weight / math.sqrt(4))  # type: ignore[arg-type]
    torch.testing.assert_close(ours(x), (y + short) / math.sqrt(2), atol=1e-5, rtol=1e-4)
