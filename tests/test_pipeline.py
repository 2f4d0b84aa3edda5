"""The whole road in a scratch copy of the repository, for two cells: Snakemake runs it, DVC records it."""

import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml
from conftest import ROOT, environment
from test_workflow import snakemake

CELLS = ["vae-elbo-128", "stable_diffusion-mse-128"]
SMALL = {"images": 320, "records": 2, "ema_images": 100, "optimizer": {"lr": 1e-3}}
REPORT = {"aggregate", "tables", "figures", "page"}


def dvc(folder: Path, *arguments: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "dvc", *arguments], cwd=folder, env=environment(), capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def git(folder: Path, *arguments: str) -> None:
    identity = ["-c", "user.name=test", "-c", "user.email=test@example.org"]
    subprocess.run(["git", *identity, *arguments], cwd=folder, check=True, capture_output=True)


def run_stages(said: str) -> set[str]:
    """The stages that `dvc repro` ran."""
    return set(re.findall(r"^Running stage '([^']+)'", said, re.M))


def due_jobs(folder: Path) -> set[str]:
    """The jobs that Snakemake would run, as DVC names their stages."""
    done = snakemake("-n", folder=folder)
    assert done.returncode == 0, done.stderr
    text = done.stdout + done.stderr
    jobs = set()
    for rule, block in re.findall(r"^(?:local)?rule (\w+):\n(.*?)(?=^\[|\Z)", text, re.M | re.S):
        found = re.search(r"wildcards: cell=([^,]+), seed=(\d+)", block)
        jobs.add(f"{rule}@{found.group(1)}-{found.group(2)}" if found else rule)
    return jobs - {"all"}


def edit(folder: Path, change: Callable[[dict], None]) -> None:
    file = folder / "params.yaml"
    params = yaml.safe_load(file.read_text())
    change(params)
    file.write_text(yaml.safe_dump(params, sort_keys=False))


@pytest.fixture(scope="module")
def scratch(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A repository with the workflow, tiny parameters, and all its outputs made by Snakemake."""
    folder = tmp_path_factory.mktemp("scratch")
    for name in ("Snakefile", "dvc.yaml", ".gitignore"):
        shutil.copy(ROOT / name, folder)
    for name in ("workflow", "profiles"):
        shutil.copytree(ROOT / name, folder / name)
    params = yaml.safe_load((ROOT / "demo/params.yaml").read_text())
    params |= {"cells": CELLS, "data": {"synthetic": {"train": 300, "test": 100, "seed": 0}}}
    for model in params["models"].values():
        model["training"] |= SMALL
        if "autoencoder" in model:
            model["autoencoder"]["training"] |= SMALL
    for role in ("extractor", "perceptual"):
        params["metrics"][role]["network"]["training"] |= SMALL
    params["sampling"]["images"] = 100
    (folder / "params.yaml").write_text(yaml.safe_dump(params, sort_keys=False))
    git(folder, "init", "--quiet")
    dvc(folder, "init", "--quiet")
    dvc(folder, "config", "core.analytics", "false")
    done = snakemake(folder=folder)
    assert done.returncode == 0, done.stdout + done.stderr
    return folder


def test_every_output_is_there(scratch: Path) -> None:
    results = pd.read_csv(scratch / "reports/results.csv")
    assert results["cell"].tolist() == CELLS
    numbers = results[["fid", "is", "is_std", "kid", "train_loss", "val_loss", "seconds"]].to_numpy(float)
    assert np.isfinite(numbers).all()
    assert results["images_seen"].tolist() == [320, 320]
    assert all("synthetic" in data for data in results["data"])
    assert "synthetic" in (scratch / "reports/tables/table_3_1.en.md").read_text()
    assert "data:image/png" in (scratch / "reports/index.html").read_text()
    for cell in CELLS:
        for name in ("model.safetensors", "curve.csv", "samples.npy", "grid.png", "metrics.json"):
            assert (scratch / "results" / cell / "0" / name).stat().st_size
    assert due_jobs(scratch) == set()


def test_recorded_in_dvc_both_engines_have_nothing_to_do(scratch: Path) -> None:
    dvc(scratch, "commit", "-f", "--no-relink")
    assert dvc(scratch, "status").strip() == "Data and pipelines are up to date."
    assert run_stages(dvc(scratch, "repro")) == set()
    assert due_jobs(scratch) == set()
    shown = dvc(scratch, "metrics", "show")
    for cell in CELLS:
        assert cell in shown


def test_a_deleted_model_is_made_again_alone(scratch: Path) -> None:
    cell = CELLS[0]
    follow = {f"{stage}@{cell}-0" for stage in ("train", "sample", "evaluate")}
    file = scratch / "results" / cell / "0/model.safetensors"
    before = file.read_bytes()
    file.unlink()
    assert due_jobs(scratch) == follow | REPORT
    assert f"train@{cell}-0" in dvc(scratch, "status")
    said = dvc(scratch, "repro")
    assert f"train@{cell}-0" in said
    assert run_stages(said) <= follow | REPORT
    assert file.read_bytes() == before


def test_an_edit_runs_what_depends_on_it(scratch: Path) -> None:
    dvc(scratch, "repro")
    snakemake("--touch", "--forceall", folder=scratch)
    assert due_jobs(scratch) == set()
    edit(scratch, lambda params: params["models"]["vae"]["training"].update(images=384))
    follow = {f"{stage}@{CELLS[0]}-0" for stage in ("train", "sample", "evaluate")}
    assert due_jobs(scratch) == follow | REPORT | {"plan"}
    assert run_stages(dvc(scratch, "repro")) == follow | REPORT | {"plan"}


def test_a_new_cell_runs_alone(scratch: Path) -> None:
    def add(params: dict) -> None:
        params["cells"].append("vae-wae-64")
        params["sizes"]["vae"][64] = 32

    snakemake("--touch", "--forceall", folder=scratch)
    edit(scratch, add)
    new = {f"{stage}@vae-wae-64-0" for stage in ("autoencoder", "train", "sample", "evaluate")}
    assert due_jobs(scratch) == new | REPORT | {"plan"}
    assert run_stages(dvc(scratch, "repro")) == new | REPORT | {"plan"}
    assert pd.read_csv(scratch / "reports/results.csv")["cell"].tolist() == [*CELLS, "vae-wae-64"]


@pytest.mark.parametrize("engine", ["snakemake", "dvc", "gen100"])
def test_a_wrong_cell_stops_every_engine_with_one_line(scratch: Path, engine: str) -> None:
    before = (scratch / "params.yaml").read_text()
    edit(scratch, lambda params: params["cells"].append("vae-hinge-128"))
    try:
        arguments = {"snakemake": ["--cores", "1", "-n"], "dvc": ["repro"], "gen100": ["plan"]}[engine]
        done = subprocess.run(
            [sys.executable, "-m", engine, *arguments],
            cwd=scratch,
            env=environment(),
            capture_output=True,
            text=True,
        )
    finally:
        (scratch / "params.yaml").write_text(before)
    assert done.returncode
    said = [line for line in (done.stdout + done.stderr).splitlines() if "vae-hinge-128" in line]
    assert any("names no loss of vae: use one of elbo, mi, wae" in line for line in said)
    assert "Traceback" not in done.stdout + done.stderr
