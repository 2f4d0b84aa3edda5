"""A finished training: its outcome is written again, and it goes on to another budget with a whole one's bits."""

import dataclasses
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

from gen100.cells import Cell
from gen100.config import FeatureNetworkSettings, Params
from gen100.errors import Interrupted
from gen100.families.build import build_model
from gen100.families.registry import FAMILIES
from gen100.metrics.network import FeatureNetwork
from gen100.training import checkpoint, loop
from gen100.training.loop import Run, Trained
from gen100.training.phase import Batch, Parts, Trainable
from support.small_training import CPU, TRAINING, Line, data, run


class Annealed(Line):
    """Its noise falls over the budget."""

    def depends_on_budget(self) -> bool:
        return True

    def _loss(self, batch: Batch) -> Parts:
        return super()._loss(dataclasses.replace(batch, images=batch.images * (1 - batch.progress)))


def of(folder: Path, images: int, records: int = 5, batch_size: int = 16) -> Run:
    settings = TRAINING.model_copy(update={"images": images, "records": records})
    return dataclasses.replace(run(folder, batch_size=batch_size), settings=settings)


def train(asked: Run, kind: type[Line] = Line) -> tuple[Trained, int]:
    """The outcome, and how many steps were taken for it."""
    torch.manual_seed(0)
    network = kind()
    return loop.train(network, data(), asked, CPU), len(network.progress)


def weights(trained: Trained) -> dict[str, Tensor]:
    return trained.network.state_dict()


def equal(first: Trained, second: Trained) -> bool:
    one, other = weights(first), weights(second)
    return one.keys() == other.keys() and all(torch.equal(one[name], other[name]) for name in one)


def test_the_outcome_is_had_again_without_a_step(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    first, _ = train(of(tmp_path, 200))
    again, steps = train(of(tmp_path, 200))
    assert steps == 0
    assert equal(first, again)
    assert dataclasses.replace(first, network=again.network) == again
    assert f"line: trained already: outputs are made of {tmp_path / checkpoint.NAME}" in capsys.readouterr().err


def rows(trained: Trained) -> Any:
    return [pytest.approx(row, rel=1e-12) for row in trained.curve]


def test_fewer_records_of_a_finished_training_take_no_step(tmp_path: Path) -> None:
    first, _ = train(of(tmp_path / "cut", 160, records=10))
    again, steps = train(of(tmp_path / "cut", 160, records=5))
    whole, _ = train(of(tmp_path / "whole", 160, records=5))
    assert steps == 0
    assert equal(first, again)
    assert again.curve == rows(whole)


@pytest.mark.parametrize(
    ("before", "now", "records"),
    [(160, 320, (5, 5)), (160, 480, (5, 5)), (160, 320, (5, 10)), (160, 240, (2, 3)), (156, 312, (5, 5))],
)
def test_it_goes_on_to_more_images(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], before: int, now: int, records: tuple[int, int]
) -> None:
    """To the weights and curve of a whole training; budgets are multiples of the batch size, or of each other."""
    first, taken = train(of(tmp_path / "cut", before, records[0]))
    longer, steps = train(of(tmp_path / "cut", now, records[1]))
    whole, all_steps = train(of(tmp_path / "whole", now, records[1]))
    assert f"going on from {before} of {now} images" in capsys.readouterr().err
    assert taken + steps == all_steps
    assert equal(longer, whole)
    assert longer.curve == rows(whole)
    assert longer.images == now
    assert longer.seconds > first.seconds


def test_rows_that_were_not_recorded_are_not_made_up(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    train(of(tmp_path / "cut", 160, records=2))
    other, _ = train(of(tmp_path / "cut", 240, records=2))
    whole, _ = train(of(tmp_path / "whole", 240, records=2))
    said = "160 images and 2 records instead of 240 and 2, with rows of the curve at steps that were not recorded"
    assert said in capsys.readouterr().err
    assert other.curve == whole.curve


@pytest.mark.parametrize(
    ("kind", "before", "now", "why"),
    [
        (Line, 160, 330, "330 and 5, which is cut into other batches: choose multiples of the batch size, 16"),
        (Line, 200, 320, "320 and 5, which is cut into other batches"),
        (Line, 160, 80, "80 and 5, and already at 80 images or beyond"),
        (Annealed, 160, 320, "320 and 5, and what a step does depends on the budget"),
    ],
)
def test_where_it_cannot_go_on_it_says_why_it_starts_over(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], kind: type[Line], before: int, now: int, why: str
) -> None:
    train(of(tmp_path / "cut", before), kind)
    other, _ = train(of(tmp_path / "cut", now), kind)
    said = capsys.readouterr().err
    whole, _ = train(of(tmp_path / "whole", now), kind)
    line = f"checkpoint {tmp_path / 'cut' / checkpoint.NAME} is of {before} images and 5 records instead of {why}"
    assert [text for text in said.splitlines() if text.startswith(line) and text.endswith(": starting over")]
    assert equal(other, whole)
    assert other.curve == whole.curve


class Stopped(Line):
    """Fails at its fifth step."""

    def _loss(self, batch: Batch) -> Parts:
        if len(self.progress) == 4:
            raise Interrupted(15, "its fifth step")
        return super()._loss(batch)


def test_the_state_before_is_there_until_a_new_one_is_saved(tmp_path: Path) -> None:
    train(of(tmp_path, 160))
    before = (tmp_path / checkpoint.NAME).read_bytes()
    with pytest.raises(Interrupted):
        train(of(tmp_path, 330), Stopped)
    assert (tmp_path / checkpoint.NAME).read_bytes() == before


@pytest.mark.parametrize(("now", "records"), [(96, 3), (320, 5)])
def test_an_unfinished_training_goes_on_to_another_budget(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, now: int, records: int
) -> None:
    monkeypatch.setattr(loop, "CHECKPOINT_SECONDS", 0.0)
    with pytest.raises(Interrupted):
        train(of(tmp_path / "cut", 160), Stopped)
    other, steps = train(of(tmp_path / "cut", now, records))
    whole, _ = train(of(tmp_path / "whole", now, records))
    assert steps == now // 16 - 4
    assert equal(other, whole)
    assert other.curve == rows(whole)


def build(kind: str, family: str, params: Params) -> Trainable:
    """A network of a family's first cell of 128 dimensions."""
    cell = next(cell for cell in map(Cell.parse, params.cells) if (cell.family, cell.latent) == (family, 128))
    first = FAMILIES[family].build_autoencoder(cell, params.settings(cell), None) if cell.autoencoder else None
    if kind == "autoencoder":
        assert first is not None
        return first
    return build_model(params, cell, [f"class {number}" for number in range(100)], first)


@pytest.mark.parametrize(
    ("kind", "family"),
    [("model", name) for name in FAMILIES]
    + [("autoencoder", name) for name, family in FAMILIES.items() if family.autoencoder]
    + [("feature network", "")],
)
def test_every_network_ends_with_the_bits_of_a_whole_training(
    tmp_path: Path, demo_params: dict[str, Any], capsys: pytest.CaptureFixture[str], kind: str, family: str
) -> None:
    """Whether it goes on, or says that it depends on the budget and starts over."""
    params = Params.model_validate(demo_params)
    settings = FeatureNetworkSettings(channels=[8, 8], batch_size=8, training=TRAINING)

    def build_again() -> Trainable:
        return build(kind, family, params) if family else FeatureNetwork(settings)

    def train(folder: str, images: int) -> Trained:
        torch.manual_seed(0)
        return loop.train(build_again(), data(), of(tmp_path / folder, images, images // 16, 8), CPU)

    train("cut", 16)
    capsys.readouterr()
    longer = train("cut", 32)
    assert ("going on from 16 of 32 images" in capsys.readouterr().err) is not build_again().depends_on_budget()
    assert equal(longer, train("whole", 32))
