"""Fingerprints of networks change with what decides the weights, and with nothing else."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from gen100 import layout
from gen100.errors import UserError
from gen100.families.registry import FAMILIES
from gen100.fingerprint import (
    PACKAGE,
    Sources,
    autoencoder_sources,
    feature_network_sources,
    fingerprint,
    model_sources,
)

NETWORKS: dict[str, Callable[[Path], Sources]] = {
    "feature network": feature_network_sources,
    **{f"model {name}": lambda package, name=name: model_sources(name, package) for name in FAMILIES},
    **{
        f"autoencoder {name}": lambda package, name=name: autoencoder_sources(name, package)
        for name, family in FAMILIES.items()
        if family.autoencoder
    },
}
"""The sources of every kind of network that is trained."""


@pytest.fixture(autouse=True)
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with arrays."""
    monkeypatch.chdir(tmp_path)
    layout.ARRAYS.parent.mkdir()
    layout.ARRAYS.write_bytes(b"images")
    return tmp_path


@pytest.fixture
def package(tmp_path: Path) -> Path:
    """A copy of the program."""
    return shutil.copytree(PACKAGE, tmp_path / "gen100", ignore=shutil.ignore_patterns("__pycache__"))


def fingerprints(package: Path) -> dict[str, str]:
    return {name: fingerprint(sources(package), 0, {"lr": 0.1}) for name, sources in NETWORKS.items()}


def changed(package: Path, file: str) -> set[str]:
    """The networks whose fingerprint changes when a comment is added to a file."""
    before = fingerprints(package)
    with (package / file).open("a") as source:
        source.write("# A comment.\n")
    after = fingerprints(package)
    return {name for name in NETWORKS if before[name] != after[name]}


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("file", ["__init__.py", "losses.py", "model.py", "settings.py"])
def test_a_comment_in_a_family_changes_its_own_networks(package: Path, family: str, file: str) -> None:
    own = {f"model {family}", f"autoencoder {family}"} & NETWORKS.keys()
    assert changed(package, f"families/{family}/{file}") == own


def test_the_feature_networks_file_changes_those_that_use_it(package: Path) -> None:
    perceptual = {name for name, family in FAMILIES.items() if family.perceptual}
    using = {f"{kind} {name}" for kind in ("model", "autoencoder") for name in perceptual} & NETWORKS.keys()
    assert using
    assert changed(package, "metrics/network.py") == {"feature network"} | using
    assert changed(package, "metrics/perceptual.py") == using


def test_how_networks_are_built_changes_all_families(package: Path) -> None:
    assert changed(package, "families/build.py") == NETWORKS.keys() - {"feature network"}
    assert changed(package, "families/registry.py") == set()


def test_shared_blocks_change_all_families(package: Path) -> None:
    assert changed(package, "nn/convolutional.py") == NETWORKS.keys() - {"feature network"}


def test_the_training_loop_changes_all_networks(package: Path) -> None:
    assert changed(package, "training/loop.py") == NETWORKS.keys()


def test_captions_change_the_models_that_see_them(package: Path) -> None:
    seen = {f"model {name}" for name, family in FAMILIES.items() if family.conditional}
    assert seen
    assert changed(package, "data/captions.py") == seen


@pytest.mark.parametrize("file", ["metrics/fidelity.py", "sampling.py", "report/table.py", "stages/training.py"])
def test_what_trains_nothing_changes_nothing(package: Path, file: str) -> None:
    assert changed(package, file) == set()


def test_a_new_file_of_a_family_counts(package: Path) -> None:
    before = fingerprints(package)
    family = next(iter(FAMILIES))
    (package / f"families/{family}/more.py").write_text("")
    after = fingerprints(package)
    assert before[f"model {family}"] != after[f"model {family}"]


def test_a_copy_of_the_program_has_the_same_fingerprints(package: Path) -> None:
    assert fingerprints(package) == fingerprints(PACKAGE)


def test_seed_settings_data_and_other_files_count(workspace: Path) -> None:
    first_stage = workspace / "first_stage.safetensors"
    first_stage.write_bytes(b"weights")
    usual: dict[str, Any] = {"sources": {"a.py": "1"}, "seed": 0, "decides": {"lr": 0.1}}

    def of(**changes: Any) -> str:
        return fingerprint(**(usual | changes))

    found = [of(), of(sources={"a.py": "2"}), of(seed=1), of(decides={"lr": 0.2})]
    found.append(fingerprint(usual["sources"], 0, usual["decides"], first_stage))
    first_stage.write_bytes(b"other weights")
    found.append(fingerprint(usual["sources"], 0, usual["decides"], first_stage))
    assert of() == found[0]
    layout.ARRAYS.write_bytes(b"other images")
    found.append(of())
    assert len(set(found)) == len(found)


def test_a_missing_file_is_named(workspace: Path) -> None:
    with pytest.raises(UserError, match=r"first_stage.safetensors is missing: run the stage"):
        fingerprint({}, 0, {}, workspace / "first_stage.safetensors")
