"""What is left of removed cells, which `gen100 clean` removes, and of systems and editors, which nobody counts."""

import shutil
from pathlib import Path
from typing import Any

import pytest

from support.engines import AUTOENCODER, CELLS, STAGES, clone, commit, due_jobs, edit
from support.processes import Process, dvc, git

JUNK = [".DS_Store", "._curve.csv", "Thumbs.db", "curve.csv~", ".curve.csv.swp", "#curve.csv#", ".nfs00000000a1"]
JUNK += ["__MACOSX/._0", "desktop.ini"]
PLACES = [
    ".",
    "data",
    "data/extractors",
    "results",
    f"results/{CELLS[0]}",
    f"results/{CELLS[0]}/0",
    "reports/tables",
]
PLACES += ["results/autoencoders", f"results/autoencoders/{AUTOENCODER}/0"]
KEPT = f"results/{CELLS[1]}/0/notes.txt"


def litter(folder: Path) -> None:
    """Leave in the folders what systems and editors do."""
    for place in PLACES:
        for name in JUNK:
            file = folder / place / name
            file.parent.mkdir(exist_ok=True)
            file.write_text("junk")


def drop_the_second_cell(params: dict[str, Any]) -> None:
    params["cells"].remove(CELLS[1])


@pytest.fixture
def left(built: Path, tmp_path: Path) -> Path:
    """A finished workspace whose second cell was taken out of params.yaml."""
    folder = shutil.copytree(built, tmp_path / "left")
    for file in (f"checkpoints/train/{CELLS[1]}/0/state.pt", f"lineage/train/{CELLS[1]}-0.json", KEPT):
        (folder / file).parent.mkdir(parents=True, exist_ok=True)
        (folder / file).write_text("x")
    (folder / f"lineage/train/{CELLS[0]}-0.json").write_text("x")
    litter(folder)
    edit(folder, drop_the_second_cell)
    return folder


def files(folder: Path) -> set[str]:
    return {
        str(file.relative_to(folder))
        for top in ("results", "checkpoints", "logs", "lineage", "data", "reports")
        for file in (folder / top).rglob("*")
        if file.is_file() and file.parent.name != "locks"
    }


def test_what_is_left_of_a_cell_is_named_and_removed(left: Path, gen100: Process) -> None:
    orphans = [f"results/{CELLS[1]}/0", f"results/autoencoders/{AUTOENCODER}/0"]
    line = f"Not in params.yaml any more: {', '.join(sorted(orphans))}: `gen100 clean` lists what is left."
    assert line in gen100(left, "forecast").stdout.splitlines()
    before = files(left)
    listed = gen100(left, "clean").stdout.splitlines()
    assert [row.split("MiB  ")[1].split(",")[0] for row in listed[:-1]] == orphans
    assert "gen100 clean --yes" in listed[-1]
    assert files(left) == before

    assert "removed: " in gen100(left, "clean", "--yes").stdout
    gone = before - files(left)
    theirs = {file for file in before if CELLS[1] in file or f"/{AUTOENCODER}" in file}
    junk = {Path(name).name for name in JUNK}
    assert gone == {file for file in theirs if Path(file).name not in junk} - {KEPT}
    assert not (left / f"checkpoints/train/{CELLS[1]}").exists()
    assert "nothing to remove" in gen100(left, "clean").stdout
    # The first cell's runs are none of it.
    assert not {job for job in due_jobs(left) if CELLS[0] in job}


def test_a_seed_that_is_gone_and_what_is_not_of_this_program(left: Path, gen100: Process) -> None:
    gen100(left, "clean", "--yes")
    (left / f"results/{CELLS[0]}/7").mkdir()
    shutil.copy(left / f"results/{CELLS[0]}/0/run.json", left / f"results/{CELLS[0]}/7")
    (left / f"results/{CELLS[0]}/7/.model.safetensors.123.part").write_text("half")
    others = [
        "results/mine/0/run.json",
        f"results/{CELLS[0]}/best/run.json",
        f"results/{CELLS[0]}-copy/0/run.json",
    ]
    for file in others:
        (left / file).parent.mkdir(parents=True)
        (left / file).write_text("{}")
    before = files(left)
    gen100(left, "clean", "--yes")
    gone = [f"results/{CELLS[0]}/7/{name}" for name in (".model.safetensors.123.part", "run.json")]
    assert sorted(before - files(left)) == gone
    assert not (left / f"results/{CELLS[0]}/7").exists()


def test_leftovers_break_no_record_and_no_restore(recorded: Path, gen100: Process, tmp_path: Path) -> None:
    """The whole way, with what a removed cell and three systems left: record, push, clone, pull, restore."""
    origin = shutil.copytree(recorded, tmp_path / "origin")
    shutil.copytree(origin / "results" / CELLS[0], origin / "results/vae-mi-128")
    litter(origin)
    assert dvc(origin, "status").strip() == "Data and pipelines are up to date."
    assert gen100(origin, "record").stdout == f"recorded {STAGES} of {STAGES} stages in dvc.lock\n"
    dvc(origin, "remote", "add", "--default", "store", str(tmp_path / "store"))
    dvc(origin, "push")
    commit(origin, "with leftovers")
    kept = set(git(origin, "ls-files").splitlines())
    assert not {file for file in kept if Path(file).name in JUNK or "__MACOSX" in file}
    assert "reports/tables/table_3_1.en.csv" in kept
    fresh = clone(origin, tmp_path / "clone")
    litter(fresh)
    dvc(fresh, "pull")
    assert f"restored {STAGES} of {STAGES} stages" in gen100(fresh, "restore").stdout
    assert due_jobs(fresh) == set()
    assert dvc(fresh, "status").strip() == "Data and pipelines are up to date."
    # A table of the removed cell has come along with git.
    assert "results/vae-mi-128/0" in gen100(fresh, "forecast").stdout
