"""Mistakes in params.yaml, as a user meets them: one line that names the key, the value and what is allowed.

test_config.py has more of them, without a process for each.
"""

import copy
from pathlib import Path
from typing import Any

import pytest
import yaml

from support.faults import refusal, start
from support.processes import snakemake

MISTAKES: dict[str, tuple[str, Any, list[str]]] = {
    "unknown key": (
        "models.vae.training.imges",
        5,
        ["models.vae.training.imges is not a known key", "correct or remove"],
    ),
    "missing key": ("models.vae.training.images", None, ["models.vae.training.images is missing"]),
    "wrong type": (
        "models.vae.training.images",
        "many",
        ["models.vae.training.images is 'many'", "valid integer"],
    ),
    "not a number": ("models.vae.training.optimizer.lr", "1e-4x", ["optimizer.lr is '1e-4x'", "valid number"]),
    "out of range": ("models.dalle.network.dropout", 1.5, ["models.dalle.network.dropout is 1.5", "less than 1"]),
    "zero": ("sizes.vae", {128: 0}, ["sizes.vae.128 is 0", "greater than 0"]),
    "no choice": ("models.stable_diffusion.schedule", "sine", ["schedule is 'sine'", "'linear' or 'cosine'"]),
    "unknown model": ("cells", ["gan-elbo-128"], ["'gan-elbo-128'", "vae, dalle, stylegan2, stable_diffusion"]),
    "unknown loss": ("cells", ["vae-hinge-128"], ["'vae-hinge-128'", "elbo, mi, wae"]),
    "no cell": ("cells", ["vae"], ["'vae'", "<family>-<loss>-<latent>"]),
    "duplicate cell": ("cells", ["vae-mi-128"] * 2, ["cells holds vae-mi-128 more than once"]),
    "no batch size": (
        "cells",
        ["vae-mi-512"],
        ["'vae-mi-512' has no batch size", "add `512: <batch>` to sizes.vae"],
    ),
    "negative seed": ("seeds", [-1], ["seeds.0 is -1", "greater than or equal to 0"]),
    "checksum": ("data", {"source": "a", "checksum": "md5:1"}, ["data.checksum is 'md5:1'", "sha256:"]),
    "two keys": ("sampling.steps", 5000, ["sampling.steps is 5000", "models.stable_diffusion.timesteps, 1000"]),
}


def changed(params: dict[str, Any], place: str, value: Any) -> str:
    params = copy.deepcopy(params)
    *path, last = place.split(".")
    target = params
    for key in path:
        target = target[key]
    if value is None:
        del target[last]
    else:
        target[last] = value
    return yaml.safe_dump(params)


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_is_one_line(tmp_path: Path, demo_params: dict[str, Any], mistake: str) -> None:
    place, value, said = MISTAKES[mistake]
    (tmp_path / "params.yaml").write_text(changed(demo_params, place, value))
    line = refusal(start(tmp_path, "fetch"))
    assert line.startswith("gen100: params.yaml: ")
    for part in said:
        assert part in line
    assert [path.name for path in tmp_path.iterdir()] == ["params.yaml"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("cells: [", "params.yaml is not valid YAML: "),
        ("cells:\n\t- vae", "params.yaml is not valid YAML: "),
        ("a sentence", "params.yaml must hold a mapping with the keys cells, seeds, "),
        (None, "no params.yaml here: run in a workspace, a folder that holds a params.yaml"),
    ],
    ids=["open bracket", "tabulator", "no mapping", "no file"],
)
def test_a_file_that_cannot_be_read_is_one_line(tmp_path: Path, text: str | None, said: str) -> None:
    if text is not None:
        (tmp_path / "params.yaml").write_text(text)
    assert f"gen100: {said}" in refusal(start(tmp_path, "fetch"))


@pytest.mark.parametrize("mistake", ["unknown key", "out of range", "no batch size"])
def test_snakemake_stops_before_any_job(tmp_path: Path, demo_params: dict[str, Any], mistake: str) -> None:
    place, value, said = MISTAKES[mistake]
    (tmp_path / "params.yaml").write_text(changed(demo_params, place, value))
    done = snakemake("-n", "--directory", str(tmp_path))
    assert done.returncode == 1
    output = done.stdout + done.stderr
    (line,) = [line for line in output.splitlines() if "params.yaml: " in line]
    for part in said:
        assert part in line
    assert "Traceback" not in output


@pytest.mark.parametrize(
    ("text", "said"), [("cells: [", "YAML"), (None, "params.yaml")], ids=["open bracket", "no file"]
)
def test_snakemake_stops_at_a_file_that_cannot_be_read(tmp_path: Path, text: str | None, said: str) -> None:
    if text is not None:
        (tmp_path / "params.yaml").write_text(text)
    done = snakemake("-n", "--directory", str(tmp_path))
    assert done.returncode == 1
    output = done.stdout + done.stderr
    assert said in output
    assert "Traceback" not in output
