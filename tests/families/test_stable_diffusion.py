"""The KL autoencoder and the latent diffusion model: shapes, training, conditioning and sampling."""

import math

import pytest
import torch
from torch import Tensor
from torch.distributions import Normal, kl_divergence

from gen100.cells import Cell
from gen100.config import load_params
from gen100.families.stable_diffusion.kl_autoencoder import KlAutoencoder, standard_kl
from gen100.families.stable_diffusion.model import StableDiffusion
from gen100.families.stable_diffusion.settings import StableDiffusionSampling, StableDiffusionSettings
from gen100.training.phase import Batch, Trainable
from support.processes import ROOT

TRAINING = {"images": 1000, "optimizer": {"lr": 0.005}, "ema_images": 100, "records": 2}
SETTINGS = {
    "autoencoder": {
        "network": {"channels": [8, 8, 16], "blocks": 1},
        "training": TRAINING,
        "kl_weight": 0.01,
    },
    "network": {"channels": [16, 32], "blocks": 1, "heads": 2, "text_width": 16, "text_depth": 1},
    "training": TRAINING,
    "schedule": "linear",
    "timesteps": 100,
    "unconditional": 0.1,
    "huber_delta": 1.0,
}
LOSSES = ("mse", "mae", "huber")


class Streams:
    """Noise with a generator for each image."""

    def __init__(self, seeds: list[int]) -> None:
        self.generators = [torch.Generator().manual_seed(seed) for seed in seeds]

    def normal(self, *shape: int) -> Tensor:
        return torch.stack([torch.randn(shape, generator=generator) for generator in self.generators])

    def uniform(self, *shape: int) -> Tensor:
        return torch.stack([torch.rand(shape, generator=generator) for generator in self.generators])


def make_settings(**changes: object) -> StableDiffusionSettings:
    return StableDiffusionSettings.model_validate(SETTINGS | changes)


def make_captions() -> Tensor:
    """Two to five tokens a class, different for each, padded to six."""
    captions = torch.zeros(100, 6, dtype=torch.long)
    for label in range(100):
        length = 2 + label % 4
        captions[label, : length - 1] = torch.arange(1, length)
        captions[label, length - 1] = 10 + label
    return captions


def make_model(cell: str = "stable_diffusion-mse-128", **changes: object) -> StableDiffusion:
    torch.manual_seed(0)
    parsed, settings = Cell.parse(cell), make_settings(**changes)
    return StableDiffusion(parsed, settings, make_captions(), KlAutoencoder(parsed, settings))


def make_images(count: int) -> Batch:
    torch.manual_seed(1)
    labels = torch.arange(count) % 100
    colours = torch.rand(count, 3, 1, 1) * 2 - 1
    stripes = torch.linspace(-1, 1, 32)[None, None, None].expand(count, 3, 32, 32)
    return Batch((0.6 * colours + 0.4 * stripes).contiguous(), labels, 0.0)


def make_sampling(**changes: object) -> StableDiffusionSampling:
    values = {"steps": 4, "guidance": 1.0}
    return StableDiffusionSampling.model_validate(values | changes)


def take_steps(model: Trainable, batch: Batch, steps: int) -> None:
    (phase,) = model.phases()
    model.train()
    for step in range(steps):
        torch.manual_seed(step)
        phase.optimizer.zero_grad()
        phase.loss(batch)["loss"].backward()
        phase.optimizer.step()


def objective(model: Trainable, batch: Batch) -> float:
    model.eval()
    torch.manual_seed(99)
    with torch.no_grad():
        return model.validate(batch)["loss"].item()


def wake(model: StableDiffusion) -> StableDiffusion:
    """Replace the zeros that networks start with, so that every input reaches the output."""
    torch.manual_seed(2)
    for parameter in [*model.unet.parameters(), *model.text.parameters()]:
        if parameter.abs().max() == 0:
            torch.nn.init.normal_(parameter.data, std=0.1)
    return model.eval()


def test_kl_agrees_with_torch() -> None:
    mean, log_variance = torch.randn(5, 2, 8, 8), torch.randn(5, 2, 8, 8)
    expected = kl_divergence(Normal(mean, (0.5 * log_variance).exp()), Normal(0.0, 1.0)).sum(dim=(1, 2, 3))
    torch.testing.assert_close(standard_kl(mean, log_variance), expected)
    assert standard_kl(torch.zeros(1, 1, 8, 8), torch.zeros(1, 1, 8, 8)).item() == 0


@pytest.mark.parametrize(("latent", "channels"), [(128, 2), (2048, 32)])
def test_autoencoder_shapes_and_parts(latent: int, channels: int) -> None:
    model = KlAutoencoder(Cell("stable_diffusion", "mse", latent), make_settings())
    batch = make_images(4)
    mean, log_variance = model.posterior(batch.images)
    assert mean.shape == log_variance.shape == (4, channels, 8, 8)
    assert model.decode(mean).shape == (4, 3, 32, 32)
    torch.manual_seed(0)
    parts = model.validate(batch)
    torch.testing.assert_close(parts["loss"], parts["reconstruction"] + 0.01 * parts["kl"])
    torch.manual_seed(0)
    drawn = mean + (log_variance / 2).exp() * torch.randn(4, channels, 8, 8)
    distance = torch.nn.functional.l1_loss(model.decode(drawn), batch.images, reduction="sum") / 4
    torch.testing.assert_close(parts["reconstruction"], distance)


def test_reconstructions_are_decoded_means_without_noise() -> None:
    torch.manual_seed(0)
    model = KlAutoencoder(Cell.parse("stable_diffusion-mse-128"), make_settings())
    batch = make_images(16)
    take_steps(model, batch, 60)
    model.eval()
    with torch.no_grad():
        found = model.reconstruct(batch.images)
        assert torch.equal(found, model.reconstruct(batch.images))
        torch.testing.assert_close(found[:3], model.decode(model.posterior(batch.images[:3])[0]))
    flat = batch.images.mean(dim=(0, 2, 3), keepdim=True)
    assert (found - batch.images).square().mean() < 0.7 * (flat - batch.images).square().mean()


def test_autoencoder_does_not_depend_on_the_loss() -> None:
    states = []
    for loss in LOSSES:
        torch.manual_seed(0)
        model = KlAutoencoder(Cell("stable_diffusion", loss, 128), make_settings())
        take_steps(model, make_images(4), 1)
        states.append(model.state_dict())
    for other in states[1:]:
        for name, value in states[0].items():
            assert torch.equal(value, other[name])


def test_steps_lower_the_autoencoders_loss() -> None:
    torch.manual_seed(0)
    model = KlAutoencoder(Cell.parse("stable_diffusion-mse-128"), make_settings())
    batch = make_images(16)
    before = objective(model, batch)
    take_steps(model, batch, 15)
    assert objective(model, batch) < 0.8 * before


@pytest.mark.parametrize("loss", LOSSES)
def test_steps_lower_the_noise_loss(loss: str) -> None:
    model = make_model(f"stable_diffusion-{loss}-128")
    batch = Batch(torch.randn(1, 2, 8, 8).expand(32, -1, -1, -1), torch.zeros(32, dtype=torch.long), 0.0)
    before = objective(model, batch)
    take_steps(model, batch, 15)
    assert objective(model, batch) < 0.7 * before


def test_untrained_losses_are_those_of_standard_normal_noise() -> None:
    """The network starts at eps_theta = 0, so each loss is a moment of N(0, 1)."""
    batch = Batch(torch.randn(100, 2, 8, 8), torch.arange(100), 0.0)
    # Huber: E[d^2 / 2; d < 1] + E[d - 1/2; d >= 1].
    expected = {"mse": 1.0, "mae": math.sqrt(2 / math.pi), "huber": 0.09937 + 0.32530}
    for loss, value in expected.items():
        assert objective(make_model(f"stable_diffusion-{loss}-128"), batch) == pytest.approx(value, rel=0.02)


def test_latents_have_unit_variance_after_calibration() -> None:
    model = make_model()
    with torch.no_grad():
        encoded = model.encode(make_images(64).images)
    assert encoded.shape == (64, 2, 8, 8)
    assert encoded.dtype == torch.float32
    model.calibrate(encoded)
    assert (encoded * model.scale).std().item() == pytest.approx(1, abs=1e-4)
    assert model.limit.item() == pytest.approx((encoded * model.scale).abs().max().item())
    assert {"scale", "limit"} <= set(model.state_dict())


def test_the_autoencoder_is_frozen() -> None:
    model = make_model()
    before = {name: value.clone() for name, value in model.autoencoder.state_dict().items()}
    take_steps(model, Batch(torch.randn(8, 2, 8, 8), torch.arange(8), 0.0), 2)
    assert not model.autoencoder.training
    assert model.unet.training
    (phase,) = model.phases()
    trained = {id(parameter) for parameter in phase.parameters}
    for name, parameter in model.named_parameters():
        assert (id(parameter) in trained) != name.startswith("autoencoder."), name
    for name, value in model.autoencoder.state_dict().items():
        assert torch.equal(value, before[name])


@pytest.mark.parametrize("guidance", [1.0, 2.0])
def test_samples_do_not_depend_on_the_batch(guidance: float) -> None:
    model = wake(make_model())
    model.calibrate(torch.randn(50, 2, 8, 8) * 2)
    labels, sampling = torch.arange(6) * 7, make_sampling(guidance=guidance)
    with torch.no_grad():
        together = model.sample(labels, Streams(list(range(6))), sampling)
        apart = torch.cat(
            [model.sample(labels[start : start + 2], Streams([start, start + 1]), sampling) for start in (0, 2, 4)]
        )
    assert together.shape == (6, 3, 32, 32)
    assert together.abs().max() <= 1
    assert together.std() > 0.01
    torch.testing.assert_close(together, apart, atol=1e-4, rtol=0)


def test_guidance_of_one_is_the_conditional_model() -> None:
    model = wake(make_model())
    labels = torch.arange(4)
    with torch.no_grad():
        draws = {
            guidance: model.sample(labels, Streams([1, 2, 3, 4]), make_sampling(guidance=guidance))
            for guidance in (0.0, 1.0, 1.0 + 1e-6, 3.0)
        }
        without = model.sample(labels + 50, Streams([1, 2, 3, 4]), make_sampling(guidance=0.0))
    torch.testing.assert_close(draws[1.0], draws[1.0 + 1e-6], atol=1e-4, rtol=0)
    assert (draws[1.0] - draws[3.0]).abs().max() > 1e-3
    torch.testing.assert_close(draws[0.0], without, atol=1e-5, rtol=0)


@pytest.mark.parametrize("path", ["attention", "embedding"])
def test_captions_reach_the_output_by_either_path(path: str) -> None:
    """A target that only the caption tells is learned through cross-attention, and through the embedding."""
    model = make_model()
    for name, parameter in model.unet.named_parameters():
        if name.startswith("caption.") if path == "attention" else "cross_attention.out" in name:
            parameter.data.zero_()
            parameter.requires_grad_(False)
    (phase,) = model.phases()
    labels = torch.tensor([3, 40]).repeat(8)
    target = torch.where(labels == 3, 1.0, -1.0)[:, None, None, None]

    def predict() -> Tensor:
        context, mask = model._captions(labels)
        return model.unet(torch.randn(16, 2, 8, 8), torch.full((16,), 99), context, mask)

    for _ in range(30):
        phase.optimizer.zero_grad()
        (predict() - target).square().mean().backward()
        phase.optimizer.step()
    with torch.no_grad():
        means = predict().mean(dim=(1, 2, 3))
    assert means[labels == 3].min() > 0.5
    assert means[labels == 40].max() < -0.5


def test_padding_is_not_seen() -> None:
    model = wake(make_model())
    features, mask = model.text(model.captions)
    assert mask.sum(dim=1).tolist() == [2 + label % 4 for label in range(100)]
    x, times = torch.randn(100, 2, 8, 8), torch.arange(100)
    with torch.no_grad():
        kept = model.unet(x, times, features, mask)
        spoiled = model.unet(x, times, torch.where(mask[:, :, None], features, 7.0), mask)
        other = model.unet(x, times, features + mask[:, :, None], mask)
        model.text.tokens.weight[0] = 7.0
        repadded, _ = model.text(model.captions)
    torch.testing.assert_close(kept, spoiled)
    torch.testing.assert_close(repadded[mask], features[mask])
    assert (repadded - features)[~mask].abs().max() > 1e-3
    assert (kept - other).abs().max() > 1e-3


def test_dropout_acts_in_training_only() -> None:
    network = SETTINGS["network"] | {"dropout": 0.5}  # type: ignore[operator]
    model = wake(make_model(network=network))
    x, times = torch.randn(8, 2, 8, 8), torch.arange(8)
    context, mask = model._captions(torch.arange(8))
    with torch.no_grad():
        kept = [model.unet(x, times, context, mask) for _ in range(2)]
        model.train()
        dropped = [model.unet(x, times, context, mask) for _ in range(2)]
    assert torch.equal(*kept)
    assert (dropped[0] - dropped[1]).abs().max() > 1e-3
    assert (kept[0] - dropped[0]).abs().max() > 1e-3


def test_all_captions_are_dropped_to_the_null_token() -> None:
    model = wake(make_model())
    context, mask = model._captions(torch.tensor([5, 6, 7]))
    shown, seen = model._drop(context, mask, torch.tensor([False, True, False]))
    assert torch.equal(shown[[0, 2]], context[[0, 2]])
    assert torch.equal(seen[[0, 2]], mask[[0, 2]])
    assert torch.equal(shown[1, 0], model.null)
    assert seen[1].tolist() == [True, False, False, False, False, False]


@pytest.mark.parametrize("channels", [[8, 8], [8, 8, 8, 8]])
def test_networks_without_eight_by_eight_latents_are_refused(channels: list[int]) -> None:
    broken = {"network": {"channels": channels, "blocks": 1}, "training": TRAINING, "kl_weight": 0.0}
    with pytest.raises(ValueError, match="the autoencoder's grid is 8 x 8, so give 3"):
        make_settings(autoencoder=broken)


def test_the_gradient_is_the_same_bits_on_several_threads() -> None:
    model, batch = make_model(), make_images(128)
    with torch.no_grad():
        encoded = Batch(model.encode(batch.images), batch.labels, 0.0)
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    try:
        gradients = []
        for _ in range(8):
            torch.manual_seed(3)
            model.zero_grad()
            model.phases()[0].loss(encoded)["loss"].backward()
            gradients.append([p.grad.clone() for p in model.text.parameters() if p.grad is not None])
    finally:
        torch.set_num_threads(before)
    assert gradients[0]
    for other in gradients[1:]:
        assert all(torch.equal(a, b) for a, b in zip(gradients[0], other, strict=True))


def test_widths_must_fit_the_heads() -> None:
    broken = {"channels": [16, 30], "blocks": 1, "heads": 4, "text_width": 16, "text_depth": 1}
    with pytest.raises(ValueError, match="width 30 is not a multiple of heads 4"):
        make_settings(network=broken)


def test_the_repositorys_own_networks_are_accepted() -> None:
    settings = load_params(ROOT / "params.yaml").models.stable_diffusion
    assert len(settings.autoencoder.network.channels) == 3
