"""Copied weights, same numbers: the transformer, the relaxed codes and the averages against torch's own."""

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from gen100.families.dalle.discrete_vae import Codebook
from gen100.families.stable_diffusion.model import TextEncoder
from gen100.families.stylegan2.synthesis import Generator, ToRgb
from gen100.nn.transformer import Transformer
from gen100.settings import Optimizer
from gen100.training.average import Average
from gen100.training.optimizer import build_optimizer
from gen100.training.phase import Batch, Parts, Phase, Trainable


@pytest.fixture(autouse=True)
def _seed() -> None:
    torch.manual_seed(0)


def encoder(ours: Transformer, width: int, heads: int) -> nn.TransformerEncoder:
    """torch's pre-norm transformer with the weights of ours."""
    layer = nn.TransformerEncoderLayer(
        width, heads, 4 * width, dropout=0.0, activation="gelu", batch_first=True, norm_first=True
    )
    theirs = nn.TransformerEncoder(layer, len(ours.blocks), nn.LayerNorm(width), enable_nested_tensor=False)
    state = {f"norm.{name}": value for name, value in ours.norm.state_dict().items()}
    names = {
        "attention_norm": "norm1",
        "mlp_norm": "norm2",
        "expand": "linear1",
        "contract": "linear2",
        "attention.out": "self_attn.out_proj",
        "attention.qkv": "self_attn.in_proj",
    }
    for index, block in enumerate(ours.blocks):
        for own, other in names.items():
            for name, value in block.get_submodule(own).state_dict().items():
                joint = "_" if own == "attention.qkv" else "."
                state[f"layers.{index}.{other}{joint}{name}"] = value
    theirs.load_state_dict(state)
    return theirs


def stir(module: nn.Module) -> None:
    for parameter in module.parameters():
        parameter.data.add_(0.1 * torch.randn_like(parameter))


def test_causal_transformer() -> None:
    ours = Transformer(24, depth=3, heads=4)
    stir(ours)
    x = torch.randn(2, 7, 24)
    mask = nn.Transformer.generate_square_subsequent_mask(7)
    expected = encoder(ours, 24, 4)(x, mask=mask, is_causal=True)
    torch.testing.assert_close(ours(x), expected, atol=1e-5, rtol=1e-4)


def test_causal_transformer_with_its_cache() -> None:
    ours = Transformer(24, depth=3, heads=4)
    stir(ours)
    x, memories = torch.randn(2, 7, 24), ours.memories(7)
    expected = encoder(ours, 24, 4)(x, mask=nn.Transformer.generate_square_subsequent_mask(7), is_causal=True)
    parts = [ours(part, memories=memories) for part in (x[:, :3], *x[:, 3:].split(1, dim=1))]
    torch.testing.assert_close(torch.cat(parts, dim=1), expected, atol=1e-5, rtol=1e-4)


def test_text_encoder() -> None:
    ours = TextEncoder(9, 5, 24, depth=2, heads=4)
    stir(ours)
    captions = torch.tensor([[1, 2, 3, 4, 8], [5, 6, 0, 0, 0], [7, 0, 0, 0, 0]])
    features, mask = ours(captions)
    x = F.embedding(captions, ours.tokens.weight) + ours.positions
    expected = encoder(ours.transformer, 24, 4)(x, src_key_padding_mask=captions == 0)
    assert torch.equal(mask, captions != 0)
    torch.testing.assert_close(features[mask], expected[mask], atol=1e-5, rtol=1e-4)


@pytest.mark.parametrize("heat", [1.0, 1 / 16])
def test_gumbel_softmax(heat: float, monkeypatch: pytest.MonkeyPatch) -> None:
    """torch's gumbel_softmax, its exponential draws replaced by those that our uniform numbers stand for."""
    codebook, rows = Codebook(8, 20), torch.randn(64, 8, requires_grad=True)
    torch.manual_seed(5)
    samples, _ = codebook.relaxed(rows, heat)
    torch.manual_seed(5)
    exponential = -torch.rand(64, 20).log()
    monkeypatch.setattr(Tensor, "exponential_", lambda draws: draws.copy_(exponential))
    logits = codebook.logits(codebook.norm(rows))
    expected = F.gumbel_softmax(logits, tau=heat) @ codebook.vectors
    torch.testing.assert_close(samples, expected, atol=1e-4, rtol=1e-4)
    ours, theirs = (torch.autograd.grad(x.square().sum(), rows)[0] for x in (samples, expected))
    torch.testing.assert_close(ours, theirs, atol=1e-3, rtol=1e-3)


class Small(Trainable):
    def __init__(self) -> None:
        super().__init__()
        self.layer = nn.Linear(4, 3)

    def phases(self) -> list[Phase]:
        parameters = list(self.parameters())
        return [Phase("train", parameters, build_optimizer(parameters, Optimizer(lr=0.1)), self.validate)]

    def validate(self, batch: Batch) -> Parts:
        return {"loss": self.layer(batch.images).square().mean()}


def test_moving_average() -> None:
    """Half-life 64 images and batches of 16: a decay of 2^(-1/4) a step."""
    network = Small()
    ours = Average(network, network.phases(), half_life=64)
    theirs = AveragedModel(network, multi_avg_fn=get_ema_multi_avg_fn(0.5**0.25))
    theirs.update_parameters(network)  # its first update copies
    for _ in range(6):
        stir(network)
        ours.update(seen=10**6, batch=16)
        theirs.update_parameters(network)
    assert (ours.network.layer.weight - network.layer.weight).abs().max() > 0.05  # type: ignore[operator]
    torch.testing.assert_close(ours.network.state_dict(), theirs.module.state_dict())


def test_rgb_layer_against_one_filter_per_sample() -> None:
    layer = ToRgb(6, 16)
    stir(layer)
    x, w = torch.randn(3, 6, 8, 8), torch.randn(3, 16)
    for sample, style in enumerate(layer.style(w)):
        expected = F.conv2d(x[sample : sample + 1], layer.weight / 6**0.5 * style[:, None, None], layer.bias)
        torch.testing.assert_close(layer(x, w)[sample : sample + 1], expected, atol=1e-5, rtol=1e-4)


@torch.no_grad()
def test_generator_adds_the_images_of_all_resolutions() -> None:
    """Bilinear doubling, which the low-pass filter is away from the borders, of each RGB layer's output."""
    generator, outputs = Generator(16, [8, 8, 8, 8], mapping_layers=2), []
    for layer in generator.to_rgbs:
        layer.register_forward_hook(lambda _m, _i, out: outputs.append(out))
    image = generator(torch.randn(2, 16), lambda pixels: torch.randn(2, 1, pixels, pixels))
    expected = outputs[-1]
    for rgb in outputs[:-1]:
        while rgb.shape[-1] < 32:
            rgb = F.pad(rgb, (2, 2, 2, 2))
            rgb = F.interpolate(rgb, scale_factor=2, mode="bilinear")[..., 4:-4, 4:-4]
        expected = expected + rgb
    torch.testing.assert_close(image, expected, atol=1e-5, rtol=1e-4)
