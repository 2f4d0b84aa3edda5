"""The VAE: shapes, learning on a fixed batch, sampling that does not depend on how batches are cut."""

import pytest
import torch
from pydantic import ValidationError
from torch import Tensor

from gen100.cells import Cell
from gen100.config import Sampling
from gen100.families.registry import FAMILIES
from gen100.families.vae.model import Vae
from gen100.families.vae.settings import VaeSettings
from gen100.nn.convolutional import Decoder, Encoder, ResidualBlock
from gen100.settings import ConvNetwork, Optimizer, Training
from gen100.training.phase import Batch

SAMPLING = Sampling(images=100, steps=1, guidance=1.0, temperature=1.0, top_k=0)


class SeededNoise:
    """One generator per image, so that an image's numbers do not depend on its batch."""

    def __init__(self, seeds: range) -> None:
        self._generators = [torch.Generator().manual_seed(seed) for seed in seeds]

    def normal(self, *shape: int) -> Tensor:
        return torch.stack([torch.randn(*shape, generator=generator) for generator in self._generators])

    def uniform(self, *shape: int) -> Tensor:
        return torch.stack([torch.rand(*shape, generator=generator) for generator in self._generators])


def vae(loss: str = "elbo", latent: int = 16, channels: tuple[int, ...] = (8, 16, 16)) -> Vae:
    torch.manual_seed(0)
    settings = VaeSettings(
        network=ConvNetwork(channels=list(channels), blocks=1),
        training=Training(images=1000, optimizer=Optimizer(lr=2e-3), ema_images=100),
        mi_weight=1.0,
        mmd_weight=1000.0,
    )
    return Vae(Cell("vae", loss, latent), settings)


def batch(rows: int = 16) -> Batch:
    """Smooth images: a coarse pattern each, enlarged."""
    coarse = torch.rand(rows, 3, 4, 4, generator=torch.Generator().manual_seed(1)) * 2 - 1
    images = torch.nn.functional.interpolate(coarse, size=32, mode="bilinear")
    return Batch(images, torch.zeros(rows, dtype=torch.long), 0.0)


@pytest.mark.parametrize(("channels", "side"), [((8,), 32), ((8, 12, 20), 8), ((8, 8, 8, 6), 4)])
def test_encoder_and_decoder_mirror_each_other(channels: tuple[int, ...], side: int) -> None:
    features = Encoder(channels, 1, 7)(torch.randn(2, 3, 32, 32))
    assert features.shape == (2, 7, side, side)
    assert Decoder(channels, 2, 7, out_channels=5)(features).shape == (2, 5, 32, 32)


def test_a_residual_block_starts_as_the_identity_and_learns() -> None:
    block, features = ResidualBlock(8), torch.randn(2, 8, 4, 4)
    torch.testing.assert_close(block(features), features)
    block(features).square().sum().backward()
    last = list(block.parameters())[-2]
    assert last.grad is not None
    assert last.grad.abs().sum() > 0


def test_too_many_widths_are_refused() -> None:
    assert ConvNetwork(channels=[8] * 6, blocks=1).channels == [8] * 6
    with pytest.raises(ValidationError, match="at most 6"):
        ConvNetwork(channels=[8] * 7, blocks=1)


@pytest.mark.parametrize("loss", FAMILIES["vae"].losses)
def test_training_lowers_the_loss_of_a_fixed_batch(loss: str) -> None:
    model, images = vae(loss), batch()
    (phase,) = model.phases()
    assert {id(p) for p in phase.parameters} == {id(p) for p in model.parameters()}
    history = []
    for step in range(60):
        torch.manual_seed(step)
        parts = phase.loss(images)
        phase.optimizer.zero_grad()
        parts["loss"].backward()
        phase.optimizer.step()
        history.append({name: part.item() for name, part in parts.items()})
    assert all(p.grad is not None and p.grad.isfinite().all() for p in model.parameters())
    assert sum(row["loss"] for row in history[-5:]) / 5 < history[0]["loss"] - 1000
    assert history[-1]["mse"] < 0.5 * history[0]["mse"]


def test_validation_returns_the_objective_s_parts_as_scalars() -> None:
    names = {"elbo": {"kl"}, "mi": {"kl", "mi"}, "wae": {"mmd"}}
    for loss, own in names.items():
        parts = vae(loss).eval().validate(batch())
        assert set(parts) == {"loss", "reconstruction", "mse"} | own
        assert all(part.shape == () and part.isfinite() for part in parts.values())


@pytest.mark.parametrize("latent", [3, 128])
def test_samples_do_not_depend_on_the_batch_size(latent: int) -> None:
    model = vae(latent=latent, channels=(8, 8, 8, 8)).eval()
    with torch.no_grad():
        for parameter in model.parameters():  # away from the initialization, where blocks are the identity
            parameter.add_(0.05 * torch.randn_like(parameter))
        whole = model.sample(torch.zeros(6, dtype=torch.long), SeededNoise(range(6)), SAMPLING)
        cuts = [range(0, 1), range(1, 4), range(4, 6)]
        parts = [model.sample(torch.zeros(len(c), dtype=torch.long), SeededNoise(c), SAMPLING) for c in cuts]
    assert whole.shape == (6, 3, 32, 32)
    assert whole.abs().max() <= 1
    torch.testing.assert_close(whole, torch.cat(parts), atol=1e-4, rtol=0)
    assert (whole[0] - whole[1]).abs().max() > 1e-2


def test_the_posterior_stays_finite_for_wild_weights() -> None:
    model = vae("mi")
    with torch.no_grad():
        for parameter in model.to_posterior.parameters():
            parameter.mul_(1e4)
    assert all(part.isfinite() for part in model.validate(batch()).values())
