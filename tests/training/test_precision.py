"""bfloat16 autocast, as on a GPU: what has to stay float32 does, and the rest loses little."""

import copy
from collections.abc import Callable

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from gen100.cells import Cell
from gen100.config import Models
from gen100.families.dalle.discrete_vae import Codebook
from gen100.families.registry import FAMILIES
from gen100.families.stable_diffusion.unet import UNet
from gen100.families.stylegan2.discriminator import Discriminator, minibatch_deviation
from gen100.families.stylegan2.synthesis import Generator
from gen100.families.vae.losses import mmd, mutual_information
from gen100.families.vae.model import Vae
from gen100.training.phase import Batch, Trainable

CELLS = (
    "vae-elbo-128",
    "vae-mi-128",
    "vae-wae-128",
    "dalle-cross_entropy-128",
    "stylegan2-wasserstein-128",
    "stylegan2-hinge-128",
    "stable_diffusion-mse-128",
)


def half() -> torch.autocast:
    return torch.autocast("cpu", torch.bfloat16)


def watch(layer: nn.Module, seen: list[Tensor]) -> None:
    """Note the outputs of a layer."""

    def note(_layer: nn.Module, _inputs: tuple[Tensor, ...], output: Tensor) -> None:
        seen.append(output)

    layer.register_forward_hook(note)


def smooth(count: int = 16) -> Batch:
    coarse = torch.rand(count, 3, 8, 8, generator=torch.Generator().manual_seed(1)) * 2 - 1
    return Batch(F.interpolate(coarse, size=32, mode="bicubic").clamp(-1, 1), torch.arange(count), 0.9)


@pytest.fixture(scope="module")
def models(demo_params: dict[str, dict[str, object]]) -> Models:
    return Models.model_validate(demo_params["models"])


def wake(network: Trainable) -> Trainable:
    """Replace the zeros that residual branches start with, so that rounding anywhere reaches the output."""
    torch.manual_seed(2)
    for parameter in network.parameters():
        if parameter.dim() > 1 and parameter.abs().max() == 0:
            torch.nn.init.normal_(parameter, std=0.05)
    return network


def networks(cell: Cell, models: Models) -> list[tuple[Trainable, Batch]]:
    """All that a cell trains, each with a batch."""
    torch.manual_seed(0)
    batch, captions = smooth(), torch.randint(1, 9, (100, 5))
    family, settings = FAMILIES[cell.family], getattr(models, cell.family)
    if cell.autoencoder is None:
        return [(wake(family.build_model(cell, settings, captions, None)), batch)]
    first = wake(family.build_autoencoder(cell, settings, None))
    second = wake(family.build_model(cell, settings, captions, copy.deepcopy(first)))  # which it freezes
    with torch.no_grad():
        encoded = second.encode(batch.images)
    second.calibrate(encoded)
    return [(first, batch), (second, Batch(encoded, batch.labels, batch.progress))]


@pytest.mark.parametrize("name", CELLS)
def test_losses_and_gradients_are_close_to_those_of_float32(name: str, models: Models) -> None:
    """Losses within 2% of float32's, gradients within 12 degrees (a cosine of 0.98) of its direction."""
    for network, batch in networks(Cell.parse(name), models):
        network.train()
        for phase in network.phases():
            found = []
            for _ in range(2):
                network.zero_grad()
                torch.manual_seed(3)
                with torch.autocast("cpu", torch.bfloat16, enabled=bool(found)):
                    parts = phase.loss(batch)
                assert parts["loss"].dtype == torch.float32
                parts["loss"].backward()
                gradients = [p.grad.flatten() for p in phase.parameters if p.grad is not None]
                assert all(gradient.dtype == torch.float32 for gradient in gradients)
                found.append((parts["loss"].item(), torch.cat(gradients)))
            (exact, direction), (rounded, other) = found
            assert rounded == pytest.approx(exact, rel=0.02, abs=0.01), phase.name
            assert F.cosine_similarity(direction, other, dim=0).item() > 0.98, phase.name


@torch.no_grad()
def test_images_are_summed_in_float32() -> None:
    """Rounded to bfloat16 at every resolution, an image would be off by up to a level of its 8 bits."""
    torch.manual_seed(0)
    generator = Generator(16, [8, 16, 16, 16], mapping_layers=2).eval()
    z, maps = torch.randn(16, 16), {pixels: torch.randn(16, 1, pixels, pixels) for pixels in (4, 8, 16, 32)}
    exact = generator(z, maps.__getitem__)
    with half():
        rounded = generator(z, maps.__getitem__)
        styles = generator.mapping(z)
    assert rounded.dtype == torch.float32
    assert (rounded.bfloat16().float() != rounded).float().mean() > 0.5
    assert (rounded - exact).square().mean().sqrt() < 0.01 * exact.std()
    assert torch.equal(styles, generator.mapping(z))


@torch.no_grad()
def test_deviation_and_logits_of_the_discriminator_are_float32() -> None:
    torch.manual_seed(0)
    discriminator = Discriminator([8, 8, 16, 16]).eval()
    images, seen = smooth(8).images, {}
    discriminator.blocks.register_forward_hook(lambda _m, _i, out: seen.update(blocks=out))
    discriminator.conv.register_forward_pre_hook(lambda _m, inputs: seen.update(tail=inputs[0]))
    with half():
        logits = discriminator(images)
    features = seen["blocks"].float()
    assert torch.equal(seen["tail"], minibatch_deviation(features))
    x = F.leaky_relu(discriminator.conv(minibatch_deviation(features), padding=1), 0.2)
    x = F.leaky_relu(discriminator.hidden(x.flatten(1)), 0.2)
    assert torch.equal(logits, discriminator.logit(x).squeeze(1))


@torch.no_grad()
def test_the_codebook_is_float32() -> None:
    torch.manual_seed(0)
    codebook, rows = Codebook(8, 32), torch.randn(128, 8)
    found = []
    for enabled in (False, True):
        torch.manual_seed(4)
        with torch.autocast("cpu", torch.bfloat16, enabled=enabled):
            found.append((*codebook.relaxed(rows, 1 / 16), *codebook.likeliest(rows)))
    assert all(torch.equal(a, b) for a, b in zip(*found, strict=True))


@torch.no_grad()
def test_a_narrow_posterior_is_not_rounded(models: Models) -> None:
    """Steps of 1e-4 in a latent of size 1 reach the decoder; bfloat16 knows multiples of 1/128 there."""
    torch.manual_seed(0)
    model = Vae(Cell("vae", "elbo", 4), models.vae).eval()
    seen: list[Tensor] = []
    watch(model.from_latent, seen)
    watch(model.to_posterior, seen)
    z = 1 + 1e-4 * torch.arange(8.0)[:, None].expand(8, 4)
    with half():
        model.decode(z)
        mean, logvar = model.posterior(smooth(8).images)
    assert torch.equal(seen[0], model.from_latent(z))
    assert len(seen[0].unique(dim=0)) == 8
    assert torch.equal(seen[1], torch.cat([mean, logvar], dim=1))
    assert (mean.bfloat16().float() != mean).float().mean() > 0.8


@torch.no_grad()
def test_the_noise_network_tells_close_steps_and_close_latents_apart(models: Models) -> None:
    torch.manual_seed(0)
    unet = UNet(2, 1000, models.stable_diffusion.network).eval()
    times, x = torch.arange(1000), 1 + 1e-3 * torch.randn(4, 2, 8, 8)
    seen: list[Tensor] = []
    watch(unet.enter, seen)
    with half():
        steps = unet.time(times)
        unet(x, times[:4], torch.randn(4, 3, 16), torch.ones(4, 3, dtype=torch.bool))
    assert torch.equal(steps, unet.time(times))
    assert torch.equal(seen[0], unet.enter(x))


@pytest.mark.parametrize(
    "term", [mutual_information, lambda mean, _, z: mmd(z, mean)], ids=["mutual information", "mmd"]
)
def test_pairwise_distances_are_float32(term: Callable[[Tensor, Tensor, Tensor], Tensor]) -> None:
    torch.manual_seed(0)
    mean, logvar, z = torch.randn(3, 32, 64).unbind()
    with half():
        rounded = term(mean, logvar, z)
    assert torch.equal(rounded, term(mean, logvar, z))
