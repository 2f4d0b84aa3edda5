"""Two copies of one stage at once, as when a killed node's step lives on while its job was queued again."""

import shutil
import signal
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from support.faults import (
    AS_A_USER,
    SMALL,
    Started,
    contents,
    lock_held,
    refusal,
    says,
    start,
    start_and_hold,
    tiny,
)
from support.processes import Process, environment

VAE, STAGED = "vae-elbo-128", ["stable_diffusion-mse-128", "stable_diffusion-mae-128"]
SHARED = "stable_diffusion-128"


@pytest.fixture
def workspace(folder: Path, write_params: Callable[..., None], gen100: Process) -> Path:
    """A workspace with its data prepared, and nothing trained."""
    write_params(folder, **tiny(cells=[VAE, *STAGED]))
    if not (folder / "data/cifar100.npz").exists():
        for stage in ("fetch", "prepare"):
            gen100(folder, stage)
    shutil.rmtree(folder / "results", ignore_errors=True)
    return folder


@pytest.fixture
def midway(workspace: Path) -> Iterator[Callable[..., Started]]:
    """Start a training stage, and hold it where it has written a checkpoint."""
    started: list[Started] = []

    def begin(place: str, *arguments: object) -> Started:
        (workspace / "checkpoints" / place / "state.pt").unlink(missing_ok=True)
        process = start_and_hold(workspace, *arguments)
        started.append(process)
        return process

    yield begin
    for process in started:
        process.kill()


def end(process: Started) -> str:
    _, said = process.communicate(timeout=240)
    assert process.returncode == 0, said
    return said


@pytest.mark.parametrize(
    ("arguments", "place", "run"),
    [
        (("train", VAE, 0), f"train/{VAE}/0", f"{VAE}/0"),
        (("autoencoder", SHARED, 0), f"autoencoder/{SHARED}/0", f"autoencoders/{SHARED}/0"),
    ],
    ids=["train", "autoencoder"],
)
def test_the_second_copy_waits_and_keeps_what_the_first_made(
    workspace: Path, midway: Callable[..., Started], arguments: tuple[object, ...], place: str, run: str
) -> None:
    first = midway(place, *arguments)
    second = start(workspace, *arguments)
    says(second.stderr, "waiting for it")
    first.send_signal(signal.SIGCONT)
    end(first)
    folder = workspace / "results" / run
    made = {path: path.stat().st_mtime_ns for path in folder.iterdir()}
    assert {path.name for path in made} == {"model.safetensors", "curve.csv", "run.json"}
    assert "the other process has made it: kept" in end(second)
    assert {path: path.stat().st_mtime_ns for path in folder.iterdir()} == made


def test_the_second_copy_goes_on_where_the_first_was_killed(
    workspace: Path, midway: Callable[..., Started], gen100: Process
) -> None:
    run = workspace / "results" / VAE / "0"
    gen100(workspace, "train", VAE, 0)
    whole = contents(run)
    for name in ("model.safetensors", "curve.csv", "run.json"):
        (run / name).unlink()
    first = midway(f"train/{VAE}/0", "train", VAE, 0)
    second = start(workspace, "train", VAE, 0)
    says(second.stderr, "waiting for it")
    first.kill()
    first.communicate()
    said = end(second)
    assert "starting over" not in said
    assert "kept" not in said
    for name in ("model.safetensors", "curve.csv"):
        assert (run / name).read_bytes() == whole[name]


def test_what_the_first_made_of_other_parameters_is_not_kept(
    workspace: Path, midway: Callable[..., Started], write_params: Callable[..., None]
) -> None:
    first = midway(f"train/{VAE}/0", "train", VAE, 0)
    write_params(workspace, **tiny(cells=[VAE, *STAGED], models__vae__training={**SMALL, "images": 320}))
    second = start(workspace, "train", VAE, 0)
    says(second.stderr, "waiting for it")
    first.send_signal(signal.SIGCONT)
    end(first)
    assert "kept" not in end(second)
    assert '"images_seen": 320' in (workspace / "results" / VAE / "0/run.json").read_text()


@pytest.mark.parametrize(
    ("lock", "arguments"),
    [
        (f"autoencoder-{SHARED}-0", ("autoencoder", SHARED, 0)),
        (f"{VAE}-0", ("train", VAE, 0)),
        (f"{VAE}-0", ("sample", VAE, 0)),
        (f"{VAE}-0", ("evaluate", VAE, 0)),
        ("extractor-metric", ("extractor", "metric")),
        ("fetch", ("fetch",)),
        ("prepare", ("prepare",)),
    ],
)
def test_every_stage_waits_and_sigterm_ends_the_waiting(
    workspace: Path, lock: str, arguments: tuple[object, ...]
) -> None:
    with lock_held(workspace, lock):
        process = start(workspace, *arguments)
        assert str(arguments[0]) in says(process.stderr, "waiting for it")
        process.terminate()
        process.communicate(timeout=60)
    assert process.returncode == -signal.SIGTERM


def test_a_closed_terminal_ends_the_waiting(workspace: Path) -> None:
    with lock_held(workspace, f"{VAE}-0"):
        process = start(workspace, "train", VAE, 0)
        says(process.stderr, "waiting for it")
        process.send_signal(signal.SIGHUP)
        process.communicate(timeout=60)
    assert process.returncode == -signal.SIGHUP


def test_another_users_lock_is_named(workspace: Path) -> None:
    file = workspace / f"checkpoints/locks/{VAE}-0.lock"
    with lock_held(workspace, f"{VAE}-0"):
        file.chmod(0o444)
    try:
        said = refusal(start(workspace, "train", VAE, 0, before=AS_A_USER))
    finally:
        file.chmod(0o644)
    assert str(file.relative_to(workspace)) in said
    assert "Permission denied" in said
    assert "another user" in said


def test_a_lock_ends_with_its_process(workspace: Path) -> None:
    """However it ends, and though a child of it lives on."""
    program = (
        "import subprocess; from gen100.locks import locked\n"
        "with locked('fetch', 'fetch'):\n"
        "    child = subprocess.Popen(['sleep', '60']); print(child.pid, flush=True); child.wait()"
    )
    holder = subprocess.Popen(
        ["python", "-c", program], cwd=workspace, env=environment(), stdout=subprocess.PIPE, text=True
    )
    assert holder.stdout is not None
    child = int(holder.stdout.readline())
    try:
        waiting = start(workspace, "fetch")
        says(waiting.stderr, "waiting for it")
        holder.kill()
        holder.wait()
        end(waiting)
    finally:
        subprocess.run(["kill", str(child)], check=True)
