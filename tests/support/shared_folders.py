"""Folders that are filled once and read by all test processes."""

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from filelock import FileLock


def once(factory: pytest.TempPathFactory, name: str, make: Callable[[Path], None]) -> Path:
    """A folder that `make` fills once for all test processes; not to be changed."""
    # A test process of several has a folder of its own within the session's.
    alone = "PYTEST_XDIST_WORKER" not in os.environ
    session = factory.getbasetemp() if alone else factory.getbasetemp().parent
    folder, mark = session / name, session / f"{name}.done"
    with FileLock(session / f"{name}.lock"):
        if not mark.exists():
            shutil.rmtree(folder, ignore_errors=True)
            make(folder)
            mark.touch()
    return folder
