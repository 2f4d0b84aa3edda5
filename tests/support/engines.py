"""Both engines over a scratch repository of two cells, as processes, and what they said."""

import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from contextlib import chdir
from pathlib import Path
from typing import Any

import yaml

from gen100.cli import every_stage
from gen100.config import load_params
from gen100.engines.snakemake import due
from support.processes import ROOT, dvc, environment, git, snakemake

CELLS = ["vae-elbo-128", "stable_diffusion-mse-128"]
AUTOENCODER = "stable_diffusion-128"
STAGES = 19
"""How many stages these cells have."""
SMALL = {"images": 320, "records": 2, "ema_images": 100, "optimizer": {"lr": 1e-3}}
REPORT = {"forensics", "aggregate", "compare", "claims", "tables", "figures", "page"}


def run_stages(said: str) -> set[str]:
    """The stages that `dvc repro` ran."""
    return set(re.findall(r"^Running stage '([^']+)'", said, re.M))


def due_jobs(folder: Path) -> set[str]:
    """The jobs that Snakemake would run, as DVC names their stages."""
    with chdir(folder):
        return due(every_stage(load_params()))


def edit(folder: Path, change: Callable[[dict[str, Any]], None]) -> None:
    """Change params.yaml's values."""
    file = folder / "params.yaml"
    params = yaml.safe_load(file.read_text())
    change(params)
    file.write_text(yaml.safe_dump(params, sort_keys=False))


def more_vae_images(params: dict[str, Any]) -> None:
    """An edit that matters to one cell, from its training on."""
    params["models"]["vae"]["training"]["images"] = 384


def after(stage: str, cell: str) -> set[str]:
    """The stages that follow from a run's stage, itself included."""
    stages = ["train", "sample", "evaluate"]
    return {f"{name}-{cell}-0" for name in stages[stages.index(stage) :]} | REPORT


def build(folder: Path) -> None:
    """Make a repository with the workflow, tiny parameters, and all its outputs made by Snakemake."""
    folder.mkdir()
    for name in ("Snakefile", ".gitignore"):
        shutil.copy(ROOT / name, folder)
    for name in ("workflow", "profiles"):
        shutil.copytree(ROOT / name, folder / name)
    params = yaml.safe_load((ROOT / "demo/params.yaml").read_text())
    params |= {"cells": CELLS, "data": {"synthetic": {"train": 300, "test": 100, "seed": 0}}}
    for model in params["models"].values():
        model["training"] |= SMALL
        if "autoencoder" in model:
            model["autoencoder"]["training"] |= SMALL
    params["metrics"]["perceptual"]["network"]["training"] |= SMALL
    # Long enough that the self-check finds it trained.
    params["metrics"]["extractor"]["network"]["training"] |= {"images": 4000, "records": 2}
    params["sampling"]["images"] = 100
    (folder / "params.yaml").write_text(yaml.safe_dump(params, sort_keys=False))
    git(folder, "init", "--quiet")
    dvc(folder, "init", "--quiet")
    shutil.copy(ROOT / ".dvcignore", folder)
    dvc(folder, "config", "core.analytics", "false")
    run = [sys.executable, "-m", "gen100", "dvc"]
    subprocess.run(run, cwd=folder, env=environment(), check=True, capture_output=True)
    done = snakemake(folder=folder)
    assert done.returncode == 0, done.stdout + done.stderr


def commit(folder: Path, message: str) -> None:
    """Commit all that git does not ignore."""
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "-m", message)


def clone(origin: Path, folder: Path) -> Path:
    """A fresh clone, of what git has."""
    git(origin.parent, "clone", "--quiet", str(origin), str(folder))
    return folder
