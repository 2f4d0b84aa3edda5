"""A real process is stopped in the middle of training and started again: the same bits as without a stop."""

import signal
from collections.abc import Callable
from pathlib import Path

import pytest

from gen100.cells import Cell
from support.faults import send_and_end, start_and_hold
from support.processes import Process

CELLS = [
    "vae-mi-128",
    "dalle-mse-128",
    "stylegan2-hinge-128",
    "stylegan2-wasserstein-128",
    "stable_diffusion-huber-128",
]
SMALL = {"images": 640, "records": 20, "ema_images": 100, "optimizer": {"lr": 1e-3}}


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("resume")


@pytest.fixture
def ready(workspace: Path, write_params: Callable[..., None], gen100: Process) -> Path:
    """A workspace with data, and very short runs."""
    changes = {f"models__{model}__training": SMALL for model in ("vae", "dalle", "stylegan2", "stable_diffusion")}
    changes |= {f"models__{model}__autoencoder__training": SMALL for model in ("dalle", "stable_diffusion")}
    data = {"synthetic": {"train": 200, "test": 100, "seed": 0}}
    write_params(workspace, data=data, cells=CELLS, **changes)
    if not (workspace / "data/cifar100.npz").exists():
        gen100(workspace, "fetch")
        gen100(workspace, "prepare")
    return workspace


def stop_midway(folder: Path, place: str, number: signal.Signals, *arguments: str) -> None:
    """Start a stage from the beginning, and send it a signal where it has a checkpoint."""
    (folder / "checkpoints" / place / "state.pt").unlink()
    said = send_and_end(start_and_hold(folder, *arguments), number)
    assert (folder / "checkpoints" / place / "state.pt").exists()
    if number == signal.SIGTERM:
        assert "checkpoint saved" in said


@pytest.mark.parametrize("cell", CELLS)
def test_training_killed_and_resumed(ready: Path, gen100: Process, cell: str) -> None:
    number = signal.SIGKILL if cell in CELLS[::2] else signal.SIGTERM
    if name := Cell.parse(cell).autoencoder:
        gen100(ready, "autoencoder", name, 0)
    gen100(ready, "train", cell, 0)
    folder = ready / "results" / cell / "0"
    names = ["model.safetensors", "curve.csv"]
    whole = [(folder / name).read_bytes() for name in names]
    for name in names:
        (folder / name).unlink()
    stop_midway(ready, f"train/{cell}/0", number, "train", cell, "0")
    assert not (folder / "model.safetensors").exists()
    gen100(ready, "train", cell, 0)
    assert [(folder / name).read_bytes() for name in names] == whole


def test_autoencoder_killed_and_resumed(ready: Path, gen100: Process) -> None:
    cell, name = "dalle-mse-128", "model.safetensors"
    folder = ready / "results/autoencoders" / cell / "0"
    gen100(ready, "autoencoder", cell, 0)
    whole = (folder / name).read_bytes()
    (folder / name).unlink()
    stop_midway(ready, f"autoencoder/{cell}/0", signal.SIGKILL, "autoencoder", cell, "0")
    gen100(ready, "autoencoder", cell, 0)
    assert (folder / name).read_bytes() == whole
