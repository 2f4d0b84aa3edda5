"""The training loop on a small network of its own: budget, curve, resuming, failures."""

import dataclasses
import math
import os
import signal
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from gen100.errors import Interrupted, UserError
from gen100.training import checkpoint, loop
from gen100.training.average import Average
from gen100.training.feed import Feed, batches, load_split, to_float, to_uint8
from gen100.training.loop import train
from gen100.training.optimizer import build_optimizer
from gen100.training.phase import Batch, Parts, Phase, Trainable
from support.small_training import CPU, TRAINING, Line, data, run


@pytest.fixture(autouse=True)
def _checkpoint_at_every_record(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loop, "CHECKPOINT_SECONDS", 0.0)


def fresh(fail_at: float = math.inf) -> Line:
    torch.manual_seed(0)
    return Line(fail_at)


def weights(network: Trainable) -> dict[str, Tensor]:
    return {name: value.clone() for name, value in network.state_dict().items()}


def equal(first: dict[str, Tensor], second: dict[str, Tensor]) -> bool:
    return all(torch.equal(first[name], second[name]) for name in first)


def test_budget_curve_and_epochs(tmp_path: Path) -> None:
    trained = train(fresh(), data(), run(tmp_path), CPU)
    assert trained.images == 200
    assert [row["images"] for row in trained.curve][-1] == 200
    assert len(trained.curve) == 5
    assert trained.curve[-1]["epoch"] == pytest.approx(200 / 70, abs=1e-5)
    assert trained.curve[-1]["val_loss"] < trained.curve[0]["val_loss"]
    assert {"train_error", "train_loss", "val_loss"} <= trained.curve[0].keys()


@pytest.mark.parametrize("batch_size", [7, 16, 64, 200, 1000])
def test_every_batch_size_sees_the_same_number_of_images(batch_size: int) -> None:
    values = data()
    split = load_split(fresh(), values.train_images, values.train_labels, CPU, flip=True)
    feed = Feed(split, images=200, batch_size=batch_size, seed=0, flip=False)
    batches = [feed.batch(step) for step in range(feed.steps)]
    assert sum(len(batch.labels) for batch in batches) == 200
    assert max(len(batch.labels) for batch in batches) <= batch_size
    # Two whole epochs and a part of a third: no image more often than the epochs begun, none left out.
    shown = to_uint8(torch.cat([batch.images for batch in batches])).numpy()
    count = {image.tobytes(): 0 for image in values.train_images}
    for image in shown:
        count[image.tobytes()] += 1
    assert set(count.values()) == {2, 3}


@pytest.mark.parametrize("batch_size", [2, 3, 4, 64])
def test_no_batch_is_of_one_image(batch_size: int) -> None:
    for images in range(2, 40):
        count = batches(images, batch_size)
        sizes = np.diff([step * images // count for step in range(count + 1)])
        assert sizes.sum() == images
        assert sizes.min() >= 2
        assert sizes.max() <= (3 if batch_size == 2 and images % 2 else batch_size)


class Whitened(Line):
    """Of one image its batch normalization can tell nothing."""

    def __init__(self) -> None:
        super().__init__()
        self.norm = nn.BatchNorm1d(3072)
        self.sizes: list[int] = []

    def _loss(self, batch: Batch) -> Parts:
        self.sizes.append(len(batch.labels))
        return {"loss": self.map(self.norm(batch.images.flatten(1))).square().mean()}

    def validate(self, batch: Batch) -> Parts:
        self.sizes.append(len(batch.labels))
        return super().validate(batch)


def test_batch_normalization_trains_with_pairs_of_an_odd_number(tmp_path: Path) -> None:
    network = Whitened()
    settings = TRAINING.model_copy(update={"images": 7, "records": 1})
    whole = data()
    odd = dataclasses.replace(whole, test_images=whole.test_images[:5], test_labels=whole.test_labels[:5])
    train(network, odd, dataclasses.replace(run(tmp_path, batch_size=2), settings=settings), CPU)
    assert network.sizes == [2, 2, 3, 2, 3]


def test_flips_mirror_half_of_the_images() -> None:
    values = data(1000)
    split = load_split(fresh(), values.train_images, values.train_labels, CPU, flip=True)
    torch.manual_seed(0)
    batch = Feed(split, images=1000, batch_size=1000, seed=0, flip=True).batch(0)
    known = {image.tobytes() for image in values.train_images}
    kept = sum(image.tobytes() in known for image in to_uint8(batch.images).numpy())
    assert 430 < kept < 570
    turned = {np.ascontiguousarray(image[:, :, ::-1]).tobytes() for image in values.train_images}
    assert all(image.tobytes() in known | turned for image in to_uint8(batch.images).numpy())


class Coarse(Line):
    """Trains on every other pixel: of a mirror image these are others than of the image."""

    def encode(self, images: Tensor) -> Tensor:
        return images[:, :, ::2, ::2]


def test_encoded_rows_are_of_the_image_or_its_mirror_image() -> None:
    values = data(100)
    split = load_split(Coarse(), values.train_images, values.train_labels, CPU, flip=True)
    batch = Feed(split, images=100, batch_size=100, seed=0, flip=True).batch(0)
    images = torch.from_numpy(values.train_images)[batch.labels]
    sides = [to_float(side)[:, :, ::2, ::2] for side in (images, images.flip(3))]
    of_image, of_mirror = ((side == batch.images).flatten(1).all(1) for side in sides)
    assert (of_image ^ of_mirror).all()
    assert 25 < of_mirror.sum() < 75


def test_uint8_survives_the_way_to_float_and_back() -> None:
    values = torch.arange(256, dtype=torch.uint8).view(1, 1, 16, 16)
    assert to_float(values).min() == -1
    assert to_float(values).max() == 1
    assert torch.equal(to_uint8(to_float(values)), values)
    assert to_uint8(torch.tensor([-3.0, 3.0])).tolist() == [0, 255]


@pytest.mark.parametrize("step", [1, 4, 7, 12])
def test_resumed_equals_uninterrupted(tmp_path: Path, step: int) -> None:
    whole = train(fresh(), data(), run(tmp_path / "whole"), CPU)
    stopped = fresh()

    def stop(batch: Batch, loss=stopped._loss) -> Parts:
        if len(stopped.progress) == step - 1:
            os.kill(os.getpid(), signal.SIGTERM)
        return loss(batch)

    stopped._loss = stop  # type: ignore[method-assign]
    with pytest.raises(Interrupted, match="SIGTERM"):
        train(stopped, data(), run(tmp_path / "cut"), CPU)
    resumed = fresh()
    outcome = train(resumed, data(), run(tmp_path / "cut"), CPU)
    assert len(resumed.progress) == 13 - step
    assert equal(weights(outcome.network), weights(whole.network))
    assert outcome.curve == whole.curve


def test_another_fingerprint_or_damage_starts_over(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    train(fresh(), data(), run(tmp_path), CPU)
    other = fresh()
    train(other, data(), run(tmp_path, "b"), CPU)
    assert len(other.progress) == 13
    assert "other parameters" in capsys.readouterr().err
    file = tmp_path / checkpoint.NAME
    file.write_bytes(file.read_bytes()[:1000])
    damaged = fresh()
    train(damaged, data(), run(tmp_path, "b"), CPU)
    assert len(damaged.progress) == 13
    assert "damaged" in capsys.readouterr().err


class _Code:
    def __reduce__(self) -> tuple[object, tuple[str]]:
        return (os.system, ("touch ran",))


def test_a_checkpoint_with_code_is_not_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    torch.save({"fingerprint": "a", "state": _Code()}, tmp_path / checkpoint.NAME)
    assert checkpoint.load(tmp_path, "a") is None
    assert not (tmp_path / "ran").exists()


def test_a_loss_that_is_not_finite_names_phase_and_step(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"phase 'train' is not finite at step 7"):
        train(fresh(fail_at=0.5), data(), run(tmp_path), CPU)
    # What was saved is of a step before the failure.
    saved = checkpoint.load(tmp_path, "a")
    assert saved is not None
    assert all(torch.isfinite(value).all() for value in saved["network"].values())


def test_average_has_the_stated_half_life() -> None:
    network = fresh()
    average = Average(network, network.phases(), half_life=100)
    before = network.map.weight.detach().clone()
    with torch.no_grad():
        network.map.weight.add_(1)
    for _ in range(10):
        average.update(seen=10**6, batch=10)
    assert torch.allclose(average.network.map.weight, before + 0.5, atol=1e-5)  # type: ignore[union-attr]


def test_average_starts_with_a_share_of_the_images_seen() -> None:
    """Early on the half-life is a tenth of the images seen: 100 seen and a batch of 10 are one half-life."""
    network = fresh()
    average = Average(network, network.phases(), half_life=10**6)
    before = network.map.weight.detach().clone()
    with torch.no_grad():
        network.map.weight.add_(1)
    average.update(seen=100, batch=10)
    assert torch.allclose(average.network.map.weight, before + 0.5, atol=1e-5)  # type: ignore[union-attr]


class Normed(Line):
    """Has running statistics: a mean and variance to average, and a count to copy."""

    def __init__(self) -> None:
        super().__init__()
        self.norm = nn.BatchNorm1d(2)


def test_average_covers_buffers() -> None:
    network = Normed()
    average = Average(network, network.phases(), half_life=10**6)
    with torch.no_grad():
        network.norm.running_mean += 1  # type: ignore[operator]
        network.norm.num_batches_tracked += 7  # type: ignore[operator]
    average.update(seen=100, batch=10)
    state = average.network.state_dict()
    assert state["norm.running_mean"].tolist() == pytest.approx([0.5, 0.5])
    assert state["norm.num_batches_tracked"].item() == 7


class Moded(Line):
    """Notes in which mode it is asked for what."""

    def __init__(self) -> None:
        super().__init__()
        self.modes: list[tuple[str, bool]] = []

    def _loss(self, batch: Batch) -> Parts:
        self.modes.append(("train", self.training))
        return super()._loss(batch)

    def validate(self, batch: Batch) -> Parts:
        self.modes.append(("validate", self.training))
        return super().validate(batch)


def test_steps_train_and_validations_evaluate(tmp_path: Path) -> None:
    network = Moded()
    train(network, data(), run(tmp_path), CPU)
    assert set(network.modes) == {("train", True), ("validate", False)}


class Pair(Trainable):
    """Two phases over different weights; the loss of each reaches the other's unless they are held."""

    train_column = "first_loss"

    def __init__(self) -> None:
        super().__init__()
        self.one, self.two = nn.Linear(1, 1), nn.Linear(1, 1)
        self.seen: list[str] = []

    def phases(self) -> list[Phase]:
        return [
            Phase(
                "first",
                list(self.one.parameters()),
                build_optimizer(self.one.parameters(), TRAINING.optimizer),
                self._first,
            ),
            Phase(
                "second",
                list(self.two.parameters()),
                build_optimizer(self.two.parameters(), TRAINING.optimizer),
                self._second,
                4,
            ),
        ]

    def _first(self, _batch: Batch) -> Parts:
        self.seen.append("first")
        assert not any(p.requires_grad for p in self.two.parameters())
        return {"loss": self.two(self.one(torch.ones(1, 1))).square().mean()}

    def _second(self, _batch: Batch) -> Parts:
        self.seen.append("second")
        assert not any(p.requires_grad for p in self.one.parameters())
        return {"loss": self.two(self.one(torch.ones(1, 1))).square().mean()}

    def validate(self, batch: Batch) -> Parts:
        return {"loss": batch.images.new_zeros(())}


def test_phases_run_when_due_and_reach_their_weights_only(tmp_path: Path) -> None:
    network = Pair()
    trained = train(network, data(), run(tmp_path), CPU)
    assert network.seen.count("first") == 13
    assert network.seen.count("second") == 4
    assert trained.curve[0].keys() >= {"first_loss", "second_loss", "val_loss"}
    assert trained.curve[0]["train_loss"] == trained.curve[0]["first_loss"]
