"""The commit that results are recorded with, and why there is none where git does not tell."""

import subprocess
import sys
from pathlib import Path

import pytest

from gen100 import version
from support.processes import Finished, environment, git


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """A repository with no more of the program than what asks git."""
    package = tmp_path / "clone/gen100"
    package.mkdir(parents=True)
    (package / "__init__.py").touch()
    (package / "version.py").write_bytes(Path(version.__file__).read_bytes())
    folder = package.parent
    (folder / ".gitignore").write_text("__pycache__/\n")
    git(folder, "init", "--quiet")
    git(folder, "add", ".")
    git(folder, "commit", "--quiet", "--message", "all")
    return folder


def ask(folder: Path, **variables: str) -> Finished:
    program = "from gen100.version import commit; print(commit()); commit()"
    variables = {**environment(), "PYTHONPATH": str(folder), **variables}
    return subprocess.run(
        [sys.executable, "-c", program], env=variables, check=True, capture_output=True, text=True
    )


def unknown(done: Finished) -> str:
    """The reason, said once, why the commit is not known."""
    assert done.stdout == "unknown\n"
    (line,) = done.stderr.splitlines()
    assert line.startswith("the commit is recorded as unknown: ")
    return line


def test_the_commit_of_a_clone(clone: Path) -> None:
    head = git(clone, "rev-parse", "--short=12", "HEAD").strip()
    assert ask(clone).stdout == f"{head}\n"
    assert not ask(clone).stderr
    with (clone / "gen100/version.py").open("a") as source:
        source.write("# A change.\n")
    assert ask(clone).stdout == f"{head}-dirty\n"


def test_another_users_clone_is_told_of_with_gits_way_out(clone: Path) -> None:
    line = unknown(ask(clone, GIT_TEST_ASSUME_DIFFERENT_OWNER="1"))
    assert "dubious ownership" in line
    assert "git config --global --add safe.directory" in line


def test_without_a_repository_or_without_git(tmp_path: Path, clone: Path) -> None:
    line = unknown(ask(clone, PATH=str(tmp_path)))
    assert "git is not installed" in line
    (clone / ".git").rename(tmp_path / "away")
    assert "not a git repository" in unknown(ask(clone))
