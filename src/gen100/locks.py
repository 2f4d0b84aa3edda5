"""Locks between the processes of one workspace: a second copy of a stage waits for the first."""

import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from pathlib import Path

from filelock import FileLock, Timeout

from gen100.errors import UserError
from gen100.files import writing
from gen100.layout import CHECKPOINTS

FOLDER = CHECKPOINTS / "locks"
"""Outside results/ and data/, whose contents belong to the workflow."""
POLL_SECONDS = 0.5


@contextmanager
def hold(file: Path, task: str) -> Iterator[bool]:
    """Hold the lock of a file, which is created if missing; yields whether another process had to be waited for.

    The system releases the lock when its process ends, however it ends.

    Args:
        task: what the lock is held for, for the line that says it waits.

    Raises:
        UserError: the file cannot be opened, or its file system has no locks.
    """
    with writing(file):
        file.parent.mkdir(parents=True, exist_ok=True)
        file.open("a").close()
    # A soft lock, which filelock would take on a file system without locks, outlives a process that is killed.
    lock = FileLock(file, fallback_to_soft=False, poll_interval=POLL_SECONDS)
    try:
        with suppress(Timeout):
            lock.acquire(blocking=False)
        if waited := not lock.is_locked:
            print(f"{task}: another process is at work on it: waiting for it", file=sys.stderr, flush=True)
            lock.acquire()
    except OSError as error:
        why = error.strerror or error
        raise UserError(
            f"{file} cannot be locked ({why}): put {file.parent} on a file system that has locks"
        ) from None
    try:
        yield waited
    finally:
        lock.release()


def locked(name: str, stage: str) -> AbstractContextManager[bool]:
    """Hold the lock `name` of the workspace for a stage; yields and raises what `hold` does."""
    return hold(FOLDER / f"{name}.lock", stage)
