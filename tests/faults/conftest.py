"""A workspace with a trained run, for the tests of one file."""

from collections.abc import Callable
from pathlib import Path

import pytest

from support.faults import tiny
from support.processes import Process

CELL = "vae-elbo-128"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("faults")


@pytest.fixture
def trained(folder: Path, write_params: Callable[..., None], gen100: Process) -> Path:
    """A workspace with a trained run."""
    if not (folder / "params.yaml").exists():
        write_params(folder, **tiny())
        for stage in (["fetch"], ["prepare"], ["train", CELL, 0]):
            gen100(folder, *stage)
    return folder
