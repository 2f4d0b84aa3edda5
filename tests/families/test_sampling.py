"""Samples as the sample stage draws them: each image from its own stream, whatever the batch."""

import numpy as np
import pytest
import torch
from torch import Tensor

from gen100.config import Sampling
from gen100.data.arrays import sample_labels
from gen100.errors import UserError
from gen100.families.interfaces import GenerativeModel, Noise
from gen100.sampling import Streams, draw
from gen100.training.phase import Batch, Parts, Phase

CPU = torch.device("cpu")
SAMPLING = Sampling(images=110, steps=1, guidance=1.0, temperature=1.0, top_k=0)


class Echo(GenerativeModel):
    """Images made of the label and of two kinds of noise."""

    def phases(self) -> list[Phase]:
        return []

    def validate(self, batch: Batch) -> Parts:
        return {"loss": batch.images.sum()}

    def sample(self, labels: Tensor, noise: Noise, sampling: Sampling) -> Tensor:
        del sampling
        shift = labels.view(-1, 1, 1, 1) / 100 + noise.uniform(1, 1, 1)
        return (noise.normal(3, 32, 32) * 0.1 + shift - 1).clamp(-1, 1)


@pytest.mark.parametrize("batch_size", [3, 7, 64])
def test_samples_do_not_depend_on_the_batch(batch_size: int) -> None:
    whole = draw(Echo(), SAMPLING, 0, CPU, 110)
    assert whole.shape == (110, 3, 32, 32)
    assert whole.dtype == np.uint8
    assert np.array_equal(draw(Echo(), SAMPLING, 0, CPU, batch_size), whole)


def test_samples_depend_on_the_seed_and_the_image() -> None:
    first, second = draw(Echo(), SAMPLING, 0, CPU, 50), draw(Echo(), SAMPLING, 1, CPU, 50)
    assert not np.array_equal(first, second)
    assert len(np.unique(first.reshape(110, -1), axis=0)) == 110


class Broken(Echo):
    """One number of one image overflows."""

    def sample(self, labels: Tensor, noise: Noise, sampling: Sampling) -> Tensor:
        images = super().sample(labels, noise, sampling)
        images[labels == 77, 0, 3, 3] = torch.nan
        return images


def test_samples_that_are_not_finite_are_refused() -> None:
    with pytest.raises(UserError, match="not finite, in images 75 to 99"):
        draw(Broken(), SAMPLING, 0, CPU, 25)


def test_another_seed_of_sampling_draws_other_samples_of_the_same_run() -> None:
    def seeded(seed: int | None) -> Sampling:
        return Sampling(images=110, seed=seed)

    runs = draw(Echo(), seeded(None), 3, CPU, 50)
    assert np.array_equal(runs, draw(Echo(), SAMPLING, 3, CPU, 50))
    drawn = [runs, draw(Echo(), seeded(3), 3, CPU, 50), draw(Echo(), seeded(7), 3, CPU, 50)]
    # Those of other runs too, which count as drawn apart.
    drawn += [draw(Echo(), seeded(7), 4, CPU, 50), draw(Echo(), seeded(4), 7, CPU, 50)]
    assert len(np.unique(np.concatenate(drawn).reshape(550, -1), axis=0)) == 550


@pytest.mark.parametrize("count", [100, 2000, 50_000])
def test_classes_come_in_turn(count: int) -> None:
    assert np.array_equal(sample_labels(count), np.arange(count) % 100)


@pytest.mark.parametrize("count", [101, 150, 199, 1050, 1234])
def test_a_rest_is_spread_over_the_classes(count: int) -> None:
    """No half, quarter or tenth of the classes, in the order of the alphabet, has more than its share."""
    labels = sample_labels(count)
    assert labels.shape == (count,)
    frequency = np.bincount(labels, minlength=100)
    assert frequency.max() - frequency.min() == 1
    for parts in (2, 4, 10):
        shares = frequency.reshape(parts, -1).sum(1)
        assert shares.max() - shares.min() <= 1


def test_a_stream_belongs_to_its_image() -> None:
    whole, part = Streams(5, 0, 6, CPU), Streams(5, 2, 4, CPU)
    assert torch.equal(whole.normal(4)[2:4], part.normal(4))
    assert torch.equal(whole.uniform(3)[2:4], part.uniform(3))


def test_streams_are_normal_and_uniform() -> None:
    streams = Streams(1, 0, 200, CPU)
    normal, uniform = streams.normal(100), streams.uniform(100)
    assert normal.mean().abs() < 0.03
    assert abs(normal.std() - 1) < 0.03
    assert 0 <= uniform.min() < 0.001
    assert 0.999 < uniform.max() < 1
