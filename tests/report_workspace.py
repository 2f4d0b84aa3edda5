"""A workspace with made-up results, for the tests of the report."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import yaml

from gen100.cells import FAMILIES, Cell
from gen100.config import Params, load_params

ALL_CELLS = [
    f"{model}-{loss}-{latent}"
    for model, family in FAMILIES.items()
    for loss in family.losses
    for latent in (128, 1024 if model == "stylegan2" else 2048)
]
OWN = "FD, CIFAR-100 network (test accuracy 48.1%)"
INCEPTION = "FID, Inception v3"
SYNTHETIC = "synthetic stand-in (2,000 training images, seed 0)"
FLOOR = {"fid": 3.5, "is": 11.25, "is_std": 0.2, "kid": 0.001, "kid_std": 0.0002, "samples": 500}
FLOOR |= {"precision": 0.75, "recall": 0.7, "fid_limit": 0.5, "fid_se": 0.1}
CEILING = {"fid": 300.0, "is": 1.1, "is_std": 0.01, "kid": 9.0, "kid_std": 0.1, "samples": 500}
CEILING |= {"precision": 0.0, "recall": 0.0, "fid_limit": 299.0, "fid_se": 0.3}
ROOT_PARAMS = Path(__file__).parent.parent / "params.yaml"


def curve_of(cell: Cell, records: int, random: np.random.Generator) -> pd.DataFrame:
    time = np.linspace(0, 1, records)
    noise = random.normal(0, 0.02, (2, records))
    if cell.model == "stylegan2":
        train, val = 1.5 * np.sin(5 * time) + 20 * noise[0] + 1, -0.8 * time + 20 * noise[1]
    else:
        train = 3000 * np.exp(-4 * time) + 80 * np.exp(noise[0])
        val = 3000 * np.exp(-4 * time) + 95 * np.exp(noise[1])
    images = (time * 200_000).astype(int)
    columns = {"epoch": images / 2000, "step": images // 128, "images": images}
    return pd.DataFrame(columns | {"train_loss": train, "val_loss": val, "train_kl": 0.3 * train})


def write_run(cell: Cell, seed: int, metrics: dict[str, Any], images: np.ndarray, records: int = 20) -> None:
    folder = Path("results") / str(cell) / str(seed)
    folder.mkdir(parents=True)
    random = np.random.default_rng(seed)
    curve_of(cell, records, random).to_csv(folder / "curve.csv", index=False)
    np.save(folder / "samples.npy", images)
    (folder / "metrics.json").write_text(json.dumps(metrics))
    run = {
        "cell": str(cell),
        "seed": seed,
        "images_seen": 200_000,
        "seconds": 12.5,
        "device": "CPU, 2 threads",
        "memory": 1_500_000_000,
        "commit": "0123456789ab",
        "torch": "2.9.0",
    }
    (folder / "run.json").write_text(json.dumps(run))
    first = {"images_seen": 50_000, "seconds": 5.5} if cell.autoencoder else {"images_seen": 0, "seconds": 0.0}
    (folder / "autoencoder.json").write_text(json.dumps(first))


def make_workspace(
    folder: Path, cells: list[str], seeds: tuple[int, ...] = (0,), extractor: str = OWN, data: str = SYNTHETIC
) -> Params:
    """Fill `folder`, which must be the current one. Run k of cell c has fid 100 + 10 c + k, is 2 + 0.5 k."""
    settings = yaml.safe_load(ROOT_PARAMS.read_text(encoding="utf-8"))
    settings["sizes"]["vae"][512] = 512
    settings |= {"cells": cells, "seeds": list(seeds)}
    settings["sampling"]["images"] = 200
    (folder / "params.yaml").write_text(yaml.safe_dump(settings))
    random = np.random.default_rng(0)
    images = random.integers(0, 256, (200, 3, 32, 32), dtype=np.uint8)
    labels = np.arange(200) % 100
    (folder / "data").mkdir()
    np.savez(
        folder / "data/cifar100.npz",
        **{f"{split}_images": images for split in ("train", "test")},  # pyright: ignore[reportArgumentType]
        **{f"{split}_labels": labels for split in ("train", "test")},  # pyright: ignore[reportArgumentType]
        **{f"{split}_coarse": labels // 5 for split in ("train", "test")},  # pyright: ignore[reportArgumentType]
        fine_names=np.array([f"class_{i}" for i in range(100)]),
        coarse_names=np.array([f"super_{i}" for i in range(20)]),
        title=np.array(data),
    )
    said = {"extractor": extractor, "reference": "train, 2,000 images", "other": "test, 500 images", "data": data}
    (folder / "reports").mkdir()
    rows = {"real": FLOOR | said, "noise": CEILING | said, "constant": CEILING | said, "check": {"fid_self": 0.0}}
    (folder / "reports/reference.json").write_text(json.dumps(rows))
    for number, text in enumerate(cells):
        for place, seed in enumerate(seeds):
            measured = {"fid": 100.0 + 10 * number + place, "is": 2 + 0.5 * place, "is_std": 0.1}
            measured |= {"kid": 0.05, "kid_std": 0.01, "samples": 200}
            measured |= {"precision": 0.5, "recall": 0.25, "neighbour_ratio": 1.1, "neighbour_closer": 0.4}
            measured |= {"fid_limit": measured["fid"] - 2, "fid_se": 0.75}
            measured |= {f"{key}_test": measured[key] for key in ("fid", "kid", "kid_std", "precision", "recall")}
            measured |= {"reconstruction_fid": 20.0} if Cell.parse(text).autoencoder else {}
            write_run(Cell.parse(text), seed, measured | said, images)
    return load_params()
