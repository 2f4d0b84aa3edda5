"""The figures of cost and bias."""

from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pandas as pd
import pytest

from gen100.cells import Cell
from gen100.report.cost_and_bias import BIAS, COST, fit, hours, spaced, write_trade
from gen100.report.results import read_results
from gen100.report.style import read_caption
from support.made_up import World


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def small(**settings: object) -> World:
    world = World(seeds=(0, 1), images_seen=20_000, **settings)  # pyright: ignore[reportArgumentType]
    chosen = ("vae-elbo-128", "vae-elbo-2048", "dalle-mse-128")
    world.cells = {cell: made for cell, made in world.cells.items() if str(cell) in chosen}
    return world


def test_hours_count_the_autoencoder() -> None:
    assert hours({"seconds": 1800.0, "autoencoder_seconds": 900.0}) == 0.75
    assert hours({"seconds": 1800.0, "autoencoder_seconds": None}) == 0.5


def test_fit_finds_the_line_and_its_limit() -> None:
    counts = np.array([400, 500, 667, 1000, 2000])
    assert fit(counts.tolist(), (20 + 3000 / counts).tolist()) == pytest.approx((3000, 20))


def test_places_are_moved_apart_no_more_than_needed() -> None:
    assert spaced([0.1, 0.5, 0.9], 0.1) == pytest.approx([0.1, 0.5, 0.9])
    assert spaced([0.5, 0.5, 0.5], 0.1) == pytest.approx([0.4, 0.5, 0.6])
    assert spaced([0.0, 0.0, 0.9], 0.2) == pytest.approx([0, 0.2, 0.9])
    assert spaced([1.0, 1.0], 0.3) == pytest.approx([0.7, 1])


def test_figures_tell_every_cell_and_admit_what_they_rest_on() -> None:
    small(extractor="FD, CIFAR-100 network (seed 1, test accuracy 47.2%)").write()
    write_trade(None)  # pyright: ignore[reportArgumentType]
    cost, bias = read_caption(COST), read_caption(BIAS)
    for caption in (cost, bias):
        assert caption.title["en"].endswith("— short run")
        assert caption.title["uk"].endswith("— короткий прогін")
        assert "FD (CIFAR-100 network)" in caption.alt
    results = read_results()
    for cell in ("vae-elbo-128", "vae-elbo-2048", "dalle-mse-128"):
        runs = [row for row in results if row["cell"] == cell]
        fid, time = np.mean([row["fid"] for row in runs]), np.mean([hours(row) for row in runs])
        name = f"{Cell.parse(cell).title} {runs[0]['latent_size']}"
        assert f"{name}: {time:.3g} h, {fid:.1f}" in cost.alt
        assert f"{name}: {fid:.1f} at 100, limit {np.mean([row['fid_limit'] for row in runs]):.1f}" in bias.alt
    assert "real images 3.0" in cost.alt
    assert "score 3.0" in bias.alt
    first = [file.read_bytes() for file in (COST, BIAS)]
    write_trade(None)  # pyright: ignore[reportArgumentType]
    assert [file.read_bytes() for file in (COST, BIAS)] == first


def points(file: Path) -> int:
    """Uses of markers in a figure, in the colour of VAE."""
    tree = ElementTree.parse(file)
    uses = tree.iter("{http://www.w3.org/2000/svg}use")
    return sum("#0072b2" in use.get("style", "").lower() for use in uses)


def test_a_cell_more_is_a_point_more() -> None:
    world = small()
    world.write()
    write_trade(None)  # pyright: ignore[reportArgumentType]
    before = points(COST)
    table = pd.read_csv("reports/results.csv")
    table[table["cell"] != "vae-elbo-2048"].to_csv("reports/results.csv", index=False)
    write_trade(None)  # pyright: ignore[reportArgumentType]
    assert points(COST) < before
    assert "2048" not in read_caption(COST).alt


def test_one_seed_has_no_interval() -> None:
    world = small()
    world.seeds = (0,)
    world.write()
    write_trade(None)  # pyright: ignore[reportArgumentType]
    assert COST.exists()
    assert BIAS.exists()
