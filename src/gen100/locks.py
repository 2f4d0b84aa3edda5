"""Locks between the processes of one workspace: a second copy of a stage waits for the first."""

import fcntl
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from gen100.errors import UserError
from gen100.files import writing

FOLDER = Path("checkpoints/locks")
"""Outside results/ and data/, whose contents belong to the workflow."""


@contextmanager
def locked(name: str, stage: str) -> Iterator[bool]:
    """Hold the lock `name`; yields whether another process had to be waited for.

    The system releases the lock when its process ends, however it ends.

    Args:
        stage: what is to be done, for the line that tells of the waiting.

    Raises:
        UserError: the lock's file cannot be opened, or its file system has no locks.
    """
    file = FOLDER / f"{name}.lock"
    with writing(file):
        file.parent.mkdir(parents=True, exist_ok=True)
        # Opened for writing, since a network file system locks for one process alone only then.
        descriptor = os.open(file, os.O_RDWR | os.O_CREAT, 0o666)
    try:
        yield _wait(descriptor, file, stage)
    finally:
        os.close(descriptor)


def _wait(descriptor: int, file: Path, stage: str) -> bool:
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            print(f"{stage}: another process is at work on it: waiting for it", file=sys.stderr, flush=True)
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            return True
    except OSError as error:
        raise UserError(
            f"{file} cannot be locked ({error.strerror}): put checkpoints/ on a file system that has locks"
        ) from None
    return False
