"""A workspace with made-up results, for the tests of the report."""

import json
import shutil
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import yaml
from matplotlib.figure import Figure

from gen100 import layout
from gen100.cells import Cell
from gen100.config import Params, load_params
from gen100.data.arrays import load
from gen100.families.registry import FAMILIES
from gen100.provenance import DataFacts, ExtractorFacts, Provenance, SplitFacts
from gen100.report.labels import data_label, extractor_label
from gen100.report.neighbours import write_neighbours
from gen100.report.results import aggregate
from gen100.report.style import Caption, save, styled
from gen100.thesis.tables import write_tables
from support.processes import ROOT

ALL_CELLS = [
    f"{model}-{loss}-{latent}"
    for model, family in FAMILIES.items()
    for loss in family.losses
    for latent in (128, 1024 if model == "stylegan2" else 2048)
]
OWN = ExtractorFacts(kind="cifar100-network", sha256="1" * 64, accuracy=0.481, seed=1000)
INCEPTION = ExtractorFacts(kind="inception-v3-compat", sha256="0" * 64)
SYNTHETIC = DataFacts(name="synthetic", train=2000, test=500, seed=0)
REAL = DataFacts(name="CIFAR-100", train=50_000, test=10_000)
FLOOR = {"fid": 3.5, "is": 11.25, "is_std": 0.2, "kid": 0.001, "kid_std": 0.0002, "kid_subset_size": 100}
FLOOR |= {"precision": 0.75, "recall": 0.7, "fid_limit": 0.5, "fid_se": 0.1, "samples": 500, "class_accuracy": 0.5}
FLOOR |= {"neighbour_ratio": 1.0, "neighbour_closer": 0.5}
NOISE = FLOOR | {"fid": 410.0, "is": 1.5, "is_std": 0.01, "kid": 0.9, "kid_std": 0.02, "fid_other": 412.0}
NOISE |= {"precision": 0.0, "recall": 0.0, "fid_limit": 409.0, "fid_se": 0.3, "class_accuracy": 0.01}
NOISE |= {f"{key}_other": NOISE[key] for key in ("kid", "kid_std", "kid_subset_size", "precision", "recall")}
CONSTANT = NOISE | {"fid": 520.0, "is": 1.0, "is_std": 0.0, "kid": 1.1, "kid_std": 0.01, "fid_other": 521.0}
PAGE_CELLS = ["vae-elbo-128", "vae-elbo-2048", "vae-wae-128", "dalle-mse-128", "stylegan2-hinge-1024"]
PAGE_CELLS += ["stable_diffusion-mae-128", "stable_diffusion-huber-128"]
"""At least one of each model, two that compare."""
ROOT_PARAMS = ROOT / "params.yaml"


def curve_of(cell: Cell, records: int, random: np.random.Generator) -> pd.DataFrame:
    time = np.linspace(0, 1, records)
    noise = random.normal(0, 0.02, (2, records))
    if cell.family == "stylegan2":
        train, val = 1.5 * np.sin(5 * time) + 20 * noise[0] + 1, -0.8 * time + 20 * noise[1]
    else:
        train = 3000 * np.exp(-4 * time) + 80 * np.exp(noise[0])
        val = 3000 * np.exp(-4 * time) + 95 * np.exp(noise[1])
    images = (time * 200_000).astype(int)
    columns = {"epoch": images / 2000, "step": images // 128, "images": images}
    return pd.DataFrame(columns | {"train_loss": train, "val_loss": val, "train_kl": 0.3 * train})


def measured(number: int, place: int, cell: Cell) -> dict[str, Any]:
    """The measures of run `place` of cell `number`: fid is 100 + 10 number + place."""
    fid = 100.0 + 10 * number + place
    numbers = {"fid": fid, "is": 2 + 0.5 * place, "is_std": 0.1, "kid": 0.05, "kid_std": 0.01}
    numbers |= {"kid_subset_size": 100, "precision": 0.5, "recall": 0.25}
    numbers |= {f"{key}_other": numbers[key] for key in numbers if not key.startswith("is")}
    numbers |= {"neighbour_ratio": 1.1, "neighbour_closer": 0.4, "fid_limit": fid - 2, "fid_se": 0.75}
    if cell.autoencoder:
        numbers |= {"reconstruction_fid": 20.0 + number, "reconstruction_images": 200}
    return numbers | ({"class_accuracy": 0.125} if FAMILIES[cell.family].conditional else {})


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
    if cell.autoencoder:
        first = layout.autoencoder(cell.autoencoder, seed)
        first.mkdir(parents=True, exist_ok=True)
        (first / "run.json").write_text(json.dumps({"images_seen": 50_000, "seconds": 5.5}))


def write_comparisons(params: Params, verdict: str = "one seed") -> None:
    """A row for each pair of losses of one model and latent size, all with one verdict."""
    rows = []
    for model, latent in dict.fromkeys((cell.family, cell.latent) for cell in map(Cell.parse, params.cells)):
        losses = [loss for loss in FAMILIES[model].losses if f"{model}-{loss}-{latent}" in params.cells]
        for first, second in combinations(losses, 2):
            rows.append([model, latent, "fid", first, second, 100, 120, -20, len(params.seeds), *[None] * 3])
            rows[-1] += [-25, -15, 0.01, 0.02, verdict]
    columns = (
        "family,latent_size,measure,loss_a,loss_b,mean_a,mean_b,difference,seeds,low_seeds,high_seeds,p_seeds"
    )
    names = [*columns.split(","), "low_samples", "high_samples", "p_samples", "p_adjusted", "verdict"]
    pd.DataFrame(rows, columns=names).to_csv("reports/comparisons.csv", index=False)


CLAIMS = [
    ("C1", "IS is 1.00 for every cell.", "IS дорівнює 1.00 для кожної комірки.", "fails", "figures/bias.svg"),
    ("C4", "VAE is worst.", "VAE найгірша.", "holds", "figures/appendix_a.png"),
    ("C12", "StyleGAN2 costs most.", "StyleGAN2 найдорожча.", "cannot be told", "figures/cost.svg"),
]


def write_conclusions(extractor: ExtractorFacts, facts: DataFacts) -> None:
    """Claims and forensics, tables and texts."""
    claims = pd.DataFrame(CLAIMS, columns=["id", "claim_en", "claim_uk", "verdict", "figure"])
    claims.insert(4, "evidence_en", "IS from 2.00 to 2.50.")
    claims.insert(5, "evidence_uk", "IS від 2.00 до 2.50.")
    claims.to_csv("reports/claims.csv", index=False)
    said = {"extractor": extractor_label(extractor), "data": data_label(facts), "samples": 500}
    said |= {"reference": "train, 2,000 images"}
    mistakes = [
        ("none", "No mistake", "Без помилки", 11.25, 3.5, False, False, "ruled out"),
        (
            "softmax_twice",
            "Softmax twice",
            "Softmax двічі",
            1.0012,
            3.5,
            True,
            False,
            "explains IS",
        ),
    ]
    names = ["mistake", "title_en", "title_uk", "is", "fid", "is_prints_100", "fid_in_range", "verdict"]
    rows = pd.DataFrame(mistakes, columns=names)
    rows.insert(3, "images", "real test images")
    rows.insert(6, "fid_over_noise", rows["fid"] / 410)
    rows.assign(**said).to_csv("reports/forensics.csv", index=False)
    texts = {
        "en": (
            "Mistakes of measuring",
            "| a | b |\n| --- | --- |\n| 1 | 2 |",
            "**Softmax twice** prints IS 1.00.",
        ),
        "uk": ("Помилки вимірювання", "| а | б |\n| --- | --- |\n| 1 | 2 |", "**Softmax двічі** дає IS 1.00."),
    }
    for language, (title, table, conclusion) in texts.items():
        text = f"**{title}**\n\n{table}\n\n{conclusion}\n"
        Path(f"reports/forensics.{language}.md").write_text(text, encoding="utf-8")
        Path(f"reports/claims.{language}.md").write_text(f"**{title}**\n\n{table}\n", encoding="utf-8")


def write_plots() -> None:
    """Something in the places of the plots of cost and bias."""
    for name, title in (("cost", "Cost and quality"), ("bias", "Bias")):
        with styled():
            figure = Figure(figsize=(5, 3))
            figure.add_subplot().plot([1, 2, 3], [3, 1, 2])
            ukrainian = {"cost": "Витрати та якість", "bias": "Зміщення"}[name]
            caption = Caption({"en": title, "uk": ukrainian}, f"{title}: a made-up line.")
            save(figure, Path(f"reports/figures/{name}.svg"), caption)


def make_workspace(
    folder: Path,
    cells: list[str],
    seeds: tuple[int, ...] = (0,),
    extractor: ExtractorFacts = OWN,
    data: DataFacts = SYNTHETIC,
) -> Params:
    """Fill `folder`, which must be the current one. Run k of cell c has fid 100 + 10 c + k, is 2 + 0.5 k."""
    settings = yaml.safe_load(ROOT_PARAMS.read_text(encoding="utf-8"))
    settings["sizes"]["vae"][512] = 512
    settings |= {"cells": cells, "seeds": list(seeds)}
    settings["sampling"]["images"] = 200
    (folder / "params.yaml").write_text(yaml.safe_dump(settings))
    random = np.random.default_rng(0)
    # Of squares of 8 x 8 pixels: noise of single pixels would make large files.
    images = random.integers(0, 256, (200, 3, 4, 4), dtype=np.uint8).repeat(8, axis=2).repeat(8, axis=3)
    labels = np.arange(200) % 100
    (folder / "data").mkdir()
    np.savez(
        folder / "data/cifar100.npz",
        **{f"{split}_images": images for split in ("train", "test")},  # pyright: ignore[reportArgumentType]
        **{f"{split}_labels": labels for split in ("train", "test")},  # pyright: ignore[reportArgumentType]
        **{f"{split}_coarse": labels // 5 for split in ("train", "test")},  # pyright: ignore[reportArgumentType]
        fine_names=np.array([f"class_{i}" for i in range(100)]),
        coarse_names=np.array([f"super_{i}" for i in range(20)]),
        facts=np.array(data.model_dump_json()),
    )
    facts = Provenance(
        data=data,
        extractor=extractor,
        reference=SplitFacts(split="train", images=data.train),
        other=SplitFacts(split="test", images=data.test),
        samples=500,
    )
    reference = {"real": FLOOR, "noise": NOISE, "constant": CONSTANT, "check": {"fid_self": 0.0}}
    layout.REFERENCE.parent.mkdir()
    layout.REFERENCE.write_text(json.dumps(reference | {"provenance": facts.model_dump()}))
    made = {"provenance": facts.model_copy(update={"samples": 200}).model_dump()}
    for number, cell in enumerate(map(Cell.parse, cells)):
        for place, seed in enumerate(seeds):
            write_run(cell, seed, measured(number, place, cell) | made, images)
    params = load_params()
    write_comparisons(params)
    return params


def make_reported(folder: Path, cells: list[str], seeds: tuple[int, ...] = (0,)) -> Params:
    """A workspace with all that the page reads."""
    params = make_workspace(folder, cells, seeds)
    aggregate(params)
    nearest = Path("neighbours.png")
    first = np.arange(200)
    write_neighbours(load(layout.ARRAYS).train_images, first, first, load(layout.ARRAYS), nearest, "Nearest")
    for text in cells:
        for seed in seeds:
            shutil.copy(nearest, layout.run(text, seed) / nearest)
    write_conclusions(OWN, SYNTHETIC)
    write_plots()
    write_tables(params)
    return params
