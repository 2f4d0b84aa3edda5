"""StyleGAN2: its phases, that training works, and its samples."""

import math

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from gen100.cells import Cell
from gen100.config import Sampling
from gen100.families.stylegan2.model import StyleGan2
from gen100.families.stylegan2.settings import StyleGan2Settings
from gen100.training.phase import Batch, Phase

LATENT = 16
SAMPLING = Sampling(images=100, steps=1, guidance=1.0, temperature=1.0, top_k=0)


def settings(**changes: object) -> StyleGan2Settings:
    values: dict[str, object] = {
        "network": {"channels": [8, 8, 16, 16], "mapping_layers": 2},
        "training": {
            "images": 1000,
            "optimizer": {"lr": 5.0e-3, "betas": (0.0, 0.99), "warmup_images": 128},
            "ema_images": 100,
        },
        "discriminator_lr": 4.0e-3,
        "r1_weight": 0.1,
        "r1_every": 16,
        "gradient_penalty_weight": 10.0,
        "augment": ["color", "translation", "cutout"],
    }
    return StyleGan2Settings.model_validate(values | changes)


def model(loss: str, **changes: object) -> StyleGan2:
    torch.manual_seed(0)
    return StyleGan2(Cell("stylegan2", loss, LATENT), settings(**changes))


def batch(size: int = 8) -> Batch:
    generator = torch.Generator().manual_seed(5)
    low = torch.rand(size, 3, 4, 4, generator=generator) * 2 - 1
    return Batch(F.interpolate(low, size=32), torch.zeros(size, dtype=torch.int64), 0.0)


def update(network: StyleGan2, phase: Phase, seen: Batch) -> dict[str, float]:
    """One update as the loop does it: gradients for the phase's parameters only."""
    chosen = {id(parameter) for parameter in phase.parameters}
    for parameter in network.parameters():
        parameter.requires_grad_(id(parameter) in chosen)
        parameter.grad = None
    parts = phase.loss(seen)
    parts["loss"].backward()
    phase.optimizer.step()
    return {name: value.item() for name, value in parts.items()}


class Streams:
    """One generator per image."""

    def __init__(self, seeds: range):
        self.generators = [torch.Generator().manual_seed(seed) for seed in seeds]

    def normal(self, *shape: int) -> Tensor:
        return torch.stack([torch.randn(*shape, generator=generator) for generator in self.generators])

    def uniform(self, *shape: int) -> Tensor:
        return torch.stack([torch.rand(*shape, generator=generator) for generator in self.generators])


@pytest.mark.parametrize(
    ("loss", "expected"),
    [
        ("wasserstein", {"generator": 1, "discriminator": 1}),
        ("hinge", {"generator": 1, "discriminator": 1, "r1": 16}),
        ("lsgan", {"generator": 1, "discriminator": 1, "r1": 16}),
    ],
)
def test_phases_in_order(loss: str, expected: dict[str, int]) -> None:
    network = model(loss)
    phases = network.phases()
    assert {phase.name: phase.every for phase in phases} == expected
    assert next(iter(expected)) == phases[0].name
    assert all(phase.warmup_images == 128 for phase in phases)
    optimizer = phases[1].optimizer
    (generator,), (discriminator,) = phases[0].optimizer.param_groups, optimizer.param_groups
    assert generator["initial_lr"] == pytest.approx(5e-3)
    share = 1.0 if loss == "wasserstein" else 16 / 17
    assert discriminator["initial_lr"] == pytest.approx(4e-3 * share)
    assert discriminator["betas"] == pytest.approx((0.0, 0.99**share))
    assert all(phase.optimizer is optimizer for phase in phases[1:])


@pytest.mark.parametrize("loss", ["wasserstein", "hinge"])
def test_phases_give_gradients_to_their_own_network_only(loss: str) -> None:
    network = model(loss)
    for phase in network.phases():
        parts = update(network, phase, batch(6))
        assert all(math.isfinite(value) for value in parts.values())
        own = network.generator if phase.name == "generator" else network.discriminator
        with_gradient = {id(parameter) for parameter in network.parameters() if parameter.grad is not None}
        assert with_gradient <= {id(parameter) for parameter in own.parameters()}
        if phase.name != "r1":  # R1 does not reach biases that shift logits alone
            assert len(with_gradient) == len(list(own.parameters()))


def test_r1_phase_weighs_the_penalty() -> None:
    network = model("hinge", augment=[])
    parts = network.r1_loss(batch())
    images = batch().images.requires_grad_(True)
    (gradient,) = torch.autograd.grad(network.discriminator(images).sum(), images)
    penalty = gradient.square().sum() / 8
    torch.testing.assert_close(parts["penalty"], penalty, rtol=1e-4, atol=1e-8)
    torch.testing.assert_close(parts["loss"], 0.1 / 2 * 16 * penalty, rtol=1e-4, atol=1e-8)


def test_wasserstein_adds_its_weighted_penalty() -> None:
    parts = model("wasserstein").discriminator_loss(batch())
    expected = parts["fake_logit"] - parts["real_logit"] + 10.0 * parts["penalty"]
    torch.testing.assert_close(parts["loss"], expected)
    assert 0 < parts["penalty"].item() < 10


@pytest.mark.parametrize("loss", ["wasserstein", "hinge", "lsgan"])
def test_discriminator_learns_against_a_fixed_generator(loss: str) -> None:
    network, seen = model(loss, augment=[]), batch(16)
    phases = network.phases()
    before = network.validate(seen)
    for _ in range(15):
        update(network, phases[1], seen)
    after = network.validate(seen)
    assert set(after) == {"loss", "generator", "real_logit", "fake_logit"}
    assert after["loss"] < before["loss"] - 0.2
    assert after["real_logit"] > after["fake_logit"] + 0.5


@pytest.mark.parametrize("loss", ["wasserstein", "hinge", "lsgan"])
def test_generator_learns_against_a_fixed_discriminator(loss: str) -> None:
    network, seen = model(loss, augment=[]), batch(16)
    phases = network.phases()
    for _ in range(15):
        update(network, phases[1], seen)
    before = network.validate(seen)["generator"]
    for _ in range(15):
        update(network, phases[0], seen)
    assert network.validate(seen)["generator"] < before - 0.2


def test_columns_name_recorded_parts() -> None:
    network = model("hinge")
    columns = {f"{phase.name}_{part}" for phase in network.phases() for part in phase.loss(batch())}
    assert {network.train_column, network.val_column} <= columns


def test_bfloat16_autocast() -> None:
    network = model("wasserstein")
    with torch.autocast("cpu", dtype=torch.bfloat16):
        for phase in network.phases():
            assert math.isfinite(update(network, phase, batch())["loss"])


@torch.no_grad()
def test_samples_do_not_depend_on_the_batch() -> None:
    network = model("hinge").eval()
    for name, parameter in network.generator.named_parameters():
        if name.endswith("noise_strength"):
            torch.nn.init.constant_(parameter, 0.3)
    labels = torch.zeros(5, dtype=torch.int64)
    together = network.sample(labels, Streams(range(5)), SAMPLING)
    parts = [network.sample(labels[a:b], Streams(range(a, b)), SAMPLING) for a, b in [(0, 2), (2, 3), (3, 5)]]
    assert together.shape == (5, 3, 32, 32)
    assert together.abs().max() <= 1
    assert (together[0] - together[1]).abs().max() > 0.1
    torch.testing.assert_close(together, torch.cat(parts), atol=1e-4, rtol=0)
