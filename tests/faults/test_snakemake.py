"""Snakemake killed while its jobs live on, two Snakemakes in one workspace, jobs that fail, and no home folder."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from support.faults import Started, lock_taken, tiny, until
from support.processes import ROOT, Process, command, environment, refused, snakemake

CELL = "vae-elbo-128"
RUN = f"results/{CELL}/0"
MODEL = f"{RUN}/model.safetensors"
LOG = f"logs/train/{CELL}-0.log"


@pytest.fixture
def workspace(tmp_path: Path, write_params: Callable[..., None]) -> Path:
    """A workspace with its data prepared, ready to train."""
    write_params(tmp_path, **tiny())
    done = snakemake("--directory", str(tmp_path), "data/cifar100.npz")
    assert done.returncode == 0, done.stdout + done.stderr
    return tmp_path


@pytest.fixture
def held() -> Iterator[list[psutil.Process]]:
    """Processes that a failed test would leave stopped for good."""
    processes: list[psutil.Process] = []
    yield processes
    for process in processes:
        if process.is_running():
            process.kill()


def begin(workspace: Path) -> Started:
    """Start Snakemake for the run's model."""
    command = [
        sys.executable,
        "-m",
        "snakemake",
        "--cores",
        "2",
        "--nocolor",
        "--directory",
        str(workspace),
        MODEL,
    ]
    return subprocess.Popen(command, cwd=ROOT, env=environment(), stderr=subprocess.PIPE, text=True)


def training(main: Started, workspace: Path, held: list[psutil.Process]) -> psutil.Process:
    """The job of a Snakemake that trains, held at its beginning."""

    def job() -> psutil.Process | None:
        assert main.poll() is None
        for child in psutil.Process(main.pid).children(recursive=True):
            if command(child)[-3:] == ["train", CELL, "0"] and lock_taken(workspace, f"{CELL}-0"):
                return child
        return None

    found = until(job)
    held.append(found)
    found.send_signal(signal.SIGSTOP)
    return found


def ended(process: Started) -> None:
    _, said = process.communicate(timeout=240)
    assert process.returncode == 0, said


def nothing_to_do(workspace: Path) -> bool:
    done = snakemake("-n", "--directory", str(workspace), MODEL)
    return "Nothing to be done" in done.stdout + done.stderr


def test_a_second_snakemake_is_refused_and_the_first_goes_on(workspace: Path, held: list[psutil.Process]) -> None:
    first = begin(workspace)
    job = training(first, workspace, held)
    second = snakemake("--directory", str(workspace), MODEL)
    assert second.returncode == 1
    output = second.stdout + second.stderr
    assert "Directory cannot be locked" in output
    assert str(workspace) in output
    assert "--unlock" in output
    job.send_signal(signal.SIGCONT)
    ended(first)
    assert (workspace / MODEL).exists()
    assert nothing_to_do(workspace)


def test_snakemake_is_killed_and_its_job_lives_on(
    workspace: Path, gen100: Process, held: list[psutil.Process]
) -> None:
    first = begin(workspace)
    orphan = training(first, workspace, held)
    first.kill()
    first.communicate()
    assert orphan.is_running()
    refused = snakemake("--directory", str(workspace), MODEL)
    assert "--unlock" in refused.stdout + refused.stderr
    assert snakemake("--directory", str(workspace), "--unlock").returncode == 0
    again = begin(workspace)
    log = workspace / LOG
    until(lambda: log.exists() and "waiting for it" in log.read_text())
    orphan.send_signal(signal.SIGCONT)
    ended(again)
    assert "the other process has made it: kept" in log.read_text()
    assert nothing_to_do(workspace)
    made = (workspace / MODEL).read_bytes()
    (workspace / MODEL).unlink()
    gen100(workspace, "train", CELL, 0)
    assert (workspace / MODEL).read_bytes() == made


VAES = ["vae-elbo-128", "vae-wae-128", "vae-mi-128"]
BRIEF = {"images": 128, "records": 1, "ema_images": 100, "optimizer": {"lr": 1e-3}}


def models(*cells: str) -> list[str]:
    return [f"results/{cell}/0/model.safetensors" for cell in cells]


def test_what_fails_stops_what_follows_from_it_and_nothing_else(
    tmp_path: Path, write_params: Callable[..., None]
) -> None:
    """An autoencoder that two cells use fails; a cell of another family finishes, on one core."""
    cells = ["stable_diffusion-mse-128", "stable_diffusion-mae-128", CELL]
    wild = {**BRIEF, "optimizer": {"lr": 1e9}}
    changes = {"models__stable_diffusion__autoencoder__training": wild, "models__vae__training": BRIEF}
    write_params(tmp_path, **tiny(cells=cells, **changes))
    done = snakemake("--directory", str(tmp_path), "--cores", "1", *models(*cells))
    assert done.returncode == 1
    assert [model for model in models(*cells) if (tmp_path / model).exists()] == models(CELL)
    said = (done.stdout + done.stderr).splitlines()
    end = said[said.index("Exiting because a job execution failed. Look above for error messages") :]
    (failed,) = (line for line in end if line.startswith("failed: "))
    log = "logs/autoencoder/stable_diffusion-128-0.log"
    assert failed == f"failed: autoencoder stable_diffusion-128 0: see {log}"
    assert "is not finite" in (tmp_path / log).read_text()
    assert any(line.startswith("jobs that failed: 1; left: 2,") for line in end)


def test_a_cell_removed_while_its_job_waits_fails_alone(
    tmp_path: Path, write_params: Callable[..., None], held: list[psutil.Process]
) -> None:
    write_params(tmp_path, **tiny(cells=VAES, models__vae__training=BRIEF))
    arguments = ["--cores", "1", "--nocolor", "--directory", str(tmp_path), *models(*VAES)]
    main = subprocess.Popen(
        [sys.executable, "-m", "snakemake", *arguments],
        cwd=ROOT,
        env=environment(),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )

    def job() -> psutil.Process | None:
        assert main.poll() is None
        for child in psutil.Process(main.pid).children(recursive=True):
            words = command(child)
            if words[-3:-2] == ["train"] and lock_taken(tmp_path, f"{words[-2]}-0"):
                return child
        return None

    first = until(job)
    held.append(first)
    first.suspend()
    removed = next(cell for cell in VAES if cell != command(first)[-2])
    others = [cell for cell in VAES if cell != removed]
    write_params(tmp_path, **tiny(cells=others, models__vae__training=BRIEF))
    first.resume()
    _, said = main.communicate(timeout=240)
    assert main.returncode == 1
    assert [cell for cell in VAES if (tmp_path / models(cell)[0]).exists()] == others
    assert f"failed: train {removed} 0: see logs/train/{removed}-0.log" in said
    assert (
        f"gen100: cell '{removed}' is not in params.yaml" in (tmp_path / f"logs/train/{removed}-0.log").read_text()
    )


NAMELESS = ["setpriv", "--reuid=54321", "--clear-groups"]
KEEPS_RIGHTS = [f"--{kind}-caps=+dac_override,+dac_read_search,+fowner" for kind in ("inh", "ambient")]
"""A user without a name, who may read this Python and write the test's folder all the same."""


@pytest.mark.parametrize(
    ("home", "nameless"), [(None, False), ("/proc", False), ("/proc/nowhere", True), (None, True)]
)
def test_a_home_that_is_not_there_and_a_user_without_a_name(
    tmp_path: Path, write_params: Callable[..., None], home: str | None, nameless: bool
) -> None:
    if nameless and os.geteuid():
        pytest.skip("only root may become somebody else")
    write_params(tmp_path, **tiny())
    variables = {name: value for name, value in environment().items() if name not in ("HOME", "LOGNAME", "USER")}
    before = [*NAMELESS, *KEEPS_RIGHTS] if nameless else []
    words = [*before, sys.executable, "-m", "gen100", "forecast"]
    env = variables | ({} if home is None else {"HOME": home})
    done = subprocess.run(words, cwd=tmp_path, env=env, capture_output=True, text=True)
    if nameless and home is None:
        # Snakemake asks for it before any code of this project runs.
        assert "could not determine the home directory" in refused(done)
        assert "set an absolute HOME" in refused(done)
        return
    assert done.returncode == 0, done.stderr
    assert "train" in done.stdout
