"""`gen100 record` and `gen100 restore`: what Snakemake made goes to DVC, and what DVC brings back to Snakemake."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
import yaml

from support.engines import CELLS, STAGES, after, clone, commit, due_jobs, edit, more_vae_images
from support.processes import Process, dvc, environment, refused, snakemake

VAE_ON = after("train", CELLS[0])
BEFORE_VAE = STAGES - len(VAE_ON)


def status(folder: Path) -> set[str]:
    """The stages that DVC finds changed."""
    return set(json.loads(dvc(folder, "status", "--json")))


def listed(said: str) -> set[str]:
    """The stages that a line ends with."""
    return set(said.strip().rpartition(": ")[2].split(", "))


@pytest.fixture
def pulled(recorded: Path, tmp_path: Path) -> Path:
    """A fresh clone of the recorded run with its files, by way of the origin's cache."""
    folder = clone(recorded, tmp_path / "clone")
    dvc(folder, "cache", "dir", "--local", str(recorded / ".dvc/cache"))
    dvc(folder, "checkout")
    return folder


def test_a_part_is_recorded_pulled_restored_and_finished(scratch: Path, gen100: Process, tmp_path: Path) -> None:
    edit(scratch, more_vae_images)
    assert due_jobs(scratch) == VAE_ON
    whole, left = gen100(scratch, "record").stdout.splitlines()
    assert whole == f"recorded {BEFORE_VAE} of {STAGES} stages in dvc.lock"
    assert left.startswith(f"{len(VAE_ON)} of {STAGES} stages are not up to date and were left out: ")
    assert listed(left) == VAE_ON
    assert status(scratch) == VAE_ON
    assert due_jobs(scratch) == VAE_ON

    dvc(scratch, "remote", "add", "--default", "store", str(tmp_path / "store"))
    dvc(scratch, "push")
    commit(scratch, "a part")
    folder = clone(scratch, tmp_path / "clone")
    dvc(folder, "pull", "--allow-missing")
    whole, left = gen100(folder, "restore").stdout.splitlines()
    assert whole == f"restored {BEFORE_VAE} of {STAGES} stages: Snakemake has nothing to do for them"
    assert left.startswith(f"{len(VAE_ON)} of {STAGES} stages are not as recorded and will run: ")
    assert listed(left) == VAE_ON == due_jobs(folder)

    assert snakemake(folder=folder).returncode == 0
    assert gen100(folder, "record").stdout == f"recorded {STAGES} of {STAGES} stages in dvc.lock\n"
    assert status(folder) == set()


def test_an_edit_after_the_restore_runs_what_depends_on_it(pulled: Path, gen100: Process) -> None:
    assert gen100(pulled, "restore").stdout.splitlines() == [
        f"restored {STAGES} of {STAGES} stages: Snakemake has nothing to do for them"
    ]
    assert due_jobs(pulled) == set() == status(pulled)
    edit(pulled, lambda params: params["sampling"].update(guidance=2.0))
    assert due_jobs(pulled) == after("sample", CELLS[1])


def test_an_edit_before_the_restore_is_noticed(pulled: Path, gen100: Process) -> None:
    edit(pulled, more_vae_images)
    whole, left = gen100(pulled, "restore").stdout.splitlines()
    assert whole == f"restored {BEFORE_VAE} of {STAGES} stages: Snakemake has nothing to do for them"
    assert listed(left) == VAE_ON == due_jobs(pulled)


def test_other_data_before_the_restore_are_told(pulled: Path, gen100: Process) -> None:
    """The first stage has no input whose time could give it away."""
    edit(pulled, lambda params: params["data"]["synthetic"].update(seed=1))
    said = gen100(pulled, "restore").stdout
    assert f"restored 0 of {STAGES} stages" in said
    # Of the others it sees as many as the times of their files happen to give away.
    assert {"--forcerun", "fetch"} <= set(said.splitlines()[-1].strip("`").split())
    forced = snakemake("-n", "--forcerun", "fetch", folder=pulled)
    assert forced.stdout.count("gen100") == 0
    assert re.search(rf"^total +{STAGES + 1}$", forced.stdout, re.M)


def remove_lock(folder: Path) -> None:
    (folder / "dvc.lock").unlink()


def remove_model(folder: Path) -> None:
    (folder / "results" / CELLS[0] / "0/model.safetensors").unlink()


def change_samples(folder: Path) -> None:
    file = folder / "results" / CELLS[0] / "0/samples.npy"
    changed = bytearray(file.read_bytes())
    changed[-1] ^= 1
    file.unlink()
    file.write_bytes(changed)


@pytest.mark.parametrize(
    ("damage", "named", "cure"),
    [
        (remove_lock, "dvc.lock", "gen100 record"),
        (remove_model, "model.safetensors", "dvc pull"),
        (change_samples, "samples.npy", "dvc checkout"),
    ],
)
def test_what_cannot_be_restored_is_refused(
    pulled: Path, gen100: Process, damage: Any, named: str, cure: str
) -> None:
    damage(pulled)
    said = refused(gen100(pulled, "restore", check=False))
    assert named in said
    assert cure in said


def test_what_snakemake_does_not_remember_is_not_recorded(pulled: Path, gen100: Process) -> None:
    before = (pulled / "dvc.lock").read_bytes()
    assert "gen100 restore" in refused(gen100(pulled, "record", check=False))
    assert (pulled / "dvc.lock").read_bytes() == before


def test_a_forecast_says_that_snakemake_has_forgotten(recorded: Path, gen100: Process, tmp_path: Path) -> None:
    folder = shutil.copytree(recorded, tmp_path / "forgotten")
    shutil.rmtree(folder / ".snakemake")
    edit(folder, more_vae_images)
    assert due_jobs(folder) == set()
    (forgotten, nothing) = gen100(folder, "forecast").stdout.splitlines()
    assert forgotten.startswith(f"Snakemake has forgotten how {STAGES} of {STAGES} stages were made")
    assert forgotten.endswith("`gen100 restore` brings its records back.")
    assert nothing == "Nothing else is due."
    gen100(folder, "restore")
    assert "has forgotten how" not in gen100(folder, "forecast").stdout
    assert due_jobs(folder) == VAE_ON


def test_a_forecast_names_what_of_snakemakes_memory_is_gone(built: Path, gen100: Process, tmp_path: Path) -> None:
    """Of one training; it was recorded nowhere else."""
    folder = shutil.copytree(built, tmp_path / "forgotten")
    for name in ("model.safetensors", "curve.csv", "run.json"):
        output = f"results/{CELLS[0]}/0/{name}"
        assert snakemake("--cleanup-metadata", output, folder=folder).returncode == 0
    said = gen100(folder, "forecast").stdout.splitlines()
    assert said[0].startswith(f"Snakemake has forgotten how 1 of {STAGES} stages were made")
    assert f"(train-{CELLS[0]}-0): `snakemake --cores all --forcerun train`" in said[0]
    assert "snakemake --cores 1 --touch --forceall" in said[0]
    assert said[1] == "Nothing else is due."


def test_a_workspace_without_dvc_is_refused(scratch: Path, gen100: Process) -> None:
    below = scratch / "demo"
    below.mkdir()
    shutil.copy(scratch / "params.yaml", below)
    for command in ("record", "restore"):
        assert "repository's root" in refused(gen100(below, command, check=False))


def test_a_running_and_a_killed_snakemake(built: Path, gen100: Process, tmp_path: Path) -> None:
    folder = shutil.copytree(built, tmp_path / "killed")
    edit(folder, lambda params: params["models"]["vae"]["training"].update(images=100000))
    # Snakemake removes a job's outputs when it starts it.
    model = folder / "results" / CELLS[0] / "0/model.safetensors"
    command = [sys.executable, "-m", "snakemake", "--cores", "2"]
    # A session of its own, so that the stages die with it.
    process = subprocess.Popen(
        command, cwd=folder, env=environment(), stderr=subprocess.PIPE, start_new_session=True
    )
    try:
        while model.exists() and process.poll() is None:
            time.sleep(0.05)
        assert "wait for Snakemake" in refused(gen100(folder, "record", check=False))
        assert "wait for Snakemake" in refused(gen100(folder, "restore", check=False))
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
    assert "snakemake --unlock" in refused(gen100(folder, "record", check=False))
    assert snakemake("--unlock", folder=folder).returncode == 0
    said = gen100(folder, "record").stdout.splitlines()
    assert said[0] == f"recorded {BEFORE_VAE} of {STAGES} stages in dvc.lock"
    assert listed(said[1]) == VAE_ON


def test_early_files_that_are_gone_are_named(built: Path, gen100: Process, tmp_path: Path) -> None:
    """Snakemake needs the archive no more; DVC cannot record what follows from it."""
    folder = shutil.copytree(built, tmp_path / "gone")
    (folder / "data/archive.tar.gz").unlink()
    assert due_jobs(folder) == set()
    said = refused(gen100(folder, "record", check=False))
    assert "data/archive.tar.gz" in said
    assert "snakemake --touch" in said


def test_finished_work_that_is_not_recorded_stops_the_restore(
    recorded: Path, gen100: Process, tmp_path: Path
) -> None:
    """Touching what it reads would have Snakemake make it again."""
    folder = shutil.copytree(recorded, tmp_path / "unrecorded")
    lock = yaml.safe_load((folder / "dvc.lock").read_text())
    del lock["stages"][f"train-{CELLS[0]}-0"]
    (folder / "dvc.lock").write_text(yaml.safe_dump(lock))
    data = (folder / "data/cifar100.npz").stat().st_mtime_ns
    said = refused(gen100(folder, "restore", check=False))
    assert f"train-{CELLS[0]}-0" in said
    assert "gen100 record" in said
    assert (folder / "data/cifar100.npz").stat().st_mtime_ns == data


def drop_a_cell(params: dict[str, Any]) -> None:
    params["cells"].remove(CELLS[1])


def test_a_record_writes_the_dvc_yaml_of_other_cells_and_says_so(
    built: Path, gen100: Process, tmp_path: Path
) -> None:
    folder = shutil.copytree(built, tmp_path / "fewer")
    edit(folder, drop_a_cell)
    said = gen100(folder, "record").stdout.splitlines()
    assert said[0].startswith("dvc.yaml written")
    # What reads every run is to be made again; without the cell go its three stages and its autoencoder.
    reports = {"forensics", "aggregate", "compare", "claims", "tables", "figures", "page"}
    assert said[1] == f"recorded {STAGES - 4 - len(reports)} of {STAGES - 4} stages in dvc.lock"
    assert listed(said[2]) == reports
    assert CELLS[1] not in (folder / "dvc.yaml").read_text()


def test_a_restore_refuses_a_dvc_yaml_of_other_cells(pulled: Path, gen100: Process) -> None:
    edit(pulled, drop_a_cell)
    assert "run `gen100 dvc`" in refused(gen100(pulled, "restore", check=False))
    gen100(pulled, "dvc")
    assert f"restored {STAGES - 4 - 7} of {STAGES - 4} stages" in gen100(pulled, "restore").stdout
