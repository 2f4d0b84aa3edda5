"""Places on GPUs: as many processes at a time as there are, each on its own, for as long as the process lives."""

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
import sys
from gen100.device import place_on
print("ready", flush=True)
with place_on(sys.argv[2:], int(sys.argv[1])) as index:
    print(index, flush=True)
    sys.stdin.read()
"""


@contextmanager
def holder(folder: Path, places: int, *names: str) -> Iterator["subprocess.Popen[str]"]:
    """A process that takes a place and keeps it until its input ends."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(places), *names],
        env={**environment(), "TMPDIR": str(folder)},
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


def test_each_process_has_a_gpu_of_its_own_and_the_next_waits(tmp_path: Path) -> None:
    with holder(tmp_path, 1, "a", "b") as first, holder(tmp_path, 1, "a", "b") as second:
        taken_by_second = taken(second)
        assert {taken(first), taken_by_second} == {0, 1}
        with holder(tmp_path, 1, "a", "b") as third:
            assert third.stdout
            assert third.stdout.readline() == "ready\n"
            readable, _, _ = select.select([third.stdout], [], [], 2)
            assert not readable
            second.kill()
            assert third.stdout.readline() == f"{taken_by_second}\n"


def test_several_on_a_gpu_spread_over_the_gpus_first(tmp_path: Path) -> None:
    with holder(tmp_path, 2, "a", "b") as first:
        assert taken(first) == 0
        with holder(tmp_path, 2, "a", "b") as second:
            assert taken(second) == 1
            with holder(tmp_path, 2, "a", "b") as third:
                assert taken(third) == 0


@pytest.mark.parametrize("text", ["0", "two", "-1", "1.5", ""])
def test_a_wrong_number_of_places_is_named(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setenv(PLACES, text)
    with pytest.raises(UserError, match="runs_per_gpu"):
        places_per_gpu()
