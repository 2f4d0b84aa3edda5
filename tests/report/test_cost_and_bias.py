"""The figures of cost and bias."""

import io
import re
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure

from gen100 import i18n, layout
from gen100.cells import Cell
from gen100.families.registry import FAMILIES
from gen100.families.vae import VaeFamily
from gen100.report.bias import draw_bias
from gen100.report.cost import LABEL_ROOM, LABEL_SIZE, draw_cost, hours, spaced
from gen100.report.reference import read_levels, read_provenance
from gen100.report.results import read_results
from gen100.report.style import colour, localize, marker, read_caption, shortened, styled
from support.made_up import CELLS, OWN, Cellular, World

COST, BIAS = (layout.plot(name, "en") for name in ("cost", "bias"))


class FlowFamily(VaeFamily):
    """A fifth family, with four losses."""

    name = "flow"
    title = "Flow"
    losses = {"one": "One", "two": "Two", "three": "Three", "four": "Four"}  # noqa: RUF012


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def small(**settings: object) -> World:
    world = World(seeds=(0, 1), images_seen=20_000, **settings)  # pyright: ignore[reportArgumentType]
    chosen = ("vae-elbo-128", "vae-elbo-2048", "dalle-mse-128")
    world.cells = {cell: made for cell, made in world.cells.items() if str(cell) in chosen}
    return world


def draw(language: str = "en") -> None:
    results, levels, facts = read_results(), read_levels(), read_provenance()
    with i18n.language(language), styled():
        draw_cost(results, levels, facts, layout.plot("cost", language))
        draw_bias(results, levels, facts, layout.plot("bias", language))


def told(file: Path) -> set[str]:
    """The texts of a figure: each stands in a comment above its outlines."""
    return set(re.findall(r"<!-- +(.*?) +-->", file.read_text(encoding="utf-8")))


def test_hours_count_the_autoencoder() -> None:
    assert hours({"seconds": 1800.0, "autoencoder_seconds": 900.0}) == 0.75
    assert hours({"seconds": 1800.0, "autoencoder_seconds": None}) == 0.5


def test_labels_are_moved_apart_no_more_than_needed() -> None:
    assert spaced([0.1, 0.5, 0.9], 0.1) == pytest.approx([0.1, 0.5, 0.9])
    assert spaced([0.5, 0.5, 0.5], 0.1) == pytest.approx([0.4, 0.5, 0.6])
    assert spaced([0.0, 0.0, 0.9], 0.2) == pytest.approx([0, 0.2, 0.9])
    assert spaced([1.0, 1.0], 0.3) == pytest.approx([0.7, 1])


def test_labels_that_do_not_fit_share_the_height() -> None:
    assert spaced([0.5] * 5, 0.5) == pytest.approx([0, 0.25, 0.5, 0.75, 1])


def test_series_differ_in_colour_or_marker() -> None:
    assert len({(colour(number), marker(number)) for number in range(42)}) == 42


def test_captions_tell_every_cell_and_admit_what_they_rest_on() -> None:
    small(extractor=OWN).write()
    draw()
    cost, bias = read_caption(COST), read_caption(BIAS)
    for caption in (cost, bias):
        assert caption.title.endswith("— short run")
        assert "FD (CIFAR-100 network)" in caption.alt
    results = read_results()
    for cell in ("vae-elbo-128", "vae-elbo-2048", "dalle-mse-128"):
        runs = [row for row in results if row["cell"] == cell]
        fid, time = np.mean([row["fid"] for row in runs]), np.mean([hours(row) for row in runs])
        name = f"{Cell.parse(cell).title} {runs[0]['latent_size']}"
        assert f"{name}: {time:.3g} h, {fid:.1f}" in cost.alt
        limit, error = np.mean([row["fid_limit"] for row in runs]), np.hypot(*(row["fid_se"] for row in runs)) / 2
        assert f"{name}: {fid:.1f} at 100, limit {limit:.1f} ± {error:.1f}" in bias.alt
    assert "real images 3.0" in cost.alt
    assert "score 3.0" in bias.alt
    first = [file.read_bytes() for file in (COST, BIAS)]
    draw()
    assert [file.read_bytes() for file in (COST, BIAS)] == first


def test_each_language_has_figures_of_its_own() -> None:
    small(extractor=OWN).write()
    draw("uk")
    for name in ("cost", "bias"):
        caption = read_caption(layout.plot(name, "uk"))  # pyright: ignore[reportArgumentType]
        assert caption.title.endswith("— короткий прогін")
        assert "справжні зображення 3,0" in caption.alt or "мають 3,0" in caption.alt
        assert not layout.plot(name, "en").exists()  # pyright: ignore[reportArgumentType]


def points(file: Path) -> int:
    """Uses of markers in a figure, in the colour of VAE."""
    tree = ElementTree.parse(file)
    uses = tree.iter("{http://www.w3.org/2000/svg}use")
    return sum("#0072b2" in use.get("style", "").lower() for use in uses)


def test_a_cell_more_is_a_point_more() -> None:
    world = small()
    world.write()
    draw()
    before = points(COST)
    table = pd.read_csv("reports/results.csv")
    table[table["cell"] != "vae-elbo-2048"].to_csv("reports/results.csv", index=False)
    draw()
    assert points(COST) < before
    assert "2048" not in read_caption(COST).alt


def test_one_seed_has_no_interval() -> None:
    world = small()
    world.seeds = (0,)
    world.write()
    draw()
    assert COST.exists()
    assert BIAS.exists()


def test_runs_of_equal_cost_have_an_axis() -> None:
    world = small()
    world.write()
    pd.read_csv("reports/results.csv").assign(seconds=12.5, autoencoder_seconds=0.0).to_csv("reports/results.csv")
    draw()
    assert read_caption(COST).alt.count(": 0.00347 h") == 3


def test_a_fifth_family_with_a_fourth_loss_has_a_panel(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(FAMILIES, "flow", FlowFamily())
    world = World(seeds=(0,))
    world.cells |= {
        Cell("flow", loss, latent): Cellular() for loss in FlowFamily.losses for latent in (64, 128, 256)
    }
    world.write()
    draw()
    for caption in (read_caption(COST), read_caption(BIAS)):
        assert all(f"Flow, {title} {latent}: " in caption.alt for title in ("One", "Four") for latent in (64, 256))
        assert "StyleGAN2, Hinge 1024: " in caption.alt


def test_a_title_with_dollars_is_no_formula(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(FlowFamily, "title", "$x$ or $y$")
    monkeypatch.setattr(FlowFamily, "losses", {"one": "$1$"})
    monkeypatch.setitem(FAMILIES, "flow", FlowFamily())
    world = World(seeds=(0,))
    world.cells = {Cell("flow", "one", latent): Cellular() for latent in (64, 128)}
    world.write()
    draw()
    for file, shown in ((COST, "$x$ or $y$, $1$ 64"), (BIAS, "$x$ or $y$")):
        assert shown in told(file)
        # Variables of formulas are italic.
        assert "Oblique" not in file.read_text(encoding="utf-8")


def test_numbers_along_a_logarithmic_axis_stay_formulas() -> None:
    with styled():
        figure = Figure()
        axes = figure.add_subplot(yscale="log", title="$x$", xlabel="$y$")
        axes.plot([1, 2], [1, 1e6], label="$z$")
        axes.legend()
        localize(figure)
        content = io.StringIO()
        figure.savefig(content, format="svg")
    assert r"$\mathdefault{10^{6}}$" in content.getvalue()
    assert "<!-- $x$ -->" in content.getvalue()
    assert "Oblique" not in content.getvalue()


def test_a_long_title_ends_before_the_next_panel(monkeypatch: pytest.MonkeyPatch) -> None:
    losses = {"one": "an objective of many terms", "two": "Two"}
    monkeypatch.setattr(FlowFamily, "losses", losses)
    monkeypatch.setattr(FlowFamily, "title", "Conditional normalizing flow")
    monkeypatch.setitem(FAMILIES, "flow", FlowFamily())
    world = small()
    world.cells |= {Cell("flow", loss, latent): Cellular() for loss in losses for latent in (64, 128)}
    world.write()
    draw()
    # Both losses can be told apart.
    names = {text for text in told(COST) if text.startswith("Condit")}
    assert len(names) == 4
    assert all(re.fullmatch(r"Condit[^ ]*….*(terms|Two) (64|128)", name) for name in names)
    # The figure itself says the title in full.
    assert "Conditional normalizing flow, an objective of many terms 64: " in read_caption(COST).alt
    titles = {cell.title for cell in CELLS}
    assert {title for title in titles if shortened(title, LABEL_ROOM, LABEL_SIZE) != title} == set()


def test_a_text_is_shortened_to_its_room() -> None:
    assert shortened("wide", 5, 10) == "wide"
    assert shortened("a name, and more", 0.7, 10) == "a na…ore"
    assert shortened("wide", 0, 10) == "…"
