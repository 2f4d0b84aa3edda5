"""Which device a process computes on."""

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

    Where a scheduler has set CUDA_VISIBLE_DEVICES, its choice is taken. Elsewhere each process takes a GPU
    of its own, by a file lock per GPU, and waits while all are taken.
    """
    if not torch.cuda.is_available():
        yield torch.device("cpu")
        return
    torch.backends.cudnn.deterministic = True
    torch.set_float32_matmul_precision("high")
    if "CUDA_VISIBLE_DEVICES" in os.environ:
        yield torch.device("cuda", 0)
        return
    lock = _free_gpu(torch.cuda.device_count())
    try:
        index = int(Path(lock.lock_file).stem.rpartition("-")[2])
        torch.cuda.set_device(index)
        yield torch.device("cuda", index)
    finally:
        lock.release()


def _free_gpu(count: int) -> FileLock:
    locks = [FileLock(Path(tempfile.gettempdir()) / f"gen100-gpu-{index}.lock") for index in range(count)]
    while True:
        for lock in locks:
            try:
                lock.acquire(timeout=0)
            except Timeout:
                continue
            return lock
        time.sleep(1)


def describe(where: torch.device) -> str:
    """The device's name for tables: "NVIDIA H100 80GB HBM3" or "CPU, 2 threads"."""
    if where.type == "cuda":
        return torch.cuda.get_device_name(where)
    threads = torch.get_num_threads()
    return f"CPU, {threads} thread{'s' if threads > 1 else ''}"
