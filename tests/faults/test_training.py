"""Checkpoints that cannot be gone on from, and training that runs into numbers that are not finite."""

import json
import os
import signal
from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from gen100.errors import UserError
from gen100.training import checkpoint, loop
from gen100.training.phase import Batch, Parts
from support.faults import (
    MAIN,
    OFTEN,
    SMALL,
    close_the_terminal,
    contents,
    refusal,
    send_and_end,
    start,
    start_and_hold,
    tiny,
)
from support.processes import Process
from support.small_training import CPU, Line, data, run

CELL = "vae-elbo-128"
STATE = f"checkpoints/train/{CELL}/0/state.pt"


class Code:
    """Pickled, a call of the system's shell."""

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return os.system, ("touch ran",)


def stop_at_a_checkpoint(workspace: Path) -> bytes:
    """Train until there is a checkpoint; what it holds."""
    file = workspace / STATE
    file.unlink()
    send_and_end(start_and_hold(workspace, "train", CELL, 0), signal.SIGTERM)
    return file.read_bytes()


@pytest.fixture(scope="module")
def good() -> list[bytes]:
    """A checkpoint to go on from, once a test has made it."""
    return []


@pytest.mark.parametrize(
    ("fault", "line"),
    [
        ("parameters", "belongs to other parameters, data or code: starting over"),
        ("cut", "is damaged"),
        ("flipped", "is damaged"),
        ("code", "is damaged"),
    ],
)
def test_a_checkpoint_of_no_use_is_named_and_training_starts_over(
    trained: Path, write_params: Callable[..., None], gen100: Process, good: list[bytes], fault: str, line: str
) -> None:
    target, file = trained / "results" / CELL / "0", trained / STATE
    before = contents(target)
    if fault == "parameters":
        write_params(trained, **tiny(models__vae__training={**SMALL, "ema_images": 50}))
        stop_at_a_checkpoint(trained)
        write_params(trained, **tiny())
    else:
        if not good:
            good.append(stop_at_a_checkpoint(trained))
        content = bytearray(good[0])
        if fault == "cut":
            del content[len(content) // 2 :]
        elif fault == "flipped":
            content[len(content) // 2] ^= 255
        file.write_bytes(content)
        if fault == "code":
            mark = torch.load(file, weights_only=True)["fingerprint"]
            torch.save({"fingerprint": mark, "state": Code()}, file)
    said = gen100(trained, "train", CELL, 0).stderr
    named = f"checkpoint {STATE} {line}"
    assert [text for text in said.splitlines() if text.startswith(named) and text.endswith("starting over")], said
    assert not (trained / "ran").exists()
    for name in ("model.safetensors", "curve.csv"):
        assert (target / name).read_bytes() == before[name]


def test_outputs_that_are_deleted_are_written_again_without_training(trained: Path, gen100: Process) -> None:
    """As Snakemake deletes them where its clock check finds an input of the future."""
    target = trained / "results" / CELL / "0"
    before = contents(target)
    for name in before:
        (target / name).unlink()
    said = gen100(trained, "train", CELL, 0).stderr
    assert f"train {CELL}/0: trained already: outputs are made of {STATE}" in said
    assert contents(target) == before


def test_a_finished_run_goes_on_for_more_images(
    trained: Path, write_params: Callable[..., None], gen100: Process
) -> None:
    target = trained / "results" / CELL / "0"
    seconds = json.loads((target / "run.json").read_text())["seconds"]
    write_params(trained, **tiny(models__vae__training={**SMALL, "images": 1280}))
    said = gen100(trained, "train", CELL, 0).stderr
    assert f"train {CELL}/0: going on from 640 of 1,280 images" in said
    longer, record = contents(target), json.loads((target / "run.json").read_text())
    assert record["images_seen"] == 1280
    assert record["seconds"] > seconds
    images = [int(line.split(",")[2]) for line in longer["curve.csv"].decode().splitlines()[1:]]
    assert images == [640, 1280]
    (trained / STATE).unlink()
    assert "going on" not in gen100(trained, "train", CELL, 0).stderr
    assert contents(target)["model.safetensors"] == longer["model.safetensors"]
    write_params(trained, **tiny())
    said = gen100(trained, "train", CELL, 0).stderr
    assert f"checkpoint {STATE} is of 1,280 images and 2 records instead of 640 and 2" in said
    assert "starting over" in said


def test_a_rate_that_is_too_high_names_phase_and_step(
    trained: Path, write_params: Callable[..., None], gen100: Process
) -> None:
    target = trained / "results" / CELL / "0"
    before = contents(target)
    for name in ("model.safetensors", "curve.csv", "run.json"):
        (target / name).unlink()
    write_params(trained, **tiny(models__vae__training={**SMALL, "optimizer": {"lr": 1e25}}))
    said = refusal(start(trained, "train", CELL, 0, program=OFTEN + MAIN))
    write_params(trained, **tiny())
    assert f"gen100: train {CELL}/0: the loss of phase 'train' is not finite at step " in said
    assert "lower that learning rate in params.yaml and start again" in said
    assert not {"model.safetensors", "curve.csv", "run.json"} & set(contents(target))
    saved = torch.load(trained / STATE, weights_only=True)["state"]
    assert all(value.isfinite().all() for key in ("network", "average") for value in saved[key].values())
    gen100(trained, "train", CELL, 0)
    assert (target / "model.safetensors").read_bytes() == before["model.safetensors"]


LONG = {**SMALL, "images": 2560}


def test_a_closed_terminal_saves_a_checkpoint(trained: Path, write_params: Callable[..., None]) -> None:
    write_params(trained, **tiny(models__vae__training=LONG))
    (trained / STATE).unlink()
    assert close_the_terminal(trained, "train", CELL, 0) == 128 + signal.SIGHUP
    assert 0 < torch.load(trained / STATE, weights_only=True)["state"]["step"] < LONG["images"] // 32
    said = send_and_end(start_and_hold(trained, "train", CELL, 0), signal.SIGHUP)
    write_params(trained, **tiny())
    assert "going on from" in said
    assert "gen100: stopped by SIGHUP at " in said
    assert "checkpoint saved, start again to go on" in said


def test_under_nohup_training_goes_on_though_its_terminal_is_closed(
    trained: Path, write_params: Callable[..., None]
) -> None:
    write_params(trained, **tiny(models__vae__training=LONG))
    (trained / STATE).unlink(missing_ok=True)
    # As `nohup` does, but its output stays the terminal's.
    ignoring = "sh", "-c", 'trap "" HUP; exec "$@"', "sh"
    assert close_the_terminal(trained, "train", CELL, 0, before=ignoring) == 0
    write_params(trained, **tiny())
    assert '"images_seen": 2560' in (trained / "results" / CELL / "0/run.json").read_text()


class Kink(Line):
    """From half of training on, its loss is finite but its gradient is not: the root's at 0."""

    def _loss(self, batch: Batch) -> Parts:
        parts = super()._loss(batch)
        if batch.progress >= 0.5:
            zero = self.map.bias - self.map.bias.detach()
            parts["loss"] = parts["loss"] + zero.abs().sqrt().sum()
        return parts


def test_a_gradient_that_is_not_finite_gets_into_no_checkpoint(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loop, "CHECKPOINT_SECONDS", 0.0)
    with pytest.raises(UserError, match=r"a weight of phase 'train' is not finite at step 8: lower that"):
        loop.train(Kink(), data(), run(tmp_path), CPU)
    saved = checkpoint.load(tmp_path, "a")
    assert saved is not None
    assert saved["step"] == 7
    assert all(value.isfinite().all() for key in ("network", "average") for value in saved[key].values())
