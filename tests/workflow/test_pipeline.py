"""The whole way in a scratch copy of the repository, for two cells: Snakemake runs it, DVC records it."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from support.engines import AUTOENCODER, CELLS, STAGES, after, due_jobs, edit, more_vae_images, run_stages
from support.faults import tiny
from support.processes import Process, dvc, environment, snakemake


def test_every_output_is_there(scratch: Path) -> None:
    results = pd.read_csv(scratch / "reports/results.csv")
    assert results["cell"].tolist() == CELLS
    numbers = results[["fid", "is", "is_std", "kid", "train_loss", "val_loss", "seconds"]].to_numpy(float)
    assert np.isfinite(numbers).all()
    assert results["images_seen"].tolist() == [320, 320]
    assert all("synthetic" in data for data in results["data"])
    assert "synthetic" in (scratch / "reports/tables/table_3_1.en.md").read_text()
    assert "data:image/webp" in (scratch / "reports/index.html").read_text()
    for cell in CELLS:
        for name in ("model.safetensors", "curve.csv", "samples.npy", "grid.png", "metrics.json"):
            assert (scratch / "results" / cell / "0" / name).stat().st_size
    assert due_jobs(scratch) == set()


def test_recorded_in_dvc_both_engines_have_nothing_to_do(scratch: Path, gen100: Process) -> None:
    assert gen100(scratch, "record").stdout == f"recorded {STAGES} of {STAGES} stages in dvc.lock\n"
    assert dvc(scratch, "status").strip() == "Data and pipelines are up to date."
    assert run_stages(dvc(scratch, "repro")) == set()
    assert due_jobs(scratch) == set()


def test_a_deleted_model_is_made_again_alone(scratch: Path) -> None:
    cell = CELLS[0]
    follow = after("train", cell)
    file = scratch / "results" / cell / "0/model.safetensors"
    before = file.read_bytes()
    file.unlink()
    assert due_jobs(scratch) == follow
    assert f"train-{cell}-0" in dvc(scratch, "status")
    said = dvc(scratch, "repro")
    assert f"train-{cell}-0" in said
    assert run_stages(said) <= follow
    assert file.read_bytes() == before


def test_an_edit_runs_what_depends_on_it(scratch: Path, gen100: Process) -> None:
    dvc(scratch, "repro")
    gen100(scratch, "restore")
    assert due_jobs(scratch) == set()
    edit(scratch, more_vae_images)
    follow = after("train", CELLS[0])
    assert due_jobs(scratch) == follow
    assert run_stages(dvc(scratch, "repro")) == follow | {"check"}


def test_a_new_cell_runs_alone(scratch: Path, gen100: Process) -> None:
    def add(params: dict) -> None:
        params["cells"].append("vae-wae-64")
        params["sizes"]["vae"][64] = 32

    gen100(scratch, "restore")
    edit(scratch, add)
    new = after("train", "vae-wae-64")
    assert due_jobs(scratch) == new
    stopped = dvc(scratch, "repro", check=False)
    assert run_stages(stopped) == {"check"}
    assert (
        "gen100: dvc.yaml was written for other cells, seeds or keys than params.yaml has: run `gen100 dvc`"
        in stopped
    )
    gen100(scratch, "dvc")
    assert run_stages(dvc(scratch, "repro")) == new | {"check"}
    assert pd.read_csv(scratch / "reports/results.csv")["cell"].tolist() == [*CELLS, "vae-wae-64"]


def test_cells_share_an_autoencoder_that_is_trained_once(
    tmp_path: Path, write_params: Callable[..., None]
) -> None:
    cells = ["stable_diffusion-mse-128", "stable_diffusion-mae-128"]
    write_params(tmp_path, **tiny(cells=cells))
    targets = [f"results/{cell}/0/model.safetensors" for cell in cells]
    done = snakemake("--directory", str(tmp_path), *targets)
    assert done.returncode == 0, done.stderr
    assert [file.name for file in (tmp_path / "logs/autoencoder").glob("*.log")] == [f"{AUTOENCODER}-0.log"]
    folder = tmp_path / "results/autoencoders" / AUTOENCODER / "0"
    assert {file.name for file in folder.iterdir()} == {"model.safetensors", "curve.csv", "run.json"}
    for target in targets:
        assert {file.name for file in (tmp_path / target).parent.iterdir()} == {
            "model.safetensors",
            "curve.csv",
            "run.json",
        }


@pytest.mark.parametrize("engine", ["snakemake", "dvc", "gen100"])
def test_a_wrong_cell_stops_every_engine_with_one_line(scratch: Path, engine: str) -> None:
    before = (scratch / "params.yaml").read_text()
    edit(scratch, lambda params: params["cells"].append("vae-hinge-128"))
    try:
        arguments = {"snakemake": ["--cores", "1", "-n"], "dvc": ["repro"], "gen100": ["fetch"]}[engine]
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
    assert any("names an unknown loss of vae: use one of elbo, mi, wae" in line for line in said)
    assert "Traceback" not in done.stdout + done.stderr
