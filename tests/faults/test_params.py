"""Mistakes in params.yaml, as a user meets them: one line that names the key, the value and what is allowed.

test_config.py has more of them, without a process for each.
"""

import copy
import re
import time
from pathlib import Path
from typing import Any

import pytest
import yaml

from gen100.config import load_params
from gen100.errors import UserError
from support.faults import refusal, start
from support.processes import ROOT, snakemake

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
    "no number": ("models.vae.training.optimizer.lr", True, ["optimizer.lr is True", "valid number"]),
    "absurd width": ("models.vae.network.channels", [100_000], ["channels.0 is 100000", "equal to 16384"]),
    "absurd size": (
        "models.dalle.network",
        {"width": 16384, "depth": 1000, "heads": 8},
        ["models.dalle.network describes about 3,221 billion weights", "at most 20 billion"],
    ),
    "absurd latent": ("sizes.vae", {10**9: 128}, ["sizes.vae.1000000000 is 1000000000", "equal to 1048576"]),
    "no null token": (
        "models.stable_diffusion.unconditional",
        0.0,
        ["sampling.guidance is 1.5", "models.stable_diffusion.unconditional is 0"],
    ),
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
    assert re.match(r"gen100: params\.yaml(:\d+)?: ", line)
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
    (line,) = [line for line in output.splitlines() if re.search(r"params\.yaml(:\d+)?: ", line)]
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


REPEATED = {
    "at the top": ("seeds:\n  - 0\n", "seeds:\n  - 0\nseeds:\n  - 7\n", "seeds"),
    "in a mapping": ("    mi_weight: 1.0\n", "    mi_weight: 1.0\n    mi_weight: 2.0\n", "mi_weight"),
    "in quotes": ("  steps: 50\n", "  steps: 50\n  'steps': 40\n", "steps"),
    "a whole number": ("  vae: {128: 128,", "  vae: {128: 64,\n    0x80: 128,", "0x80"),
    "in a merged mapping": (
        "    mi_weight: 1.0\n",
        "    <<: &shared\n      mi_weight: 1.0\n      mi_weight: 2.0\n",
        "mi_weight",
    ),
    "a merge": ("    mi_weight: 1.0\n", "    <<: {mi_weight: 1.0}\n    <<: {mmd_weight: 2.0}\n", "<<"),
}


@pytest.mark.parametrize("where", REPEATED)
def test_a_repeated_key_is_named_with_both_lines(tmp_path: Path, where: str) -> None:
    before, after, key = REPEATED[where]
    text = (ROOT / "params.yaml").read_text()
    assert text.count(before) == 1
    (tmp_path / "params.yaml").write_text(text.replace(before, after))
    first = 1 + text[: text.index(before)].count("\n") + (where == "in a merged mapping")
    second = first + (2 if where == "at the top" else 1)
    said = f"params.yaml:{second}: the key {key} is in line {first} already: remove one"
    assert refusal(start(tmp_path, "fetch")) == f"gen100: {said}"
    if where == "a whole number":
        done = snakemake("-n", "--directory", str(tmp_path))
        assert done.returncode == 1
        assert said in done.stdout + done.stderr


def test_the_line_of_one_of_two_keys_is_named(tmp_path: Path) -> None:
    text = (ROOT / "params.yaml").read_text().replace("unconditional: 0.1", "unconditional: 0.0")
    (tmp_path / "params.yaml").write_text(text)
    (number,) = [number for number, line in enumerate(text.splitlines(), start=1) if "guidance:" in line]
    with pytest.raises(UserError, match=rf"params\.yaml:{number}: sampling\.guidance is 1\.5"):
        load_params(tmp_path / "params.yaml")


def test_the_line_of_a_mistake_is_named(tmp_path: Path) -> None:
    text = (ROOT / "params.yaml").read_text().replace("lr: 4.0e-4", "lr: true", 1).replace("depth: 12", "depth: 0")
    (tmp_path / "params.yaml").write_text(text)
    said = refusal(start(tmp_path, "fetch"))
    lines = text.splitlines()
    for written, key in (
        ("lr: true", "vae.training.optimizer.lr is True"),
        ("depth: 0", "dalle.network.depth is 0"),
    ):
        (number,) = [number for number, line in enumerate(lines, start=1) if written in line]
        assert f"params.yaml:{number}: models.{key}" in said


def test_a_merge_may_be_overridden_and_numbers_need_no_point(tmp_path: Path) -> None:
    """As YAML allows the one, and YAML 1.2 the other; DVC reads 1e-4 as a number too."""
    text = (ROOT / "params.yaml").read_text().replace("lr: 4.0e-4", "lr: 1e-4", 1)
    text = text.replace("    mi_weight: 1.0\n", "    <<: {mi_weight: 3.0, mmd_weight: 5.0}\n    mi_weight: 2.0\n")
    (tmp_path / "params.yaml").write_text(text.replace("    mmd_weight: 1000.0\n", ""))
    vae = load_params(tmp_path / "params.yaml").models.vae
    assert (vae.training.optimizer.lr, vae.mi_weight, vae.mmd_weight) == (1e-4, 2.0, 5.0)


def doubled(line: str) -> str:
    """Forty mappings or lists, each with the one before twice."""
    lines = ["a0: &a0 {x: 1}"]
    lines += [f"a{n}: &a{n} " + line.format(f"*a{n - 1}, *a{n - 1}") for n in range(1, 41)]
    return "\n".join(lines)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (doubled("[{}]"), "holds more than 100,000 values"),
        (doubled("{{<<: [{}]}}"), "holds more than 100,000 values"),
        ("a: &a [*a]", "holds itself"),
        ("[" * 3000 + "]" * 3000, "is nested too deeply"),
        ("seeds: 2020-13-45", "is not valid YAML"),
    ],
    ids=["bomb", "bomb of merges", "itself", "deep", "no date"],
)
def test_a_file_made_to_harm_is_refused_at_once(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "params.yaml").write_text(text)
    begin = time.monotonic()
    with pytest.raises(UserError, match=said):
        load_params(tmp_path / "params.yaml")
    assert time.monotonic() - begin < 10


def test_settings_of_a_family_without_cells_need_not_fit(tmp_path: Path, demo_params: dict[str, Any]) -> None:
    file, place = tmp_path / "params.yaml", "models.stable_diffusion.unconditional"
    file.write_text(changed(demo_params | {"cells": ["vae-elbo-128"]}, place, 0.0))
    load_params(file)
    file.write_text(changed(demo_params, place, 0.0).replace("guidance: 1.5", "guidance: 1.0"))
    load_params(file)
