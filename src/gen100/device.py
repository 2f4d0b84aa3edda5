"""Which device a process computes on."""

import errno
import os
import resource
import socket
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

import torch

from gen100.errors import UserError

PLACES = "GEN100_RUNS_PER_GPU"


@contextmanager
def device() -> Iterator[torch.device]:
    """The GPU that this process may use, or the CPU where there is none.

    Each process takes a place on one of the visible GPUs, and waits while all are taken. How many SLURM jobs
    share a GPU is SLURM's to say: only processes of one job wait for each other.

    Raises:
        UserError: the number of places per GPU is none.
    """
    if not torch.cuda.is_available():
        yield torch.device("cpu")
        return
    set_deterministic()
    count = torch.cuda.device_count()
    names = [str(torch.cuda.get_device_properties(index).uuid) for index in range(count)]
    with place_on(names, places_per_gpu()) as index:
        torch.cuda.set_device(index)
        yield torch.device("cuda", index)


def set_deterministic() -> None:
    """The same bits from every run on a GPU; to be called before its first matrix product."""
    os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
    torch.use_deterministic_algorithms(True, warn_only=True)
    # Only for programs that read memory before they write it; it costs a write of every new tensor.
    torch.utils.deterministic.fill_uninitialized_memory = False  # type: ignore[attr-defined]
    # Torch's first choice for attention on H100 and H200, and the one whose gradient is not deterministic.
    torch.backends.cuda.enable_cudnn_sdp(False)


def set_full_precision() -> None:
    """From here on convolutions in float32 on a GPU too, where they round what they multiply to TF32's 10 bits.

    For processes that measure: the networks are to say the same on every device, up to float32's rounding.
    """
    torch.backends.cudnn.allow_tf32 = False


def fastest() -> torch.device:
    """Where to compute: the GPU that `device` chose, or the CPU where there is none."""
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


def places_per_gpu() -> int:
    """How many processes may use a GPU at a time: the environment variable GEN100_RUNS_PER_GPU, else 1.

    Raises:
        UserError: it is not a whole number from 1.
    """
    text = os.environ.get(PLACES, "1")
    if not text.isdecimal() or int(text) < 1:
        raise UserError(f"{PLACES} is '{text}': set runs_per_gpu in the profile to a whole number from 1")
    return int(text)


@contextmanager
def place_on(names: list[str], places: int) -> Iterator[int]:
    """Hold one of `places` on one of the named GPUs, for this user and SLURM job; yields the GPU's index.

    Every GPU's first place is taken before any second, so that runs spread over the GPUs. While all are taken, a
    line says that this process waits.
    """
    stem = f"gen100-{os.getuid()}-{os.environ.get('SLURM_JOB_ID', 'here')}"
    free = [(index, f"{stem}-{name}-{place}") for place in range(places) for index, name in enumerate(names)]
    waits = False
    while True:
        for index, name in free:
            held = _take(name)
            if held is None:
                continue
            with held:
                yield index
            return
        if not waits:
            print("all GPUs are taken by other runs: waiting for a place", file=sys.stderr, flush=True)
            waits = True
        time.sleep(1)


def _take(name: str) -> socket.socket | None:
    """Take a name that only one process of this machine can have, until it closes the socket or ends.

    It is Linux's abstract address of a socket (unix(7)). Unlike a lock's file it needs no folder that all
    processes see and may write, whatever their environment, and nobody can delete it while it is held.
    """
    held = socket.socket(socket.AF_UNIX)
    try:
        held.bind(f"\0{name}")
    except OSError as error:
        held.close()
        if error.errno != errno.EADDRINUSE:
            raise
        return None
    return held


def describe(where: torch.device) -> dict[str, str | int | None]:
    """The device for a run's record: its name and, of a CPU, the number of threads."""
    if where.type == "cuda":
        return {"device": torch.cuda.get_device_name(where), "threads": None}
    return {"device": "CPU", "threads": torch.get_num_threads()}


def peak_memory(where: torch.device) -> int:
    """The most memory that this process has used so far, in bytes: on the GPU, or on the CPU resident in all."""
    if where.type == "cuda":
        return torch.cuda.max_memory_allocated(where)
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
