"""A whole workspace of the made-up study, for the tests of the report."""

import json
import shutil
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import yaml
from matplotlib.figure import Figure

from gen100 import i18n, layout
from gen100.cells import Cell
from gen100.config import Params, load_params
from gen100.data.arrays import load
from gen100.families.registry import FAMILIES
from gen100.i18n import N_, _
from gen100.provenance import DataFacts, ExtractorFacts, SplitFacts
from gen100.report.neighbours import write_neighbours
from gen100.report.results import aggregate
from gen100.report.style import Caption, save, styled
from gen100.thesis.claims.table import CLAIMS as THESIS_CLAIMS
from gen100.thesis.forensics.facts import (
    ForensicsFacts,
    ImageSetFacts,
    Measurement,
    write_forensics_csv,
)
from gen100.thesis.tables import write_tables
from support.made_up import OWN, SYNTHETIC, measured_with, resampled, write_arrays, write_reference
from support.made_up_forensics import result
from support.processes import ROOT

ALL_CELLS = [
    f"{family}-{loss}-{latent}"
    for family, known in FAMILIES.items()
    for loss in known.losses
    for latent in (128, 1024 if family == "stylegan2" else 2048)
]
FLOOR = {"fid": 3.5, "is": 11.25, "is_std": 0.2, "kid": 0.001, "kid_std": 0.0002, "kid_subset_size": 100}
FLOOR |= {"precision": 0.75, "recall": 0.7, "fid_limit": 0.5, "fid_se": 0.1, "samples": 500, "class_accuracy": 0.5}
FLOOR |= {"neighbour_ratio": 1.0, "neighbour_closer": 0.5, "fid_limit_se": 0.2, "prc_images": 500}
NOISE = FLOOR | {"fid": 410.0, "is": 1.5, "is_std": 0.01, "kid": 0.9, "kid_std": 0.02, "fid_other": 412.0}
NOISE |= {"precision": 0.0, "recall": 0.0, "fid_limit": 409.0, "fid_se": 0.3, "class_accuracy": 0.01}
NOISE |= {
    f"{key}_other": NOISE[key]
    for key in ("kid", "kid_std", "kid_subset_size", "precision", "recall", "prc_images")
}
CONSTANT = NOISE | {"fid": 520.0, "is": 1.0, "is_std": 0.0, "kid": 1.1, "kid_std": 0.01, "fid_other": 521.0}
PAGE_CELLS = ["vae-elbo-128", "vae-elbo-2048", "vae-wae-128", "dalle-mse-128", "stylegan2-hinge-1024"]
PAGE_CELLS += ["stable_diffusion-mae-128", "stable_diffusion-huber-128"]
"""At least one of each family, two that compare."""
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
    numbers |= {"kid_subset_size": 100, "precision": 0.5, "recall": 0.25, "prc_images": 200}
    numbers |= {f"{key}_other": numbers[key] for key in numbers if not key.startswith("is")}
    numbers |= {"neighbour_ratio": 1.1, "neighbour_closer": 0.4, "fid_limit": fid - 2, "fid_se": 0.75}
    numbers |= {"fid_limit_se": 1.25}
    if cell.autoencoder:
        numbers |= {"reconstruction_fid": 20.0 + number, "reconstruction_images": 200}
    return numbers | ({"class_accuracy": 0.125} if FAMILIES[cell.family].conditional else {})


def write_run(cell: Cell, seed: int, metrics: dict[str, Any], images: np.ndarray, records: int = 20) -> None:
    folder = Path("results") / str(cell) / str(seed)
    folder.mkdir(parents=True)
    random = np.random.default_rng(seed)
    curve_of(cell, records, random).to_csv(folder / "curve.csv", index=False)
    np.save(folder / "samples.npy", images)
    resampled(metrics["fid"], metrics["fid_se"], random).to_csv(folder / "resamples.csv", index=False)
    (folder / "metrics.json").write_text(json.dumps(metrics))
    run = {
        "cell": str(cell),
        "seed": seed,
        "images_seen": 200_000,
        "seconds": 12.5,
        "device": "CPU",
        "threads": 2,
        "memory": 1_500_000_000,
        "commit": "0123456789ab",
        "torch": "2.9.0",
    }
    (folder / "run.json").write_text(json.dumps(run))
    if cell.autoencoder:
        shared = layout.autoencoder(cell.autoencoder, seed)
        shared.mkdir(parents=True, exist_ok=True)
        (shared / "run.json").write_text(json.dumps(run | {"images_seen": 50_000, "seconds": 5.5}))


def write_comparisons(params: Params, verdict: str = "one seed") -> None:
    """A row for each pair of losses of one family and latent size, all with one verdict."""
    rows = []
    for family, latent in dict.fromkeys((cell.family, cell.latent) for cell in map(Cell.parse, params.cells)):
        losses = [loss for loss in FAMILIES[family].losses if f"{family}-{loss}-{latent}" in params.cells]
        for first, second in combinations(losses, 2):
            rows.append([family, latent, "fid", first, second, 100, 120, -20, len(params.seeds), *[None] * 3])
            rows[-1] += [-25, -15, 0.01, 0.02, verdict]
    columns = (
        "family,latent_size,measure,loss_a,loss_b,mean_a,mean_b,difference,seeds,low_seeds,high_seeds,p_seeds"
    )
    names = [*columns.split(","), "low_samples", "high_samples", "p_samples", "p_adjusted", "verdict"]
    pd.DataFrame(rows, columns=names).to_csv("reports/comparisons.csv", index=False)


CLAIMS = {
    "C1": (N_("IS is 1.00 for every cell: generated images are neither classifiable nor diverse"), "refuted"),
    "C4": (N_("VAE is worst: blobs of colour; a larger size adds accents"), "supported"),
    "C12": (
        N_("Training cost: VAE ~ DALL-E < Stable Diffusion < StyleGAN2 (up to 2.5 h on a hosted GPU)"),
        "inconclusive",
    ),
}
"""Three claims of the thesis and their verdicts."""


def write_claims() -> None:
    figures = {claim.id: claim.figure for claim in THESIS_CLAIMS}
    for language in i18n.LANGUAGES:
        rows = []
        with i18n.language(language):
            for name, (text, verdict) in CLAIMS.items():
                stem, _dot, kind = figures[name].rpartition(".")
                rows.append([name, _(text), verdict, _("noise"), f"figures/{stem}.{language}.{kind}"])
        table = pd.DataFrame(rows, columns=["id", "claim", "verdict", "evidence", "figure"])
        table.to_csv(layout.CLAIMS.with_suffix(f".{language}.csv"), index=False)


def write_mistakes(extractor: ExtractorFacts, data: DataFacts, cell: str) -> None:
    """What the stage `forensics` found: the correct pipeline, noise, and a mistake that explains IS."""

    def found(of: ImageSetFacts, score: float, fid: float) -> Measurement:
        return Measurement(
            **of.model_dump(),
            count=200,
            reference_count=2000,
            network="extractor",
            inception_score=score,
            fid=fid,
            fid_over_noise=fid / 410,
            fid_low=fid,
            fid_high=2 * fid,
            prints_100=score < 1.005,
            fid_in_range=False,
        )

    real = ImageSetFacts(images="real", split="test")
    samples = ImageSetFacts(images="samples", cell=cell, seed=0, images_seen=200_000)
    results = (
        result("none", "neither", found(real, 11.25, 3.5), found(samples, 2.5, 100.0)),
        result("noise", "neither", found(ImageSetFacts(images="noise"), 1.5, 410.0)),
        result("twice_softmax", "IS", found(real, 1.0012, 3.5), found(samples, 1.0004, 100.0)),
    )
    reference = SplitFacts(split="train", images=data.train)
    facts = ForensicsFacts(data=data, extractor=extractor, reference=reference, results=results)
    write_forensics_csv(facts)


def write_plots() -> None:
    """Something instead of the plots of cost and bias."""
    for language in i18n.LANGUAGES:
        with i18n.language(language), styled():
            for name in ("cost", "bias"):
                figure = Figure(figsize=(5, 3))
                figure.add_subplot().plot([1, 2, 3], [3, 1, 2])
                title = _("Cost, and bias by sample count")
                save(figure, layout.plot(name, language), Caption(title, f"{title}: 3, 1, 2."))


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
    write_arrays(images, data)
    facts = measured_with(data, extractor, samples=500)
    write_reference({"real": FLOOR, "noise": NOISE, "constant": CONSTANT, "check": {"fid_self": 0.0}}, facts)
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
    write_claims()
    write_mistakes(OWN, SYNTHETIC, cells[0])
    write_plots()
    write_tables(params)
    return params
