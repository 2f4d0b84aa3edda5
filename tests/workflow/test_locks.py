"""Locks: who waits, who may write the files, and what a file system without locks says."""

import errno
import fcntl
import os
import threading
from pathlib import Path

import pytest

from gen100 import locks
from gen100.errors import UserError
from gen100.locks import hold, locked


def test_a_free_lock_is_taken_at_once_and_given_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    for _ in range(2):
        with locked("vae-elbo-128-0", "train") as waited:
            assert not waited
    assert (tmp_path / "checkpoints/locks/vae-elbo-128-0.lock").exists()
    assert capfd.readouterr().err == ""


def test_a_held_lock_is_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(locks, "POLL_SECONDS", 0.01)
    file, order = tmp_path / "one.lock", []

    def second() -> None:
        with hold(file, "train vae-elbo-128/0") as waited:
            order.append(("second", waited))

    thread = threading.Thread(target=second)
    with hold(file, "first"):
        thread.start()
        while not (said := capfd.readouterr().err):
            assert thread.is_alive()
        order.append(("first", False))
    thread.join()
    assert order == [("first", False), ("second", True)]
    assert said == "train vae-elbo-128/0: another process is at work on it: waiting for it\n"


def test_a_lock_is_given_back_after_an_error(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError), hold(tmp_path / "one.lock", "first"):
        raise ZeroDivisionError
    with hold(tmp_path / "one.lock", "second") as waited:
        assert not waited


@pytest.mark.parametrize(("umask", "mode"), [(0o002, 0o664), (0o022, 0o644)])
def test_the_umask_says_who_may_write_the_file(tmp_path: Path, umask: int, mode: int) -> None:
    before = os.umask(umask)
    try:
        with hold(tmp_path / "one.lock", "first"):
            pass
    finally:
        os.umask(before)
    assert (tmp_path / "one.lock").stat().st_mode & 0o777 == mode


@pytest.mark.parametrize("number", [errno.ENOSYS, errno.ENOLCK, errno.EOPNOTSUPP])
def test_a_file_system_without_locks_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    def refuse(*_: object) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(fcntl, "flock", refuse)
    file = tmp_path / "locks/one.lock"
    with pytest.raises(UserError) as caught, hold(file, "first"):
        pass
    said = str(caught.value)
    assert said.startswith(f"{file} cannot be locked ({os.strerror(number)}): put {file.parent} on a file system")
