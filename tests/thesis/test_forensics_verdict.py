"""Verdicts by rows, what the printed numbers say, and the stage from a workspace to its files."""

import csv
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import yaml
from scipy.stats import kruskal

from gen100 import config
from gen100.cells import Cell
from gen100.config import load_params
from gen100.errors import UserError
from gen100.metrics.network import FeatureNetwork
from gen100.metrics.weights import save_network
from gen100.settings import Optimizer, Training
from gen100.thesis.forensics import distances, pixels, scores, write_forensics
from gen100.thesis.forensics.laboratory import ImageSet, Laboratory
from gen100.thesis.forensics.measuring import Finding, first_cells
from gen100.thesis.forensics.mistakes import MISTAKES, RIGHT, Mistake
from gen100.thesis.forensics.networks import Networks
from gen100.thesis.forensics.printed import Printed, read_printed
from gen100.thesis.forensics.procedure import Procedure
from gen100.thesis.forensics.verdict import Row, in_range, judge, misses, on_inceptions_scale
from gen100.thesis.forensics.writing import brief, conclusions, printed_says
from support.processes import ROOT

NOTHING = np.zeros((1, 3, 32, 32), np.uint8)
PRINTED = read_printed()
THESIS = ROOT / "src/gen100/thesis/thesis.csv"


def row(score: float, fid: float, real: bool = False, mistake: Mistake = RIGHT) -> Row:
    """A row whose distance compares as it is."""
    of = ImageSet("real test images" if real else "samples", NOTHING, real)
    inside = in_range((fid, fid), PRINTED)
    return Row(mistake, of, score, fid, None, (fid, fid), 100, "Inception v3", "train, 100 images", inside)


@pytest.mark.parametrize(
    ("rows", "verdict", "missed"),
    [
        ([row(1.0, 2.0, real=True), row(1.001, 1000.0), row(1.004, 1500.0)], "explains both", ""),
        ([row(1.0, 2.0, real=True), row(1.0, 300.0), row(1.0, 900.0)], "explains IS", "low"),
        ([row(1.0, 2.0, real=True), row(1.0, 3000.0), row(1.0, 9000.0)], "explains IS", "high"),
        ([row(1.0, 2.0, real=True), row(1.0, 300.0), row(1.0, 1200.0)], "explains IS", "mixed"),
        ([row(1.0, 2.0, real=True), row(1.0, 1200.0), row(1.0, 1201.0)], "explains IS", "same"),
        ([row(9.0, 2.0, real=True), row(1.0, 1200.0), row(1.0, 1400.0)], "explains FID", ""),
        ([row(1.0, 2.0, real=True), row(1.006, 1200.0), row(1.0, 1400.0)], "explains FID", ""),
        ([row(9.0, 1200.0, real=True), row(1.0, 12.0)], "ruled out", "low"),
        ([row(1.0, 1200.0)], "explains both", ""),
        ([row(1.0, 2.0, real=True), row(1.0, float("nan"))], "explains IS", "mixed"),
    ],
)
def test_verdicts(rows: list[Row], verdict: str, missed: str) -> None:
    assert judge(rows) == verdict
    assert misses(rows, PRINTED) == missed


@pytest.mark.parametrize(
    ("span", "inside"),
    [
        ((989.0345, 989.0345), True),
        ((989, 989), False),
        ((1900, 1900), False),
        ((1899, 3000), True),
        ((1, 988), False),
    ],
)
def test_the_range_is_the_printed_one(span: tuple[float, float], inside: bool) -> None:
    assert in_range(span, PRINTED) == inside
    assert not in_range((float("nan"), float("nan")), PRINTED)


def test_what_the_thesis_printed() -> None:
    rows = list(csv.DictReader(THESIS.open(encoding="utf-8")))
    assert len(rows) == 24
    assert (PRINTED.low, PRINTED.high, PRINTED.scores) == (989.0345, 1899.2275, ["1.00"])
    by_model: dict[str, list[float]] = {}
    for r in rows:
        by_model.setdefault(r["model"], []).append(float(r["fid"]))
    assert PRINTED.medians == {model: float(np.median(values)) for model, values in by_model.items()}
    assert pytest.approx(kruskal(*by_model.values()).pvalue) == PRINTED.p_models
    assert (
        pytest.approx(kruskal(*(v for model, v in by_model.items() if model != "vae")).pvalue)
        == PRINTED.p_models_without_worst
    )
    sizes = {(r["model"], r["loss"], r["latent_size"]): float(r["fid"]) for r in rows}
    pairs = [
        (fid, sizes[model, loss, "1024" if model == "stylegan2" else "2048"])
        for (model, loss, size), fid in sizes.items()
        if size == "128"
    ]
    assert sorted(PRINTED.pairs) == sorted(pairs)


def test_what_is_said_of_the_printed_numbers_follows_them() -> None:
    finding = Finding(RIGHT, [row(9.0, 2.0, real=True), row(2.0, 100.0), row(3.0, 250.0)], "ruled out")
    text = " ".join(printed_says(PRINTED, finding, "en"))
    assert "a factor of 1.92" in text
    assert "a factor of 2.50" in text
    assert "do not tell those models apart" in text
    cells = [Cell(model, "x", size) for model in ("vae", "dalle", "stylegan2") for size in range(10)]
    apart = Printed(
        {cell: 1000.0 * (1 + len(cell.family)) + cell.latent for cell in cells}, dict.fromkeys(cells, "1.00")
    )
    assert "tell even those models apart" in " ".join(printed_says(apart, finding, "en"))


def named(name: str, procedure: Procedure) -> Mistake:
    return Mistake(name, f"title of {name}", f"назва {name}", "", "", procedure)


def test_conclusions_are_made_from_the_rows() -> None:
    both, score, low, neither = (
        named("both", Procedure(layer="logits")),
        named("score", Procedure(score=scores.split_each)),
        named("low", Procedure(samples=pixels.unit_cast)),
        named("neither", Procedure(distance=distances.root)),
    )
    findings = [
        Finding(RIGHT, [row(9.0, 2.0, real=True), row(2.0, 100.0)], "ruled out"),
        Finding(both, [row(1.0, 999.0, real=True), row(1.0, 1200.0), row(1.0, 1500.0)], "explains both"),
        Finding(score, [row(1.0, 100.0)], "explains IS"),
        Finding(low, [row(1.002, 100.0)], "explains IS"),
        Finding(neither, [row(2.0, 10.0)], "ruled out"),
    ]
    said = conclusions(findings, PRINTED, "en")
    assert "it prints 1.00 for 0 of 2 sets" in said[0]
    assert said[1] == "Both columns by one mistake (1): *title of both*."
    assert said[2].endswith("(3): *title of both*; *title of score*; *title of low*.")
    assert said[3].endswith("(2): *title of both*; *title of score*.")
    assert "FID too low: *title of low*." in said[4]
    assert "(printed: 1.92): *title of both* 1.25." in " ".join(said)
    assert "even real images would get a FID in the range, so that it says next to nothing" in " ".join(said)
    assert "any of 1 mistakes of IS alone together with any of 1 that explain" in " ".join(said)
    assert said[-1] == "Ruled out: neither column (1): *title of neither*."
    none = conclusions(findings[:1], PRINTED, "uk")
    assert none[1] == "Обидва стовпці через одну помилку (0): немає."


@pytest.mark.parametrize(
    ("value", "text"),
    [(float("nan"), "—"), (0.0, "0"), (1899.2275, "1,899"), (3.14159, "3.14"), (2e-7, "2e-7"), (1.2e20, "1e20")],
)
def test_brief_numbers(value: float, text: str) -> None:
    assert brief(value) == text


def test_mistakes_differ_and_exchange_something() -> None:
    assert len({mistake.name for mistake in MISTAKES}) == len(MISTAKES)
    assert len({mistake.uk for mistake in MISTAKES} | {mistake.en for mistake in MISTAKES}) == 2 * len(MISTAKES)
    for mistake in MISTAKES:
        assert bool(mistake.procedure.changed) != bool(mistake.made)
    joined = Procedure(layer="logits").joined(Procedure(distance=distances.scatter))
    assert joined == Procedure(layer="logits", distance=distances.scatter)


def save_own(file: Path) -> None:
    torch.manual_seed(3)
    settings = config.FeatureNetwork(
        channels=[4, 8],
        batch_size=8,
        training=Training(images=100, optimizer=Optimizer(lr=1.0e-3), ema_images=10),
    )
    network = FeatureNetwork(settings, classes=100)
    with torch.no_grad():
        network.classify.weight.mul_(60)
    save_network(file, network, seed=3, accuracy=0.1, synthetic=True)


def draw(count: int, seed: int, high: int = 256) -> np.ndarray:
    random = np.random.default_rng(seed)
    texture = random.normal(0, 60, (count, 3, 32, 32)) * random.random((count, 1, 1, 1))
    return np.clip(random.integers(0, high, (count, 3, 1, 1)) + texture, 0, 255).astype(np.uint8)


def test_inceptions_scale(tmp_path: Path) -> None:
    save_own(tmp_path / "metric.safetensors")
    laboratory = Laboratory(
        Networks(tmp_path / "metric.safetensors"), ImageSet("train", draw(60, 1)), torch.device("cpu")
    )
    of = ImageSet("samples", draw(60, 2, high=120))
    fid = laboratory.distance(Procedure(), of)
    assert on_inceptions_scale(laboratory, Procedure(), of, fid, 2 * fid) == pytest.approx((125, 250))
    root = Procedure(distance=distances.root)
    expected = pytest.approx((125**0.5, 250**0.5))
    assert on_inceptions_scale(laboratory, root, of, fid**0.5, 2 * fid) == expected
    bytes_ = Procedure(layer="pixels 255")
    assert on_inceptions_scale(laboratory, bytes_, of, 77.0, 2 * fid) == (77.0, 77.0)


CELLS = ["stylegan2-hinge-1024", "vae-elbo-128", "vae-wae-128"]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory, demo_params: dict[str, Any]) -> Path:
    """A workspace with images at random in the place of samples."""
    folder = tmp_path_factory.mktemp("forensics")
    (folder / "params.yaml").write_text(yaml.safe_dump(demo_params | {"cells": CELLS, "seeds": [4]}))
    (folder / "data/extractors").mkdir(parents=True)
    save_own(folder / "data/extractors/metric.safetensors")
    labels = np.arange(200) % 100
    arrays: dict[str, Any] = {f"{split}_images": draw(200, seed) for split, seed in (("train", 1), ("test", 2))}
    for split in ("train", "test"):
        arrays |= {f"{split}_labels": labels, f"{split}_coarse": labels // 5}
    arrays |= {"fine_names": np.array([f"f{i}" for i in range(100)]), "coarse_names": np.array(["c"] * 20)}
    arrays |= {"title": np.array("synthetic stand-in (200 images)")}
    np.savez(folder / "data/cifar100.npz", allow_pickle=False, **arrays)
    for seed, cell in enumerate(CELLS):
        run = folder / "results" / cell / "4"
        run.mkdir(parents=True)
        np.save(run / "samples.npy", draw(120, 10 + seed, high=100 + 50 * seed))
        (run / "run.json").write_text(json.dumps({"images_seen": 2_000_000}))
    return folder


def read(folder: Path) -> dict[str, bytes]:
    return {
        name: (folder / "reports" / name).read_bytes()
        for name in ("forensics.csv", "forensics.en.md", "forensics.uk.md")
    }


def test_the_stage_from_end_to_end(made: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(made)
    params = load_params()
    assert [str(cell) for cell in first_cells(params)] == ["stylegan2-hinge-1024", "vae-elbo-128"]
    write_forensics(params)
    first = read(made)
    rows = list(csv.DictReader(first["forensics.csv"].decode().splitlines()))
    assert ",".join(rows[0]) == (
        "mistake,title_en,title_uk,images,is,fid,fid_over_noise,is_prints_100,fid_in_range,verdict,"
        "extractor,samples,reference,data"
    )
    right = [r for r in rows if r["mistake"] == "none"]
    assert [r["images"] for r in right] == [
        "real test images",
        "samples of stylegan2-hinge-1024",
        "samples of vae-elbo-128",
    ]
    assert {(r["samples"], r["reference"], r["data"]) for r in right} == {
        ("120", "train, 200 images", "synthetic stand-in (200 images)")
    }
    assert {r["extractor"] for r in right} == {
        "FD, CIFAR-100 network (synthetic images, seed 3, test accuracy 10.0%)"
    }
    tried = {r["mistake"] for r in rows if "+" not in r["mistake"]}
    # An untrained Inception is not looked through on synthetic images, and this network does not resize.
    left_out = {"untrained_keras", "untrained_torchvision", "small"}
    assert tried == {"none"} | {mistake.name for mistake in MISTAKES} - left_out
    for r in rows:
        assert r["is_prints_100"] == str(f"{float(r['is']):.2f}" == "1.00")
    assert {r["verdict"] for r in rows if r["mistake"] == "split_each"} <= {"explains IS", "explains both"}
    (noise,) = (r for r in rows if r["mistake"] == "noise")
    assert float(noise["fid_over_noise"]) == 1
    for language, word in (("en", "synthetic data"), ("uk", "синтетичні дані")):
        text = first[f"forensics.{language}.md"].decode()
        assert word in text.splitlines()[0]
        assert text.count("\n| ") >= len(tried)
    ukrainian = first["forensics.uk.md"].decode()
    assert "пояснює IS" in ukrainian
    assert "images.astype('uint8')" in ukrainian
    assert "Дані: синтетична заміна (200 зображень)" in ukrainian

    shutil.rmtree(made / "reports")
    write_forensics(params)
    assert read(made) == first


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (lambda file: file.unlink(), "run stage sample vae-elbo-128 4"),
        (lambda file: np.save(file, np.zeros((9, 32, 32, 3))), "holds no uint8 images"),
    ],
    ids=["missing", "floats"],
)
def test_samples_that_cannot_be_measured(
    made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, damage: Callable[[Path], None], said: str
) -> None:
    folder = shutil.copytree(made, tmp_path / "workspace")
    monkeypatch.chdir(folder)
    damage(folder / "results/vae-elbo-128/4/samples.npy")
    with pytest.raises(UserError, match=rf"vae-elbo-128/4/samples\.npy .*{said}"):
        write_forensics(load_params())
