"""Where Snakemake fails, its own reason is told; and a terminal of ASCII gets all that is printed."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from contextlib import chdir
from pathlib import Path

import pytest

from gen100.engines.snakemake import snakemake
from gen100.errors import UserError
from support.faults import tiny
from support.processes import ROOT, Process, environment, refused

RULES = "workflow/rules"
PROFILE = "profiles/default/profile.yaml"


@pytest.fixture(scope="module")
def origin(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("reasons") / "repository"
    folder.mkdir()
    shutil.copy(ROOT / "Snakefile", folder)
    for name in ("workflow", "profiles"):
        shutil.copytree(ROOT / name, folder / name)
    return folder


@pytest.fixture
def repository(origin: Path, tmp_path: Path, write_params: Callable[..., None]) -> Path:
    """The workflow, to be broken."""
    folder = shutil.copytree(origin, tmp_path / "repository")
    write_params(folder, **tiny())
    return folder


def append(file: str, text: str) -> Callable[[Path], None]:
    def change(folder: Path) -> None:
        with (folder / file).open("a") as opened:
            opened.write(text)

    return change


def replace(file: str, old: str, new: str) -> Callable[[Path], None]:
    def change(folder: Path) -> None:
        text = (folder / file).read_text()
        assert old in text
        (folder / file).write_text(text.replace(old, new, 1))

    return change


def lock(folder: Path) -> None:
    file = folder / ".snakemake/locks/0.output.lock"
    file.parent.mkdir(parents=True)
    file.write_text("data/cifar100.npz\n")


def half_written(folder: Path) -> None:
    replace(PROFILE, "rerun-incomplete: true", "rerun-incomplete: false")(folder)
    (folder / "data").mkdir()
    (folder / "data/archive.tar.gz").touch()
    mark = folder / ".snakemake/incomplete/ZGF0YS9hcmNoaXZlLnRhci5neg=="
    mark.parent.mkdir(parents=True)
    mark.touch()


AMBIGUOUS = 'rule other:\n    output: "data/cifar100.npz"\n    shell: "true"\n'


@pytest.mark.parametrize(
    ("breaks", "said"),
    [
        (append("Snakefile", "rule x:\n    bad\n"), r"/Snakefile:\d+: "),
        (append(f"{RULES}/settings.smk", "import nonsense\n"), r"/settings\.smk:\d+: No module named 'nonsense'"),
        (append("Snakefile", AMBIGUOUS), "are ambiguous for the file data/cifar100.npz"),
        (
            replace(f"{RULES}/data.smk", 'input:\n        "data/arch', 'input:\n        "data/other'),
            "data/otherive",
        ),
        (
            replace(f"{RULES}/train.smk", "=first_stage,", "=lambda wildcards: wildcards.none,"),
            "no attribute 'none'",
        ),
        (append(PROFILE, "nonsense: 1\n"), "unrecognized arguments: --nonsense"),
        (append(PROFILE, "executor: nowhere\n"), "invalid choice: 'nowhere'"),
        (append(PROFILE, " x: [\n"), PROFILE),
        (half_written, "Incomplete files: data/archive.tar.gz"),
    ],
    ids=["syntax", "import", "ambiguous", "input", "function", "option", "plugin", "profile", "incomplete"],
)
def test_snakemakes_own_reason_is_told(repository: Path, breaks: Callable[[Path], None], said: str) -> None:
    breaks(repository)
    with chdir(repository), pytest.raises(UserError) as error:
        snakemake("--dry-run")
    message = str(error.value)
    assert message.startswith(f"snakemake --dry-run failed in {repository}: ")
    assert "Using workflow" not in message
    assert "\n" not in message
    assert re.search(said, message), message


def test_a_locked_folder_is_told(repository: Path) -> None:
    lock(repository)
    with chdir(repository), pytest.raises(UserError, match=r"cannot be locked.* --unlock argument"):
        snakemake("--touch", "--cores", "1")


def test_a_forecast_tells_the_reason(repository: Path, gen100: Process) -> None:
    append("Snakefile", AMBIGUOUS)(repository)
    assert "are ambiguous for the file data/cifar100.npz" in refused(gen100(repository, "forecast", check=False))


def test_engines_that_are_not_installed_are_named(repository: Path) -> None:
    """As after `pip install gen100`, without the engines."""
    program = (
        "import importlib.util as util; found = util.find_spec;"
        " util.find_spec = lambda name, *more: None if name == 'snakemake' else found(name, *more);"
        " from gen100.cli import main; main()"
    )
    words = [sys.executable, "-c", program, "forecast"]
    done = subprocess.run(words, cwd=repository, env=environment(), capture_output=True, text=True)
    assert "snakemake is not installed" in refused(done)


NAME = "".join(map(chr, (0x457, 0x436, 0x430, 0x43A)))
"""In letters that ASCII does not have."""
SURROUNDINGS = [
    {"PYTHONIOENCODING": "ascii"},
    {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
]


@pytest.mark.parametrize("variables", SURROUNDINGS, ids=["ascii", "locale"])
def test_whatever_the_terminal_knows_all_is_printed(
    tmp_path: Path, write_params: Callable[..., None], variables: dict[str, str]
) -> None:
    folder = tmp_path / NAME
    folder.mkdir()
    write_params(folder, **tiny())

    def run(*arguments: str) -> "subprocess.CompletedProcess[bytes]":
        words = [sys.executable, "-m", "gen100", *arguments]
        return subprocess.run(words, cwd=folder, env=environment() | variables, capture_output=True)

    shown = run("forecast")
    assert shown.returncode == 0, shown.stderr
    assert b"train" in shown.stdout
    for arguments in (("train", NAME, "0"), ("--workspace", NAME, "fetch")):
        said = run(*arguments)
        assert said.returncode == 2
        assert said.stderr.startswith(b"gen100: "), said.stderr
        assert len(said.stderr.splitlines()) == 1
    write_params(folder, **tiny(cells=[NAME]))
    said = run("forecast")
    assert said.stderr.startswith(b"gen100: params.yaml:2: cells.0: "), said.stderr


def test_a_closed_pipe_ends_quietly(tmp_path: Path, write_params: Callable[..., None]) -> None:
    write_params(tmp_path, **tiny())
    reader, writer = os.pipe()
    os.close(reader)
    words = [sys.executable, "-m", "gen100", "forecast"]
    done = subprocess.run(words, cwd=tmp_path, env=environment(), stdout=writer, stderr=subprocess.PIPE, text=True)
    os.close(writer)
    assert done.stderr == ""
