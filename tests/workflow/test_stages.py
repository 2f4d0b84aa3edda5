"""The stages as a user runs them: what they say when an input is wrong, and what they share."""

import hashlib
import json
import math
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from safetensors import safe_open
from safetensors.torch import load_file, save_file

from gen100.config import FeatureNetworkSettings
from gen100.metrics.network import FeatureNetwork
from gen100.metrics.weights import save_network
from gen100.provenance import Provenance, SplitFacts
from support.lineage import pretend_checked
from support.processes import Process, refused

CELLS = ["vae-elbo-128", "stable_diffusion-mse-128", "stable_diffusion-mae-128"]
AUTOENCODER = "stable_diffusion-128"
SMALL = {"images": 128, "records": 1, "ema_images": 100, "optimizer": {"lr": 1e-3}}
NETWORK = {"channels": [8, 12], "batch_size": 8}
DATA = {"synthetic": {"train": 200, "test": 100, "seed": 0}}
WEIGHTS = {"name": "inception-v3-compat", "weights": {"source": "weights.pth", "checksum": "sha256:" + "0" * 64}}


def changes(**more: object) -> dict[str, object]:
    small: dict[str, object] = {f"models__{model}__training": SMALL for model in ("vae", "stable_diffusion")}
    small["models__stable_diffusion__autoencoder__training"] = SMALL
    return {"data": DATA, "cells": CELLS, **small, "sampling__images": 100, **more}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("stages")


@pytest.fixture
def workspace(folder: Path, write_params: Callable[..., None], gen100: Process) -> Path:
    """A workspace with its data prepared."""
    write_params(folder, **changes())
    if not (folder / "data/cifar100.npz").exists():
        gen100(folder, "fetch")
        gen100(folder, "prepare")
    return folder


def test_an_autoencoder_is_trained_for_all_the_cells_that_use_it(workspace: Path, gen100: Process) -> None:
    gen100(workspace, "autoencoder", AUTOENCODER, 0)
    folder = workspace / "results/autoencoders" / AUTOENCODER / "0"
    assert {file.name for file in folder.iterdir()} == {"model.safetensors", "curve.csv", "run.json"}
    record = json.loads((folder / "run.json").read_text())
    assert (record["autoencoder"], record["seed"], record["images_seen"]) == (AUTOENCODER, 0, 128)
    with safe_open(folder / "model.safetensors", "np") as file:
        first = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    for cell in CELLS[1:]:
        gen100(workspace, "train", cell, 0)
        with safe_open(workspace / "results" / cell / "0/model.safetensors", "np") as file:
            below = {name: file.get_tensor(f"autoencoder.{name}") for name in first}
        assert all(np.array_equal(below[name], first[name]) for name in first)


def test_training_names_the_autoencoder_that_is_missing(
    tmp_path: Path, workspace: Path, write_params: Callable[..., None], gen100: Process
) -> None:
    write_params(tmp_path, **changes())
    for name in ("data", "lineage"):
        shutil.copytree(workspace / name, tmp_path / name)
    said = refused(gen100(tmp_path, "train", CELLS[1], 0, check=False))
    assert f"results/autoencoders/{AUTOENCODER}/0/model.safetensors is missing" in said


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["autoencoder", CELLS[0], "0"], f"no autoencoder '{CELLS[0]}': they use {AUTOENCODER}"),
        (["autoencoder", AUTOENCODER, "7"], "seed 7 is not in params.yaml: it has 0"),
        (["extractor", "dinov2"], "params.yaml has no metrics.dinov2"),
    ],
)
def test_networks_that_are_not_asked_for_are_refused(
    workspace: Path, gen100: Process, arguments: list[str], said: str
) -> None:
    assert said in refused(gen100(workspace, *arguments, check=False))


def test_sampling_refuses_a_model_of_other_parameters(
    workspace: Path, write_params: Callable[..., None], gen100: Process
) -> None:
    gen100(workspace, "train", CELLS[0], 0)
    gen100(workspace, "sample", CELLS[0], 0)
    samples = np.load(workspace / "results" / CELLS[0] / "0/samples.npy")
    assert samples.shape == (100, 3, 32, 32)
    assert samples.dtype == np.uint8
    assert len(np.unique(samples.reshape(100, -1), axis=0)) == 100
    write_params(workspace, **changes(models__vae__training={**SMALL, "images": 256}))
    said = refused(gen100(workspace, "sample", CELLS[0], 0, check=False))
    assert "model.safetensors" in said
    assert "run stage train vae-elbo-128 0 again" in said


def test_a_two_stage_models_run_is_evaluated(workspace: Path, gen100: Process) -> None:
    cell = CELLS[1]
    target = workspace / "results" / cell / "0"
    gen100(workspace, "autoencoder", AUTOENCODER, 0)
    target.mkdir(parents=True, exist_ok=True)
    images = np.random.default_rng(0).integers(0, 256, (150, 3, 32, 32), dtype=np.uint8)
    np.save(target / "samples.npy", images)
    network = FeatureNetwork(FeatureNetworkSettings.model_validate({**NETWORK, "training": SMALL}))
    weights = workspace / "data/extractors/metric.safetensors"
    save_network(weights, network, seed=1000, accuracy=0.1, synthetic=True)
    pretend_checked(workspace)
    gen100(workspace, "evaluate", cell, 0)
    metrics = json.loads((target / "metrics.json").read_text())
    facts = Provenance.model_validate(metrics["provenance"])
    assert facts.reference == SplitFacts(split="train", images=200)
    assert facts.other == SplitFacts(split="test", images=100)
    assert facts.samples == 150
    assert metrics["reconstruction_images"] == 100  # all that the other split has
    measured = ("fid", "kid", "kid_std", "kid_subset_size", "precision", "recall", "prc_images")
    expected = {*measured, *(f"{key}_other" for key in measured), "is", "is_std", "fid_limit", "fid_se"}
    expected |= {"fid_limit_se"}
    expected |= {"neighbour_ratio", "neighbour_closer", "reconstruction_fid", "reconstruction_images"}
    expected |= {"class_accuracy"}
    assert set(metrics) == expected | {"provenance"}
    assert list(metrics) == sorted(metrics)
    resamples = pd.read_csv(target / "resamples.csv")
    assert list(resamples.columns) == ["kind", "images", "replicate", "fid"]
    assert resamples["kind"].value_counts().to_dict() == {"bootstrap": 100, "subset": 15}
    assert (target / "neighbours.png").stat().st_size > 10_000
    first = {name: (target / name).read_bytes() for name in ("metrics.json", "resamples.csv", "neighbours.png")}
    gen100(workspace, "evaluate", cell, 0)
    assert first == {name: (target / name).read_bytes() for name in first}


def damage(file: Path, kind: str) -> bytes:
    """Damage a file of weights; what it held."""
    whole = file.read_bytes()
    if kind == "missing":
        file.unlink()
    elif kind == "cut":
        file.write_bytes(whole[:1000])
    else:
        with safe_open(file, "pt") as opened:
            header = opened.metadata()
        state = load_file(file)
        max(state.values(), key=torch.numel).view(-1)[5] = math.nan
        save_file(state, file, header)
    return whole


@pytest.mark.parametrize("kind", ["cut", "missing", "nan"])
def test_damaged_weights_are_named(workspace: Path, gen100: Process, kind: str) -> None:
    file = workspace / "results" / CELLS[0] / "0/model.safetensors"
    if not file.exists():
        gen100(workspace, "train", CELLS[0], 0)
    whole = damage(file, kind)
    said = refused(gen100(workspace, "sample", CELLS[0], 0, check=False))
    file.write_bytes(whole)
    assert "model.safetensors" in said
    assert f"stage train {CELLS[0]} 0" in said


def test_an_autoencoder_with_a_weight_that_is_no_number_is_named(workspace: Path, gen100: Process) -> None:
    file = workspace / "results/autoencoders" / AUTOENCODER / "0/model.safetensors"
    if not file.exists():
        gen100(workspace, "autoencoder", AUTOENCODER, 0)
    whole = damage(file, "nan")
    said = refused(gen100(workspace, "train", CELLS[1], 0, check=False))
    file.write_bytes(whole)
    assert str(file.relative_to(workspace)) in said
    assert f"stage autoencoder {AUTOENCODER} 0" in said


def test_weights_with_a_wrong_checksum_are_not_kept(
    workspace: Path, write_params: Callable[..., None], gen100: Process
) -> None:
    (workspace / "weights.pth").write_bytes(b"not what was asked for")
    write_params(workspace, **changes(metrics__extractor=WEIGHTS))
    before = {path: path.read_bytes() for path in (workspace / "data").glob("extractors/metric*")}
    said = refused(gen100(workspace, "extractor", "metric", check=False))
    assert "weights.pth" in said
    assert hashlib.sha256(b"not what was asked for").hexdigest() in said
    assert {path: path.read_bytes() for path in (workspace / "data").glob("extractors/metric*")} == before


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["train", "vae-mi-128", "0"], "vae-mi-128"),
        (["train", "vae-elbo-128", "7"], "seed 7"),
        (["evaluate", "stable_diffusion-mae-128", "0"], "samples.npy"),
    ],
)
def test_runs_that_are_not_there_are_named(
    workspace: Path, gen100: Process, arguments: list[str], said: str
) -> None:
    assert said in refused(gen100(workspace, *arguments, check=False))


def test_prepare_and_train_name_what_is_missing(
    tmp_path: Path, write_params: Callable[..., None], gen100: Process
) -> None:
    assert "params.yaml" in refused(gen100(tmp_path, "prepare", check=False))
    write_params(tmp_path, **changes())
    assert "archive.tar.gz" in refused(gen100(tmp_path, "prepare", check=False))
    assert "cifar100.npz" in refused(gen100(tmp_path, "train", CELLS[0], 0, check=False))
