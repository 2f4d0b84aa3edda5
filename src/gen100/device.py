"""Which device a process computes on."""

import getpass
import os
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import torch
from filelock import FileLock, Timeout


@contextmanager
def device() -> Iterator[torch.device]:
    """The GPU that this process may use, or the CPU where there is none.

    Each process takes a GPU of its own among the visible ones, by a file lock per GPU and user, and waits
    while all are taken: so as many runs go on at a time as there are GPUs. Where a scheduler has assigned
    one, its lock is free.
    """
    if not torch.cuda.is_available():
        yield torch.device("cpu")
        return
    os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
    torch.use_deterministic_algorithms(True, warn_only=True)
    index, lock = _free_gpu()
    try:
        torch.cuda.set_device(index)
        yield torch.device("cuda", index)
    finally:
        lock.release()


def _free_gpu() -> tuple[int, FileLock]:
    folder = Path(tempfile.gettempdir())
    names = [torch.cuda.get_device_properties(index).uuid for index in range(torch.cuda.device_count())]
    locks = [FileLock(folder / f"gen100-{getpass.getuser()}-{name}.lock") for name in names]
    while True:
        for index, lock in enumerate(locks):
            try:
                lock.acquire(timeout=0)
            except Timeout:
                continue
            return index, lock
        time.sleep(1)


def describe(where: torch.device) -> str:
    """The device's name for tables: "NVIDIA H100 80GB HBM3" or "CPU, 2 threads"."""
    if where.type == "cuda":
        return torch.cuda.get_device_name(where)
    threads = torch.get_num_threads()
    return f"CPU, {threads} thread{'s' if threads > 1 else ''}"
