"""What a DVC user expects of the recorded run: metrics, parameters, plots, and an experiment with one cell."""

import csv
import io
import json
import re
import shutil
from pathlib import Path

import pytest

from support.engines import CELLS, REPORT, STAGES, after, commit, due_jobs, run_stages
from support.processes import Process, dvc, git

CELL, OTHER = CELLS
METRICS = f"results/{CELL}/0/scores.json"
IMAGES = "models.vae.training.images"
COMMENTS = {"cells:": "cells: # the grid", "  vae:": "  vae: # the first family"}


@pytest.fixture(scope="module")
def study(recorded: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The recorded run, its params.yaml with comments."""
    folder = shutil.copytree(recorded, tmp_path_factory.mktemp("user") / "study")
    file = folder / "params.yaml"
    file.write_text(
        "# the experiment\n" + "\n".join(COMMENTS.get(line, line) for line in file.read_text().split("\n"))
    )
    commit(folder, "comments")
    return folder


@pytest.fixture(scope="module")
def experiment(study: Path) -> str:
    """The name of an experiment that trained one cell longer; its results are in the workspace."""
    said = dvc(study, "exp", "run", "--name", "longer", "-S", f"{IMAGES}=640", f"evaluate-{CELL}-0")
    assert run_stages(said) == {"check"} | after("train", CELL) - REPORT
    return "longer"


def test_metrics_show_a_row_for_each_run_and_the_floor_on_one_screen(study: Path) -> None:
    table = dvc(study, "metrics", "show").rstrip().splitlines()
    assert max(map(len, table)) <= 100
    header, _, *rows = dvc(study, "metrics", "show", "--md").strip().splitlines()
    names = [name.strip() for name in header.strip("|").split("|")]
    assert names == ["Path", "fid", "is", "kid", "precision", "recall"]
    shown = [list(map(str.strip, row.strip("|").split("|"))) for row in rows]
    found = {cell: f"results/{cell}/0/scores.json" for cell in CELLS} | {"real": "reports/real_images.json"}
    assert sorted(path for path, *_ in shown) == sorted(found.values())
    values = {cell: json.loads((study / f"results/{cell}/0/metrics.json").read_text()) for cell in CELLS}
    values["real"] = json.loads((study / "reports/reference.json").read_text())["real"]
    for name, path in found.items():
        (row,) = (row for first, *row in shown if first == path)
        assert list(map(float, row)) == pytest.approx([values[name][key] for key in names[1:]], abs=1e-5)


def test_plots_show_curves_and_grids(study: Path, tmp_path: Path) -> None:
    dvc(study, "plots", "show", "--out", str(tmp_path / "plots"))
    page = (tmp_path / "plots/index.html").read_text()
    images = dict.fromkeys(re.findall(r'<img src="(static/[^"]+)"', page))
    shown = sorted((tmp_path / "plots" / image).read_bytes() for image in images)
    pictures = [f"results/{cell}/0/{name}.png" for cell in CELLS for name in ("grid", "neighbours")]
    assert shown == sorted((study / picture).read_bytes() for picture in pictures)
    for cell in CELLS:
        assert f"{cell}, seed 0" in page
        for line in csv.DictReader((study / f"results/{cell}/0/curve.csv").open()):
            assert f'"val_loss": "{line["val_loss"]}"' in page


def test_an_experiment_changes_one_line_of_the_parameters(study: Path, experiment: str) -> None:
    changed = [line for line in git(study, "diff", "-U0", "params.yaml").splitlines() if re.match(r"[+-] ", line)]
    assert [line.split() for line in changed] == [["-", "images:", "320"], ["+", "images:", "640"]]
    text = (study / "params.yaml").read_text()
    assert all(comment in text for comment in ("# the experiment", *COMMENTS.values()))
    assert experiment in dvc(study, "exp", "list", "--name-only")


def test_params_diff_names_the_setting(study: Path, experiment: str) -> None:
    changes = json.loads(dvc(study, "params", "diff", "--json", "HEAD", experiment))
    change = {"old": 320, "new": 640, "diff": 320}
    assert changes == {"params.yaml": {IMAGES: change}}


def test_metrics_and_experiments_compare(study: Path, experiment: str) -> None:
    old = json.loads(git(study, "show", f"HEAD:{METRICS}"))["fid"]
    new = json.loads((study / METRICS).read_text())["fid"]
    assert new != old
    for compared in (
        json.loads(dvc(study, "metrics", "diff", "--json")),
        json.loads(dvc(study, "exp", "diff", "--json", "HEAD", experiment))["metrics"],
    ):
        assert compared.keys() == {METRICS}
        assert compared[METRICS]["fid"] == {"old": old, "new": new, "diff": new - old}
    table = csv.DictReader(io.StringIO(dvc(study, "exp", "show", "--csv")))
    rows = {row["Experiment"] or row["rev"]: row for row in table}
    assert float(rows[experiment][f"{METRICS}:fid"]) == pytest.approx(new)
    assert rows[experiment][IMAGES] == "640"


def test_snakemake_takes_over_from_the_experiment(study: Path, experiment: str, gen100: Process) -> None:
    assert experiment
    assert f"restored {STAGES - len(REPORT)} of {STAGES} stages" in gen100(study, "restore").stdout
    assert due_jobs(study) == REPORT
