"""The stage `forensics` from samples to reports."""

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

from gen100 import layout
from gen100.config import load_params
from gen100.data.arrays import prepare
from gen100.errors import UserError
from gen100.provenance import DataFacts
from gen100.thesis.forensics.classifiers import ClassifierVariants
from gen100.thesis.forensics.facts import ImageSetFacts, read_forensics, write_forensics_csv
from gen100.thesis.forensics.image_sets import ImageSet, first_cells
from gen100.thesis.forensics.mistakes import CORRECT, MISTAKES, MetricPipeline
from gen100.thesis.forensics.report import as_markdown
from gen100.thesis.forensics.runner import PipelineRunner
from gen100.thesis.forensics.search import on_inception_scale, write_forensics
from support.archives import archive_contents, pack
from support.made_up_forensics import made_up_facts, result, samples
from support.tiny_metrics import draw, save_tiny_network

CELLS = ["stylegan2-hinge-1024", "vae-elbo-128", "vae-wae-128"]
REPORTS = ("forensics.csv", "forensics.en.md", "forensics.uk.md")


def test_inceptions_scale(tmp_path: Path) -> None:
    save_tiny_network(tmp_path / "metric.safetensors")
    of, reference = (
        ImageSet(ImageSetFacts(images="samples"), images) for images in (draw(60, 2, high=120), draw(60, 1))
    )
    runner = PipelineRunner(ClassifierVariants(tmp_path / "metric.safetensors"), reference, torch.device("cpu"))
    fid = runner.distance(CORRECT, of)
    assert on_inception_scale(runner, CORRECT, of, fid, 2 * fid) == pytest.approx((125, 250))
    root = MetricPipeline(distance="root")
    assert on_inception_scale(runner, root, of, fid**0.5, 2 * fid) == pytest.approx((125**0.5, 250**0.5))
    pixels = MetricPipeline(layer="pixels 255")
    assert on_inception_scale(runner, pixels, of, 77.0, 2 * fid) == (77.0, 77.0)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory, demo_params: dict[str, Any]) -> Path:
    """A workspace with images at random instead of samples."""
    folder = tmp_path_factory.mktemp("forensics")
    data = {"synthetic": {"train": 200, "test": 100}}
    params = demo_params | {"cells": CELLS, "seeds": [4], "data": data}
    (folder / "params.yaml").write_text(yaml.safe_dump(params))
    contents = archive_contents()
    for split, seed in (("train", 1), ("test", 2)):
        records = np.frombuffer(contents[f"{split}.bin"], np.uint8).reshape(-1, 3074).copy()
        records[:, 2:] = draw(len(records), seed).reshape(len(records), -1)
        contents[f"{split}.bin"] = records.tobytes()
    pack(folder / "archive.tar.gz", contents)
    prepare(
        folder / "archive.tar.gz", folder / layout.ARRAYS, DataFacts(name="synthetic", train=200, test=100, seed=0)
    )
    (folder / "data/extractors").mkdir()
    save_tiny_network(folder / layout.extractor("metric"))
    for seed, cell in enumerate(CELLS):
        run = folder / layout.run(cell, 4)
        run.mkdir(parents=True)
        np.save(run / "samples.npy", draw(120, 10 + seed, high=100 + 50 * seed))
        (run / "run.json").write_text(json.dumps({"images_seen": 2_000}))
    return folder


def test_the_stage_from_end_to_end(made: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(made)
    params = load_params()
    assert [str(cell) for cell in first_cells(params)] == ["stylegan2-hinge-1024", "vae-elbo-128"]
    # Cells that the thesis has not move no verdict on it.
    more = params.model_copy(update={"cells": ["stylegan2-hinge-256", "dalle-mse-512", *params.cells]})
    assert first_cells(more) == first_cells(params)
    write_forensics(params)
    first = {name: (layout.FORENSICS.parent / name).read_bytes() for name in REPORTS}
    rows = list(csv.DictReader(first["forensics.csv"].decode().splitlines()))
    correct = [row for row in rows if row["mistake"] == "none"]
    assert [(row["images"], row["split"], row["cell"], row["seed"]) for row in correct] == [
        ("real", "test", "", ""),
        ("samples", "", "stylegan2-hinge-1024", "4"),
        ("samples", "", "vae-elbo-128", "4"),
    ]
    assert {(row["count"], row["reference_count"], row["data_name"], row["data_train"]) for row in rows[:3]} == {
        ("100", "200", "synthetic", "200")
    }
    assert {row["extractor_accuracy"] for row in rows} == {"0.4812"}
    tried = {row["mistake"] for row in rows}
    # On synthetic images an untrained Inception is not tried, and this network does not resize.
    left_out = {"untrained_keras", "untrained_torchvision", "small"}
    assert tried == {"none"} | {mistake.name for mistake in MISTAKES} - left_out
    for row in rows:
        assert row["prints_100"] == str(f"{float(row['inception_score']):.2f}" == "1.00")
    assert {row["explains"] for row in rows if row["mistake"] == "split_each"} <= {"IS", "both"}
    (noise,) = (row for row in rows if row["mistake"] == "noise")
    assert float(noise["fid_over_noise"]) == 1
    for language, word in (("en", "synthetic data, short run"), ("uk", "синтетичні дані (synthetic)")):
        text = first[f"forensics.{language}.md"].decode()
        assert word in text.splitlines()[0]
        assert text.count("\n| ") >= len(tried)
    ukrainian = first["forensics.uk.md"].decode()
    assert "пояснює IS" in ukrainian
    assert "images.astype('uint8')" in ukrainian
    assert "Дані: синтетична заміна (200 навчальних зображень, зерно 0)" in ukrainian
    # All that the report says is in the file.
    assert as_markdown(read_forensics()).encode() == first["forensics.en.md"]

    shutil.rmtree(made / "reports")
    write_forensics(params)
    assert {name: (layout.FORENSICS.parent / name).read_bytes() for name in REPORTS} == first


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (lambda file: file.unlink(), "run stage sample vae-elbo-128 4"),
        (lambda file: np.save(file, np.zeros((9, 32, 32, 3))), "uint8 images"),
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


def test_facts_come_back_from_their_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    pair = result("unit_cast logits", "IS", *samples((1.0, 1200.0), (1.0, None)))
    facts = made_up_facts(result("unit_cast", "both", *samples((1.0, 1000.5))), pair)
    write_forensics_csv(facts)
    assert read_forensics() == facts


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (lambda _: None, "is missing: run stage forensics"),
        (lambda text: text[:100], "is damaged or of another version"),
        (lambda text: text.replace("noise", "of_another_version"), "is damaged or of another version"),
        (lambda text: text.replace(",neither,", ",all,"), "is damaged or of another version"),
        (lambda text: text.replace(",9.0,", ",many,"), "is damaged or of another version"),
    ],
    ids=["missing", "cut", "mistake", "explains", "number"],
)
def test_a_damaged_file_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, damage: Callable[[str], str | None], said: str
) -> None:
    monkeypatch.chdir(tmp_path)
    write_forensics_csv(made_up_facts())
    file = layout.FORENSICS.with_suffix(".csv")
    text = damage(file.read_text())
    file.unlink() if text is None else file.write_text(text)
    with pytest.raises(UserError, match=rf"reports/forensics\.csv {said}"):
        read_forensics()


def test_markdown_shows_titles_letter_by_letter() -> None:
    text = as_markdown(made_up_facts(result("diagonal", "neither", *samples((2.0, 10.0)))))
    assert "root of S1 \\* S2" in text
    assert "samples in [0, 1]" in text
    lines = [line for line in text.splitlines() if line.startswith("| ")]
    assert {line.replace("\\|", "").count("|") for line in lines} == {10}
