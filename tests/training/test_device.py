"""Places on GPUs: as many processes at a time as there are, each on its own, for as long as the process lives."""

import os
import select
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from gen100.device import PLACES, places_per_gpu
from gen100.errors import UserError
from support.processes import environment

HOLD = """
import os, sys
from gen100.device import place_on
if uid := os.environ.get("AS"):
    os.setuid(int(uid))
print("ready", flush=True)
with place_on(sys.argv[2:], int(sys.argv[1])) as index:
    print(index, flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def gpu(request: pytest.FixtureRequest) -> str:
    """A name of a GPU that no other test, or copy of this one, uses."""
    return f"{request.node.name}-{os.getpid()}"


@contextmanager
def holder(places: int, *names: str, **variables: str) -> Iterator["subprocess.Popen[str]"]:
    """A process that takes a place and keeps it until its input ends."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(places), *names],
        env={**environment(), **variables},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def taken(process: "subprocess.Popen[str]") -> int:
    assert process.stdout
    assert process.stdout.readline() == "ready\n"
    return int(process.stdout.readline())


def waits(process: "subprocess.Popen[str]") -> bool:
    """Whether a process that asked for a place has none after two seconds."""
    assert process.stdout
    assert process.stdout.readline() == "ready\n"
    readable, _, _ = select.select([process.stdout], [], [], 2)
    return not readable


def test_each_process_has_a_gpu_of_its_own_and_the_next_waits(gpu: str) -> None:
    names = f"{gpu}-a", f"{gpu}-b"
    with holder(1, *names) as first, holder(1, *names) as second:
        taken_by_second = taken(second)
        assert {taken(first), taken_by_second} == {0, 1}
        with holder(1, *names) as third:
            assert waits(third)
            second.kill()
            assert third.stdout
            assert third.stdout.readline() == f"{taken_by_second}\n"


def test_several_on_a_gpu_spread_over_the_gpus_first(gpu: str) -> None:
    names = f"{gpu}-a", f"{gpu}-b"
    with holder(2, *names) as first:
        assert taken(first) == 0
        with holder(2, *names) as second:
            assert taken(second) == 1
            with holder(2, *names) as third:
                assert taken(third) == 0


@pytest.mark.parametrize("variable", ["TMPDIR", "HOME", "XDG_RUNTIME_DIR"])
def test_a_place_does_not_depend_on_the_environment(gpu: str, tmp_path: Path, variable: str) -> None:
    there, missing = {variable: str(tmp_path)}, {variable: "/nonexistent"}
    with holder(1, gpu, **there) as first:
        assert taken(first) == 0
        with holder(1, gpu, **missing) as second:
            assert waits(second)


def test_each_slurm_job_and_each_user_has_places_of_its_own(gpu: str) -> None:
    """How many of them share a GPU is SLURM's to say, or that of the users."""
    others = [{"SLURM_JOB_ID": "7"}, {"SLURM_JOB_ID": "8"}]
    if os.geteuid() == 0:
        others.append({"AS": "12345"})
    with holder(1, gpu) as first:
        assert taken(first) == 0
        for variables in others:
            with holder(1, gpu, **variables) as other:
                assert taken(other) == 0


@pytest.mark.parametrize("text", ["0", "two", "-1", "1.5", ""])
def test_a_wrong_number_of_places_is_named(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setenv(PLACES, text)
    with pytest.raises(UserError, match="runs_per_gpu"):
        places_per_gpu()
