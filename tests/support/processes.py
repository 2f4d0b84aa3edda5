"""The program, Snakemake, DVC and git as processes, and where the repository lies."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import psutil

ROOT = Path(__file__).resolve().parents[2]
"""The repository, whose Snakefile, rules and params.yaml the tests run."""
Finished = subprocess.CompletedProcess[str]
Process = Callable[..., Finished]
"""Runs the command line in a folder and waits for it: the fixture `gen100`."""


def environment() -> dict[str, str]:
    """One thread per process, so that results do not depend on what else runs."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    return {**os.environ, "OMP_NUM_THREADS": "1", "PATH": path}


def command(process: psutil.Process) -> list[str]:
    """The command line of a process, word by word; empty if it has just ended."""
    try:
        return process.cmdline()
    except psutil.NoSuchProcess:
        return []


def snakemake(*arguments: str, folder: Path = ROOT, **variables: str) -> Finished:
    """Run Snakemake on two cores in a folder, with more environment variables, and wait for it."""
    words = [sys.executable, "-m", "snakemake", "--cores", "2", "--nocolor", *arguments]
    return subprocess.run(words, cwd=folder, env=environment() | variables, capture_output=True, text=True)


def dvc(folder: Path, *arguments: str, check: bool = True) -> str:
    """What a DVC command printed; it asks nothing, and must succeed, or fail where that is not checked."""
    words = [sys.executable, "-m", "dvc", *arguments]
    done = subprocess.run(
        words, cwd=folder, env=environment(), capture_output=True, text=True, stdin=subprocess.DEVNULL
    )
    if not check:
        assert done.returncode, done.stdout
        return done.stdout + done.stderr
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def git(folder: Path, *arguments: str) -> str:
    """What a git command printed, run as a made-up author; it must succeed."""
    identity = ["-c", "user.name=test", "-c", "user.email=test@example.org"]
    done = subprocess.run(["git", *identity, *arguments], cwd=folder, check=True, capture_output=True, text=True)
    return done.stdout


def refused(done: Finished) -> str:
    """The one line that a stage ended with, which found a mistake."""
    assert done.returncode == 2, done
    said = done.stderr.strip().splitlines()
    assert said[-1].startswith("gen100: ")
    assert not any("Traceback" in line for line in said)
    return said[-1]
