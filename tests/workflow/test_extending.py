"""docs/extending.md, done: its blocks are applied to a copy of the source, and a small workspace runs with it."""

import json
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from filecmp import dircmp
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import yaml
from PIL import Image

from support.processes import ROOT, environment, snakemake
from support.shared_folders import once

pytestmark = pytest.mark.timeout(1800)  # the first of these runs a whole workspace
BLOCK = re.compile(r"^(Append to |In )?`([^`\n]+)`:\n\n```(\w+)\n(.*?)^```$", re.M | re.S)
TRAINING = {"images": 640, "optimizer": {"lr": 3e-3}, "ema_images": 200, "records": 2}
CELLS = ["vae-elbo-128", "vae-elbo-512", "vae-beta-128", "flow-mae-256"]
"""An old cell, and those of the document."""

JUDGE = """
import sys
from pathlib import Path
import pandas as pd
from gen100.cells import Cell
from gen100.i18n import language
from gen100.thesis.claims import write_claims
from support.made_up import CELLS, World

World(shown=CELLS).write()
results = pd.read_csv("reports/results.csv")
added = []
for number, (cell, fid) in enumerate((("vae-beta-128", 1.0), ("vae-elbo-512", 900.0), ("flow-mae-256", 2.0))):
    family, loss, latent = cell.split("-")
    rows = results[results["cell"] == "vae-elbo-128"].assign(
        cell=cell, family=family, loss=loss, latent_size=int(latent), fid=fid
    )
    added.append(rows)
if "extended" in sys.argv:
    pd.concat([results, *added]).to_csv("reports/results.csv", index=False)
write_claims(None)
"""


@dataclass(frozen=True)
class Extended:
    """A copy of the source with all of the document's additions, and a workspace that was run with it."""

    source: Path
    workspace: Path


def blocks() -> list[tuple[str, str, str, str]]:
    """How, where, the kind and the text of each block of the document."""
    found = BLOCK.findall((ROOT / "docs/extending.md").read_text(encoding="utf-8"))
    assert len(found) > 8
    return found


def apply(how: str, file: Path, kind: str, text: str) -> None:
    if kind == "diff":
        removed = "".join(line[1:] + "\n" for line in text.splitlines() if line.startswith("-"))
        added = "".join(line[1:] + "\n" for line in text.splitlines() if line.startswith("+"))
        before = file.read_text(encoding="utf-8")
        assert before.count(removed) == 1, f"{file} does not have once: {removed}"
        file.write_text(before.replace(removed, added), encoding="utf-8")
    elif how.startswith("Append"):
        file.write_text(f"{file.read_text(encoding='utf-8')}\n\n{text}", encoding="utf-8")
    else:
        assert not file.exists()
        file.parent.mkdir(exist_ok=True)
        file.write_text(text, encoding="utf-8")


def merge(target: dict[str, Any], changes: dict[str, Any]) -> None:
    for key, value in changes.items():
        if isinstance(value, dict):
            merge(target.setdefault(key, {}), value)
        elif isinstance(value, list) and key in target:
            target[key] = [*target[key], *value]
        else:
            target[key] = value


def small_params() -> dict[str, Any]:
    """The demo's parameters, smaller."""
    params = yaml.safe_load((ROOT / "demo/params.yaml").read_text())
    params |= {"cells": [], "data": {"synthetic": {"train": 300, "test": 100, "seed": 0}}}
    params["models"]["vae"]["training"] |= TRAINING
    params["metrics"]["perceptual"]["network"]["training"] |= TRAINING
    # Long enough that the self-check finds it trained.
    params["metrics"]["extractor"]["network"]["training"] |= {"images": 4000, "records": 2}
    params["sampling"]["images"] = 100
    return params


def run_extended(folder: Path) -> None:
    for name in ("src", "workflow", "profiles"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "Snakefile", folder)
    params = small_params()
    for how, path, kind, text in blocks():
        if path == "params.yaml":
            merge(params, yaml.safe_load(text))
        else:
            apply(how, folder / path, kind, text)
    params["cells"] = CELLS
    params["sizes"]["vae"][512] = 64
    workspace = folder / "workspace"
    workspace.mkdir()
    (workspace / "params.yaml").write_text(yaml.safe_dump(params, sort_keys=False))
    done = snakemake("--directory", str(workspace), folder=folder, PYTHONPATH=str(folder / "src"))
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture(scope="session")
def extended(tmp_path_factory: pytest.TempPathFactory) -> Extended:
    folder = once(tmp_path_factory, "extended", run_extended)
    return Extended(folder / "src", folder / "workspace")


def python(source: Path, folder: Path, code: str, *arguments: str) -> str:
    env = environment() | {"PYTHONPATH": f"{source}:{ROOT / 'tests'}"}
    command = [sys.executable, "-c", code, *arguments]
    done = subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout


def different(compared: dircmp, prefix: str = "") -> set[str]:
    found = {f"{prefix}{name}" for name in (*compared.diff_files, *compared.left_only, *compared.right_only)}
    for name, below in compared.subdirs.items():
        found |= different(below, f"{prefix}{name}/")
    return found


def test_no_file_changes_but_those_that_the_document_names(extended: Extended) -> None:
    named = {path.removeprefix("src/") for _, path, _, _ in blocks() if path != "params.yaml"}
    folders = {path.rpartition("/")[0] for path in named if not (ROOT / "src" / path).exists()}
    changed = different(dircmp(ROOT / "src", extended.source, ignore=["__pycache__"]))
    assert changed == {path for path in named if path.rpartition("/")[0] not in folders} | folders


def test_every_addition_is_in_the_table_of_results(extended: Extended) -> None:
    results = pd.read_csv(extended.workspace / "reports/results.csv").set_index("cell")
    assert list(results.index) == CELLS
    assert results[["fid", "is", "contrast"]].notna().to_numpy().all()
    assert set(results["family"]) == {"vae", "flow"}
    assert results.loc["flow-mae-256", "autoencoder_images"] == 640


def test_a_measure_is_what_its_function_computes(extended: Extended) -> None:
    import numpy as np

    samples = np.load(extended.workspace / "results/vae-beta-128/0/samples.npy")
    results = pd.read_csv(extended.workspace / "reports/results.csv").set_index("cell")
    expected = samples.reshape(len(samples), -1).std(axis=1).mean()
    assert results.loc["vae-beta-128", "contrast"] == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize("page", ["index.html", "index.uk.html"])
def test_the_page_shows_every_addition(extended: Extended, page: str) -> None:
    text = (extended.workspace / "reports" / page).read_text(encoding="utf-8")
    for shown in ("Beta-VAE", "Rectified flow", "MAE", "512", "Contrast"):
        assert shown in text, shown


@pytest.mark.parametrize("language", ["en", "uk"])
@pytest.mark.parametrize("figure", ["family_vae.{}.png", "family_flow.{}.png", "cost.{}.svg", "bias.{}.svg"])
def test_the_figures_are_drawn(extended: Extended, figure: str, language: str) -> None:
    file = extended.workspace / "reports/figures" / figure.format(language)
    if file.suffix == ".png":
        with Image.open(file) as image:
            assert len(image.convert("L").histogram()) - image.convert("L").histogram().count(0) > 50
    else:
        assert "Rectified flow" in file.read_text(encoding="utf-8")


def test_no_verdict_on_the_thesis_moves(extended: Extended, tmp_path: Path) -> None:
    verdicts = []
    for source, argument in ((ROOT / "src", "plain"), (extended.source, "extended")):
        folder = tmp_path / argument
        folder.mkdir()
        python(source, folder, JUDGE, argument)
        verdicts.append(pd.read_csv(folder / "reports/claims.en.csv").set_index("id")["verdict"].to_dict())
    assert len(verdicts[0]) == 13
    assert len(set(verdicts[0].values())) > 1, "a study that decides nothing shows nothing"
    assert verdicts[0] == verdicts[1]


def test_both_engines_and_the_forecast_know_every_addition(extended: Extended) -> None:
    main = "import sys; from gen100.cli import main; sys.argv[1:] = {!r}; main()"
    # Nothing is due, but what all these jobs do is looked up to forecast others.
    assert "Nothing is due" in python(extended.source, extended.workspace, main.format(["forecast"]))
    python(extended.source, extended.workspace, main.format(["dvc"]))
    stages = yaml.safe_load((extended.workspace / "dvc.yaml").read_text(encoding="utf-8"))["stages"]
    assert {"train-vae-beta-128-0", "train-flow-mae-256-0", "autoencoder-flow-256-0"} <= stages.keys()


def test_a_workspace_from_before_still_starts(extended: Extended) -> None:
    code = "import json; from gen100.config import load_params; print(json.dumps(load_params().cells))"
    said = python(extended.source, ROOT / "demo", code)
    assert len(json.loads(said)) == 24
