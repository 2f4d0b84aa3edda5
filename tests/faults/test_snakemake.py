"""Snakemake killed while its jobs live on, and two Snakemakes in one workspace."""

import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from support.faults import Started, lock_taken, tiny, until
from support.processes import ROOT, Process, command, environment, snakemake

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
