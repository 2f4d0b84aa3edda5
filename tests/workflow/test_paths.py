"""A clone in a folder whose name has a space, quotes, other letters, or what a shell and a format would read."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from support.faults import tiny
from support.processes import ROOT, Finished, Process, dvc, environment, git, refused

CYRILLIC = "".join(map(chr, (0x457, 0x436, 0x430, 0x43A)))
NAMES = [f'sp ace it\'s "{CYRILLIC}"', "-$HOME %d (a) `id` #h *[b]? & ;"]


def clone(folder: Path, write_params: Callable[..., None]) -> Path:
    """The workflow with an environment of its own: a link, as people make one to a larger disk."""
    folder.mkdir()
    for name in ("Snakefile", "Makefile", ".gitignore", ".dvcignore", "requirements.lock", "pyproject.toml"):
        shutil.copy(ROOT / name, folder)
    for name in ("workflow", "profiles"):
        shutil.copytree(ROOT / name, folder / name)
    (folder / ".venv").symlink_to(Path(sys.executable).parents[1])
    write_params(folder, **tiny())
    return folder


def make(folder: Path, *arguments: str) -> Finished:
    """Run make, with an environment that counts as installed."""
    words = ["make", "--old-file=.venv/installed", *arguments]
    return subprocess.run(words, cwd=folder, env=environment(), capture_output=True, text=True)


def prepare_data(folder: Path) -> None:
    words = [str(folder / ".venv/bin/python"), "-m", "snakemake", "--cores", "1", "--nocolor", "data/cifar100.npz"]
    # The jobs find gen100 next to that Python alone.
    variables = environment() | {"PATH": os.defpath}
    done = subprocess.run(words, cwd=folder, env=variables, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("name", NAMES)
def test_a_clone_works_in_a_folder_of_any_name(
    tmp_path: Path, write_params: Callable[..., None], name: str
) -> None:
    folder = clone(tmp_path / name, write_params)
    prepare_data(folder)
    planned = make(folder, "plan")
    assert planned.returncode == 0, planned.stderr
    assert "train" in planned.stdout
    git(folder, "init", "--quiet")
    assert ".venv" not in git(folder, "status", "--porcelain", "--untracked-files=all")


def test_dvc_works_in_such_a_folder(tmp_path: Path, write_params: Callable[..., None], gen100: Process) -> None:
    folder = clone(tmp_path / NAMES[0], write_params)
    prepare_data(folder)
    git(folder, "init", "--quiet")
    dvc(folder, "init", "--quiet")
    assert "recorded 2 of" in gen100(folder, "record").stdout
    dvc(folder, "repro", "prepare")
    assert "restored 2 of" in gen100(folder, "restore").stdout


@pytest.mark.parametrize("name", ["co:lon", "line\nbreak"])
def test_a_name_that_no_environment_can_have_is_refused(tmp_path: Path, name: str) -> None:
    folder = tmp_path / name
    folder.mkdir()
    shutil.copy(ROOT / "Makefile", folder)
    for file in ("requirements.lock", "pyproject.toml"):
        (folder / file).touch()
    words = ["make", "PYTHON=false", "install"]
    done = subprocess.run(words, cwd=folder, env=environment(), capture_output=True, text=True)
    assert done.returncode
    assert done.stderr.startswith(f"gen100: '{folder}' has a colon or a line break")


def test_braces_are_no_template(tmp_path: Path, write_params: Callable[..., None], gen100: Process) -> None:
    """Snakemake works there; DVC does not, and is not asked."""
    folder = clone(tmp_path / "{cell} {}", write_params)
    words = [str(folder / ".venv/bin/python"), "-m", "snakemake", "--cores", "1", "data/archive.tar.gz"]
    done = subprocess.run(words, cwd=folder, env=environment(), capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"{folder} has a brace in its path" in refused(gen100(folder, "record", check=False))


def test_a_container_of_such_a_folder_is_refused(tmp_path: Path, write_params: Callable[..., None]) -> None:
    folder = clone(tmp_path / "it's", write_params)
    words = [sys.executable, "-m", "snakemake", "-n", "--software-deployment-method", "apptainer"]
    done = subprocess.run(words, cwd=folder, env=environment(), capture_output=True, text=True)
    assert done.returncode
    assert (
        f"'{folder}/workflow/gen100.sif': Snakemake takes no image from a path with" in done.stdout + done.stderr
    )
