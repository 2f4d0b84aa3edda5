"""The whole grid on one GPU without an engine, and one cell of each model for longer.

    python benchmarks/h200.py ARCHIVE       # about half an hour on an H100 or H200 (assumed)
    python benchmarks/h200.py ARCHIVE --base demo/params.yaml --share 0.02 --runs 2     # a rehearsal, on any CPU

Studies `short` (all cells) and `long` (one cell of each model, LONGER times the images) run in `h200/`, several
runs at a time, of those with large batches as many as the GPU's memory holds. A second start goes on where the
first was stopped. What is small goes to `reports/h200/`, or to the folder of `--to`.

ARCHIVE is CIFAR-100's binary version. Needs neither Snakemake nor DVC, nor Inception's weights: distances are by
the network of trial/params.yaml.
"""

import copy
import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Annotated, Any

import pandas as pd
import torch
import typer
import yaml

from gen100 import layout
from gen100.cells import Cell
from gen100.config import load_params
from gen100.device import PLACES

ROOT = Path(__file__).resolve().parents[1]
IMAGES = {"vae": 600_000, "dalle": 500_000, "stylegan2": 200_000, "stable_diffusion": 500_000}
"""Images that a cell of `short` sees, its autoencoder as many again: 1 to 2 minutes each, by the FLOPs and the
utilization that docs/models assumes."""
LONGER = 5
LONG = ("vae-elbo-128", "dalle-perceptual-2048", "stylegan2-hinge-128", "stable_diffusion-mse-2048")
LARGE, LARGE_GIB = 1024, 40
"""Runs of batches from LARGE images take up to LARGE_GIB of a GPU's memory: at 2,048 images 19 to 32 for what the
gradient needs (counted, DALL-E's transformer most), the rest for all else (assumed)."""
SAMPLES, FEWEST, STEPS = 5000, 200, 25
SMALL = ("index.html", "results.csv", "reference.json", "comparisons.csv", "claims.csv")
BEFORE = (("fetch",), ("prepare",), ("extractor", "metric"), ("extractor", "perceptual"), ("extractor", "dinov2"))
EACH = {
    "autoencoder": "autoencoder.safetensors",
    "train": "model.safetensors",
    "sample": "grid.png",
    "evaluate": "metrics.json",
}
"""The stages of a run, with the file that each writes last."""
AFTER = ("reference", "aggregate", "compare", "forensics", "claims", "tables", "figures", "theory", "page")


def _trainings(settings: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for key, value in settings.items():
        if isinstance(value, dict):
            if key == "training":
                yield value
            else:
                yield from _trainings(value)


def _study(base: dict[str, Any], archive: Path, share: float, cells: list[str]) -> dict[str, Any]:
    """Parameters of a study: the base's networks, with every count of images cut to the budget."""
    params = copy.deepcopy(base)
    with archive.open("rb") as opened:
        checksum = f"sha256:{hashlib.file_digest(opened, 'sha256').hexdigest()}"
    params |= {"cells": cells, "seeds": [0], "data": {"source": str(archive.resolve()), "checksum": checksum}}
    params["metrics"] = yaml.safe_load((ROOT / "trial/params.yaml").read_text())["metrics"]
    params["sampling"] |= {"images": max(FEWEST, round(SAMPLES * min(share, 1))), "steps": STEPS}
    for model, images in IMAGES.items():
        for training in _trainings(params["models"][model]):
            cut = images * share / training["images"]
            training |= {"images": round(images * share), "records": min(10, training.get("records", 10))}
            training["ema_images"] = max(1, round(training["ema_images"] * cut))
            optimizer = training["optimizer"]
            optimizer["warmup_images"] = round(optimizer.get("warmup_images", 0) * cut)
    return params


def _run(workspace: Path, *command: str) -> None:
    subprocess.run([sys.executable, "-m", "gen100", *command], cwd=workspace, check=True)


def _one_run(workspace: Path, cell: str) -> None:
    for stage, last in EACH.items():
        if not (workspace / layout.run(cell, 0) / last).exists():
            _run(workspace, stage, cell, "0")


def _pools(file: Path, runs: int) -> list[tuple[int, list[str]]]:
    """How many of which cells run at a time."""
    params = load_params(file)
    large = [cell for cell in params.cells if params.batch_size(Cell.parse(cell)) >= LARGE]
    fit = runs
    if torch.cuda.is_available():
        fit = max(1, torch.cuda.get_device_properties(0).total_memory // (LARGE_GIB * 2**30))
    return [(runs, [cell for cell in params.cells if cell not in large]), (min(runs, fit), large)]


def _run_study(workspace: Path, params: dict[str, Any], runs: int) -> None:
    text = yaml.safe_dump(params, sort_keys=False)
    file = workspace / "params.yaml"
    if file.exists() and file.read_text() != text:
        raise SystemExit(f"{workspace} holds a study of other parameters: move it away, or delete it")
    workspace.mkdir(parents=True, exist_ok=True)
    file.write_text(text)
    if not (workspace / layout.extractor("dinov2")).exists():
        for command in BEFORE:
            _run(workspace, *command)
    for at_a_time, cells in _pools(file, runs):
        with ThreadPoolExecutor(at_a_time) as pool:
            for _ in pool.map(lambda cell: _one_run(workspace, cell), cells):
                pass
    for stage in AFTER:
        _run(workspace, stage)


def _keep(workspace: Path, cells: list[str], target: Path) -> None:
    """Copy what is small, and say what it was made with."""
    for name in SMALL:
        shutil.copyfile(workspace / "reports" / name, target / name)
    shutil.copytree(workspace / "reports/tables", target / "tables", dirs_exist_ok=True)
    for cell in cells:
        for name, kind in (("curve.csv", "curves"), ("grid.png", "grids")):
            source = workspace / layout.run(cell, 0) / name
            (target / kind).mkdir(exist_ok=True)
            shutil.copyfile(source, target / kind / f"{cell}{source.suffix}")
    rows = pd.read_csv(target / "results.csv").to_dict("records")
    first = rows[0]
    lines = [
        f"# {target.name}: {len(rows)} cells",
        "",
        f"{first['device']}; {first['data']}; {first['extractor']}; {first['samples']:,} samples, reference"
        f" {first['reference']}; torch {first['torch']}, commit {first['commit']}. Runs shared the device: their"
        " seconds are longer than alone.",
        "",
        "| cell | images | autoencoder, s | training, s | memory, GiB | FD | class accuracy |",
        "|---|---|---|---|---|---|---|",
        *(
            f"| {row['cell']} | {row['images_seen']:,} | {row['autoencoder_seconds']:.0f} | {row['seconds']:.0f}"
            f" | {row['memory'] / 2**30:.1f} | {row['fid']:.2f} | {row['class_accuracy']:.3f} |"
            for row in rows
        ),
    ]
    (target / "README.md").write_text("\n".join(lines).replace("nan", "") + "\n")


def main(
    archive: Annotated[Path, typer.Argument(exists=True)],
    base: Annotated[Path, typer.Option(help="whose networks")] = ROOT / "params.yaml",
    share: Annotated[float, typer.Option(help="of images seen and drawn")] = 1.0,
    runs: Annotated[int, typer.Option(help="at a time")] = 4,
    to: Annotated[Path, typer.Option()] = ROOT / "reports/h200",
) -> None:
    os.environ[PLACES] = str(runs)
    settings = yaml.safe_load(base.read_text())
    long = [cell for cell in LONG if cell in settings["cells"]]
    for name, cells, factor in (("short", settings["cells"], 1), ("long", long, LONGER)):
        workspace = ROOT / "h200" / name
        if name == "long" and not (workspace / "data").exists():
            shutil.copytree(ROOT / "h200/short/data", workspace / "data")
        _run_study(workspace, _study(settings, archive, share * factor, cells), runs)
        (to / name).mkdir(parents=True, exist_ok=True)
        _keep(workspace, cells, to / name)


if __name__ == "__main__":
    app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
    app.command()(main)
    app()
