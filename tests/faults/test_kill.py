"""kill -9 at the worst moments: no half-written file passes as whole, and the next start ends with the same bytes.

Training killed at any step is in test_resume.py.
"""

from collections.abc import Callable
from pathlib import Path

import pytest

from support.faults import MAIN, OFTEN, SIGNALS, contents, start, temporaries, tiny
from support.lineage import pretend_checked
from support.processes import Process

CELL = "vae-elbo-128"


@pytest.fixture
def finished(folder: Path, write_params: Callable[..., None], gen100: Process) -> Path:
    """A workspace with a finished run."""
    if not (folder / "params.yaml").exists():
        write_params(folder, **tiny())
        for stage in (["fetch"], ["prepare"], ["extractor", "metric"]):
            gen100(folder, *stage)
        pretend_checked(folder)
        for stage in ("train", "sample", "evaluate"):
            gen100(folder, stage, CELL, 0)
    return folder


@pytest.mark.parametrize(
    ("stage", "name"),
    [("train", "model.safetensors"), ("sample", "samples.npy"), ("evaluate", "metrics.json")],
)
def test_killed_while_it_writes_an_output(finished: Path, gen100: Process, stage: str, name: str) -> None:
    run = finished / "results" / CELL / "0"
    before = contents(run)
    (run / name).unlink()
    killed = start(finished, "SIGKILL", name, 1, stage, CELL, 0, program=SIGNALS + MAIN)
    killed.communicate(timeout=240)
    assert killed.returncode == -9
    assert not (run / name).exists()
    assert temporaries(run)
    gen100(finished, stage, CELL, 0)
    after = contents(run)
    del before["run.json"], after["run.json"]  # it holds the seconds that training took
    assert after == before


def test_killed_while_it_writes_a_checkpoint(finished: Path, gen100: Process) -> None:
    run, checkpoints = finished / "results" / CELL / "0", finished / "checkpoints/train" / CELL / "0"
    before = contents(run)
    (run / "model.safetensors").unlink()
    (checkpoints / "state.pt").unlink()
    killed = start(finished, "SIGKILL", "state.pt", 3, "train", CELL, 0, program=SIGNALS + OFTEN + MAIN)
    killed.communicate(timeout=240)
    assert killed.returncode == -9
    assert (checkpoints / "state.pt").exists()
    assert temporaries(checkpoints)
    said = gen100(finished, "train", CELL, 0).stderr
    assert "starting over" not in said
    assert (run / "model.safetensors").read_bytes() == before["model.safetensors"]
    assert (run / "curve.csv").read_bytes() == before["curve.csv"]
    assert [file.name for file in checkpoints.iterdir()] == ["state.pt"]
