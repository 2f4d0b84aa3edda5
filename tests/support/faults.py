"""Faults made on purpose: a process killed at a chosen moment or held, a full disk, a read-only one."""

import os
import pty
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

import psutil
import pytest
from filelock import FileLock, Timeout

from support.processes import environment

# The program as it is, but for a checkpoint at every step: so short a run would else have none.
OFTEN = "from gen100.training import loop; loop.CHECKPOINT_SECONDS = 0; "
# It sends itself a signal just before it renames a file to the given name, for the given time.
SIGNALS = """
import os, signal, sys
number, name, left = signal.Signals[sys.argv.pop(1)], sys.argv.pop(1), int(sys.argv.pop(1))
def stop(event, arguments):
    global left
    if event == "os.rename" and str(arguments[1]).endswith(name):
        left -= 1
        if not left:
            os.kill(os.getpid(), number)
sys.addaudithook(stop)
"""
MAIN = "from gen100.cli import main; main()"

SMALL = {"images": 640, "records": 2, "ema_images": 100, "optimizer": {"lr": 1e-3}}
DATA = {"synthetic": {"train": 200, "test": 100, "seed": 0}}
AS_A_USER = () if os.geteuid() else ("setpriv", "--bounding-set=-dac_override,-dac_read_search")
"""Put before a command, makes root obey the modes of files as others do."""


def tiny(**more: Any) -> dict[str, Any]:
    """Changes of the demo's parameters for tiny data and short runs of small models."""
    small: dict[str, Any] = {f"models__{model}__training": SMALL for model in ("vae", "stable_diffusion")}
    small["models__stable_diffusion__autoencoder__training"] = SMALL
    extractor = {"name": "cifar100-network", "seed": 1000}
    extractor["network"] = {"channels": [8, 8, 8], "batch_size": 64, "training": {**SMALL, "images": 128}}
    return {
        "data": DATA,
        "cells": ["vae-elbo-128"],
        "sampling__images": 100,
        "metrics__extractor": extractor,
        **small,
        **more,
    }


def start(folder: Path, *arguments: object, program: str = MAIN, before: tuple[str, ...] = ()) -> "Started":
    """Start the command line, or a program that becomes it, in a folder; its stderr is a pipe."""
    command = [*before, sys.executable, "-c", program, *map(str, arguments)]
    return subprocess.Popen(
        command,
        cwd=folder,
        env=environment(),
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=_obey_hangups,
    )


def _obey_hangups() -> None:
    """Also where the tests themselves run under `nohup`."""
    signal.signal(signal.SIGHUP, signal.SIG_DFL)


Started = subprocess.Popen[str]


def start_and_hold(folder: Path, *arguments: object) -> Started:
    """Start a training stage; when this returns it is stopped (SIGSTOP), about to write its second checkpoint."""
    process = start(folder, "SIGSTOP", "state.pt", 2, *arguments, program=SIGNALS + OFTEN + MAIN)
    until(lambda: psutil.Process(process.pid).status() == psutil.STATUS_STOPPED or process.poll() is not None)
    assert process.poll() is None, process.communicate()
    return process


def send_and_end(process: Started, number: signal.Signals) -> str:
    """Send a signal to a process that is held, let it go on, and wait for its end; what it said."""
    process.send_signal(number)
    process.send_signal(signal.SIGCONT)
    _, said = process.communicate(timeout=120)
    # Ended by SIGTERM, the program says so itself.
    assert process.returncode == (-number if number == signal.SIGKILL else 128 + number), said
    return said


def close_the_terminal(folder: Path, *arguments: object, before: tuple[str, ...] = ()) -> int:
    """Start the command line on a terminal, and close that once it shows a loss; the status it ends with.

    The terminal is then nowhere to write to, and the system sends SIGHUP.
    """
    pid, terminal = pty.fork()
    if not pid:
        _obey_hangups()
        os.chdir(folder)
        command = [*before, sys.executable, "-c", MAIN, *map(str, arguments)]
        os.execvpe(command[0], command, environment())
    shown = b""
    while b"loss" not in shown:
        shown += os.read(terminal, 4096)
    os.close(terminal)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def refusal(process: Started) -> str:
    """The one line that a process ended with, which found a mistake or a fault."""
    _, said = process.communicate(timeout=240)
    assert process.returncode == 2, said
    assert "Traceback" not in said
    last = said.strip().splitlines()[-1]
    assert last.startswith("gen100: "), said
    return last


def says(stream: IO[str] | None, word: str) -> str:
    """Wait for a line with the word in it."""
    assert stream is not None
    lines = []
    for line in stream:
        lines.append(line)
        if word in line:
            return line
    raise AssertionError(f"ended without '{word}': {''.join(lines)}")


def until(condition: Callable[[], Any], seconds: float = 240) -> Any:
    """Wait until the condition holds; its value."""
    end = time.monotonic() + seconds
    while not (value := condition()):
        assert time.monotonic() < end, "waited too long"
        time.sleep(0.02)
    return value


@contextmanager
def lock_held(workspace: Path, name: str) -> Iterator[None]:
    """Hold one of the program's locks, as another copy of it would."""
    file = workspace / f"checkpoints/locks/{name}.lock"
    file.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(file):
        yield


def lock_taken(workspace: Path, name: str) -> bool:
    """Whether some process holds one of the program's locks."""
    file = workspace / f"checkpoints/locks/{name}.lock"
    if not file.exists():
        return False
    try:
        with FileLock(file, blocking=False):
            return False
    except Timeout:
        return True


def temporaries(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.rglob(".*.part*"))


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}


@contextmanager
def disk(folder: Path, size: str, *, options: str = "") -> Iterator[None]:
    """Mount a small disk over a folder, with what the folder held; what is there at the end is put back."""
    if os.geteuid():
        pytest.skip("only root may mount a small disk")
    folder.mkdir(parents=True, exist_ok=True)
    aside = folder.with_name(f"{folder.name}.aside")
    shutil.copytree(folder, aside)
    mount = ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(folder)]
    done = subprocess.run(mount, capture_output=True, text=True)
    if done.returncode:
        shutil.rmtree(aside)
        pytest.skip(f"this container may not mount a small disk: {done.stderr.strip()}")
    try:
        shutil.copytree(aside, folder, dirs_exist_ok=True)
        if options:
            subprocess.run(["mount", "-o", f"remount,{options}", str(folder)], check=True)
        yield
        shutil.rmtree(aside)
        shutil.copytree(folder, aside)
    finally:
        subprocess.run(["umount", str(folder)], check=True)
    shutil.copytree(aside, folder, dirs_exist_ok=True)
    shutil.rmtree(aside)


def fill(folder: Path, *, leave: int = 0) -> Path:
    """Fill the folder's disk but for `leave` bytes; the file to delete to free it."""
    file = folder / "filler"
    with file.open("wb", buffering=0) as opened:
        try:
            while opened.write(bytes(1 << 16)):
                pass
        except OSError:
            pass
        opened.truncate(max(0, opened.tell() - leave))
    return file
