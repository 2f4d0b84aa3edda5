"""Stages run by hand in any order, and params.yaml edited at any time: nothing stale goes on unnoticed."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import chdir, contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import pytest

from gen100.config import load_params
from gen100.engines.lineage import DECIDED, Lineage, hand_over
from support.engines import AUTOENCODER, CELLS, edit
from support.faults import AS_A_USER, lock_taken, start, start_and_hold, tiny, until
from support.faults import refusal as one_line
from support.processes import ROOT, Process, command, dvc, environment, refused, snakemake

VAE, DIFFUSION = CELLS


@pytest.fixture
def workspace(built: Path, tmp_path: Path) -> Path:
    """A copy of the built repository."""
    return shutil.copytree(built, tmp_path / "repository")


def changed(**values: Any) -> Callable[[dict[str, Any]], None]:
    """A change of params.yaml's values, by keys with __ between levels."""

    def change(params: dict[str, Any]) -> None:
        for key, value in values.items():
            *above, last = key.split("__")
            below = params
            for name in above:
                below = below[name]
            below[last] = value

    return change


def refusal(gen100: Process, workspace: Path, *arguments: object) -> str:
    """What a stage refuses with, which writes nothing."""
    before = {path: path.stat().st_mtime_ns for path in workspace.glob("[rdl]*/**/*") if path.is_file()}
    said = refused(gen100(workspace, *arguments, check=False))
    after = {path: path.stat().st_mtime_ns for path in before}
    assert after == before
    return said


def test_an_edit_of_an_autoencoder_stops_all_that_follows_from_it(workspace: Path, gen100: Process) -> None:
    edit(workspace, changed(models__stable_diffusion__autoencoder__kl_weight=0.5))
    for arguments in (
        ["train", DIFFUSION, 0],
        ["sample", DIFFUSION, 0],
        ["evaluate", DIFFUSION, 0],
        ["aggregate"],
    ):
        said = refusal(gen100, workspace, *arguments)
        assert f"results/autoencoders/{AUTOENCODER}/0/model.safetensors was made with" in said
        assert "models.stable_diffusion.autoencoder.kl_weight = 0.01, but params.yaml has 0.5" in said
        assert said.endswith(f"run stage autoencoder {AUTOENCODER} 0 again")
    gen100(workspace, "autoencoder", AUTOENCODER, 0)
    assert f"run stage train {DIFFUSION} 0 again" in refusal(gen100, workspace, "sample", DIFFUSION, 0)


def test_an_edit_of_the_data_is_followed_stage_by_stage(workspace: Path, gen100: Process) -> None:
    edit(workspace, changed(data__synthetic__seed=5))
    for arguments in (["prepare"], ["theory"], ["reference"], ["train", VAE, 0], ["page"]):
        said = refusal(gen100, workspace, *arguments)
        assert "data/archive.tar.gz was made with data.synthetic.seed = 0, but params.yaml has 5" in said
    gen100(workspace, "fetch")
    assert "run stage prepare again" in refusal(gen100, workspace, "sample", VAE, 0)
    gen100(workspace, "prepare")
    another = "was made from another data/cifar100.npz than is there now: run stage"
    assert f"model.safetensors {another} train {VAE} 0 again" in refusal(gen100, workspace, "sample", VAE, 0)
    for arguments in (["reference"], ["evaluate", VAE, 0]):
        said = refusal(gen100, workspace, *arguments)
        assert f"data/extractors/metric.safetensors {another} extractor metric again" in said


@pytest.mark.parametrize(("key", "value", "cell"), [("guidance", 3.0, DIFFUSION), ("images", 200, VAE)])
def test_samples_drawn_with_other_settings_are_not_measured(
    workspace: Path, gen100: Process, key: str, value: float, cell: str
) -> None:
    edit(workspace, changed(**{f"sampling__{key}": value}))
    assert f"sampling.{key} = " in refusal(gen100, workspace, "page")
    if key == "images":
        # The floor is of as many images as the samples.
        assert "run stage reference again" in refusal(gen100, workspace, "evaluate", cell, 0)
        gen100(workspace, "reference")
    said = refusal(gen100, workspace, "evaluate", cell, 0)
    assert f"results/{cell}/0/samples.npy was made with sampling.{key} = " in said
    assert said.endswith(f"but params.yaml has {value}: run stage sample {cell} 0 again")


def test_nothing_is_measured_by_a_network_that_fails_the_self_check(workspace: Path, gen100: Process) -> None:
    def untrained(params: dict[str, Any]) -> None:
        params["metrics"]["extractor"]["network"]["training"] |= {"images": 64, "records": 1}

    edit(workspace, untrained)
    gen100(workspace, "extractor", "metric")
    assert "self-check accuracy_trained failed" in refusal(gen100, workspace, "reference")
    for arguments in (["evaluate", VAE, 0], ["forensics"]):
        said = refusal(gen100, workspace, *arguments)
        assert "reports/reference.json was made from another data/extractors/metric.safetensors" in said
    (workspace / "reports/reference.json").unlink()
    for arguments in (["evaluate", VAE, 0], ["forensics"], ["tables"]):
        assert "reference" in refusal(gen100, workspace, *arguments)
    (workspace / "lineage/reference.json").unlink()
    for arguments in (["evaluate", VAE, 0], ["forensics"], ["tables"]):
        said = refusal(gen100, workspace, *arguments)
        assert "reports/reference.json is missing: run stage reference first" in said


def test_a_file_that_was_exchanged_or_edited_is_named(workspace: Path, gen100: Process) -> None:
    samples = [workspace / f"results/{cell}/0/samples.npy" for cell in CELLS]
    shutil.copy(*samples)
    said = refusal(gen100, workspace, "evaluate", DIFFUSION, 0)
    assert f"results/{DIFFUSION}/0/samples.npy was changed after it was made" in said
    assert said.endswith(f"run stage sample {DIFFUSION} 0 again")
    results = workspace / "reports/results.csv"
    results.write_text(results.read_text().replace("0", "1"))
    assert "reports/results.csv was changed after it was made" in refusal(gen100, workspace, "compare")


def test_a_file_that_may_not_be_read_is_named(workspace: Path) -> None:
    for name, arguments in (("data/cifar100.npz", ["theory"]), ("lineage/prepare.json", ["theory"])):
        (workspace / name).chmod(0)
        said = one_line(start(workspace, *arguments, before=AS_A_USER))
        (workspace / name).chmod(0o644)
        assert f"{name} cannot be read (Permission denied)" in said
    (workspace / "data/archive.tar.gz").unlink()
    (workspace / "data/archive.tar.gz").mkdir()
    assert "data/archive.tar.gz cannot be read (Is a directory)" in one_line(start(workspace, "prepare"))


def test_an_input_that_is_changed_while_a_stage_runs_is_named(workspace: Path) -> None:
    shutil.rmtree(workspace / "checkpoints/train")
    running = start_and_hold(workspace, "train", VAE, 0)
    arrays = workspace / "data/cifar100.npz"
    arrays.write_bytes(arrays.read_bytes() + b" ")
    running.send_signal(signal.SIGCONT)
    said = one_line(running)
    assert f"data/cifar100.npz was changed while stage train {VAE} 0 ran: run it again" in said


def test_a_record_that_is_missing_or_damaged_is_named(workspace: Path, gen100: Process) -> None:
    file = workspace / f"lineage/train/{VAE}-0.json"
    for content in ("", "{}", '{"settings": {}, "inputs": {}, "outputs": {}}', None):
        file.unlink()
        if content is not None:
            file.write_text(content)
        said = refusal(gen100, workspace, "sample", VAE, 0)
        assert f"results/{VAE}/0/model.safetensors" in said
        assert said.endswith(f"run stage train {VAE} 0 again")
        file.touch()
    gen100(workspace, "train", VAE, 0)
    gen100(workspace, "sample", VAE, 0)


def test_a_missing_record_is_made_again_by_snakemake(workspace: Path) -> None:
    file = workspace / "lineage/theory.json"
    before = file.read_bytes()
    file.unlink()
    done = snakemake(folder=workspace)
    assert done.returncode == 0, done.stdout + done.stderr
    assert file.read_bytes() == before


def test_what_is_not_as_params_yaml_says_is_not_recorded(workspace: Path, gen100: Process) -> None:
    # Dated as before, so that Snakemake does not notice.
    file = workspace / f"results/{VAE}/0/samples.npy"
    before = file.stat()
    np.save(file, 255 - np.load(file))
    os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert f"results/{VAE}/0/samples.npy was changed after it was made" in refusal(gen100, workspace, "record")
    assert not (workspace / "dvc.lock").exists()


def test_what_is_dated_in_the_future_is_refused_before_work(workspace: Path, gen100: Process) -> None:
    date = time.time() + 30 * 60
    os.utime(workspace / "data/cifar100.npz", (date, date))
    shown = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(date))
    for arguments in (["train", VAE, 0], ["theory"]):
        said = refusal(gen100, workspace, *arguments)
        assert f"data/cifar100.npz is dated {shown}, which is in the future" in said
        assert "touch data/cifar100.npz" in said
    done = snakemake(f"results/{VAE}/0/model.safetensors", folder=workspace)
    assert done.returncode
    assert "which is in the future" in (workspace / f"logs/train/{VAE}-0.log").read_text()


def test_clocks_that_differ_by_seconds_are_waited_for(workspace: Path, gen100: Process) -> None:
    date = time.time() + 4
    os.utime(workspace / "data/cifar100.npz", (date, date))
    gen100(workspace, "sample", VAE, 0)
    assert (workspace / f"results/{VAE}/0/samples.npy").stat().st_mtime > date


@contextmanager
def held(main: subprocess.Popen[str], folder: Path, cell: str) -> Iterator[None]:
    """Hold the training of a cell, which an engine started, within the block."""

    def job() -> psutil.Process | None:
        assert main.poll() is None, main.communicate()
        for child in psutil.Process(main.pid).children(recursive=True):
            if command(child)[-3:] == ["train", cell, "0"] and lock_taken(folder, f"{cell}-0"):
                return child
        return None

    found = until(job)
    found.send_signal(signal.SIGSTOP)
    try:
        yield
    finally:
        found.send_signal(signal.SIGCONT)


def rates(folder: Path, cells: list[str]) -> list[float]:
    """The learning rates that models were trained with."""
    records = [
        Lineage.model_validate_json((folder / f"lineage/train/{cell}-0.json").read_text()) for cell in cells
    ]
    return [record.settings["models.vae.training"]["optimizer"]["lr"] for record in records]


def test_an_edit_while_snakemake_runs_stops_the_jobs_that_it_matters_to(
    tmp_path: Path, write_params: Callable[..., None]
) -> None:
    cells = ["vae-elbo-128", "vae-mi-128", "vae-wae-128"]
    write_params(tmp_path, **tiny(cells=cells))
    targets = [f"results/{cell}/0/model.safetensors" for cell in cells]
    words = [sys.executable, "-m", "snakemake", "--cores", "1", "--nocolor", "--directory", str(tmp_path)]
    options = {"cwd": ROOT, "env": environment(), "stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
    main = subprocess.Popen([*words, "--keep-going", *targets], text=True, **options)
    logs = {cell: tmp_path / f"logs/train/{cell}-0.log" for cell in cells}
    first = until(lambda: next((cell for cell, log in logs.items() if log.exists()), None))
    with held(main, tmp_path, first):
        edit(tmp_path, changed(models__vae__training__optimizer__lr=0.002))
    said, _ = main.communicate(timeout=240)
    assert main.returncode, said
    others = [cell for cell in cells if cell != first]
    for cell in others:
        assert not (tmp_path / f"results/{cell}/0/model.safetensors").exists()
        assert (
            "params.yaml was edited after Snakemake had started: models.vae.training.optimizer.lr is 0.002, was"
            " 0.001: put it back, or let Snakemake end and start it again"
        ) in logs[cell].read_text()
    edit(tmp_path, changed(models__vae__training__optimizer__lr=0.001))
    done = snakemake("--directory", str(tmp_path), *targets)
    assert done.returncode == 0, done.stdout + done.stderr
    assert rates(tmp_path, cells) == [0.001] * 3


def test_a_job_on_a_node_keeps_to_what_the_first_snakemake_decided(
    workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A cluster's job is a Snakemake of its own, which reads the edited file."""
    monkeypatch.setenv(DECIDED, "")  # so that what is set below does not outlive the test
    with chdir(workspace):
        monkeypatch.delenv(DECIDED)
        hand_over(load_params())
    edit(workspace, changed(models__vae__training__optimizer__lr=0.002))
    done = snakemake(f"results/{VAE}/0/model.safetensors", folder=workspace)
    assert done.returncode
    assert "edited after Snakemake had started" in (workspace / f"logs/train/{VAE}-0.log").read_text()


def test_a_job_of_another_version_is_refused(
    workspace: Path, gen100: Process, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(DECIDED, json.dumps({"workspace": str(workspace), "params": {"cells": []}}))
    assert "started by another version of gen100" in refusal(gen100, workspace, "theory")


def test_records_that_were_removed_are_made_again_from_checkpoints(workspace: Path, gen100: Process) -> None:
    shutil.rmtree(workspace / "lineage")
    gen100(workspace, "fetch")
    gen100(workspace, "prepare")
    assert "trained already" in gen100(workspace, "train", VAE, 0).stderr
    shutil.rmtree(workspace / "lineage")
    shutil.rmtree(workspace / "checkpoints")
    assert "lineage/ is missing, which says what results/" in refused(gen100(workspace, "fetch", check=False))


def test_an_edit_that_does_not_matter_to_a_job_does_not_stop_it(
    tmp_path: Path, write_params: Callable[..., None]
) -> None:
    write_params(tmp_path, **tiny())
    target = f"results/{VAE}/0/model.safetensors"
    words = [sys.executable, "-m", "snakemake", "--cores", "1", "--nocolor", "--directory", str(tmp_path), target]
    main = subprocess.Popen(words, cwd=ROOT, env=environment(), text=True, stderr=subprocess.PIPE)
    until(lambda: (tmp_path / "logs/fetch.log").exists())
    edit(tmp_path, changed(sampling__images=700, models__dalle__text_weight=0.5))
    _, said = main.communicate(timeout=240)
    assert main.returncode == 0, said


def test_an_edit_while_dvc_runs_a_stage_is_not_recorded_as_what_it_was_made_with(workspace: Path) -> None:
    shutil.rmtree(workspace / "checkpoints")
    edit(workspace, changed(models__vae__training__optimizer__lr=0.003))
    repro = ["repro", "--single-item", f"train-{VAE}-0"]
    options = {"cwd": workspace, "env": environment(), "stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
    main = subprocess.Popen([sys.executable, "-m", "dvc", *repro], text=True, **options)
    with held(main, workspace, VAE):
        edit(workspace, changed(models__vae__training__optimizer__lr=0.002))
    said, _ = main.communicate(timeout=240)
    assert main.returncode, said
    assert "params.yaml was edited while gen100 train" in said
    assert "models.vae.training.optimizer.lr is 0.002, was 0.003: run `dvc repro` again" in said
    assert not (workspace / "dvc.lock").exists()
    dvc(workspace, *repro)
    assert rates(workspace, [VAE]) == [0.002]
    assert "lr: 0.002" in (workspace / "dvc.lock").read_text()
