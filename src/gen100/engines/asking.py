"""Snakemake and DVC, asked as processes: the stages that train and measure never import them."""

import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

from gen100.errors import UserError


def run_module(name: str, *arguments: str, folder: Path | None = None) -> subprocess.CompletedProcess[str]:
    """Run a Python module with this Python in a folder, by default here, and wait for it; its output is text.

    Raises:
        UserError: the module is not installed.
    """
    if find_spec(name) is None:
        raise UserError(f"{name} is not installed for {sys.executable}: run `make install` in the clone")
    # They read and print names of files, in surroundings that may know ASCII alone.
    environment = {**os.environ, "PYTHONUTF8": "1", "PYTHONIOENCODING": "utf-8"}
    return subprocess.run(
        [sys.executable, "-m", name, *arguments],
        cwd=folder,
        env=environment,
        capture_output=True,
        encoding="utf-8",
        errors="surrogateescape",
    )
