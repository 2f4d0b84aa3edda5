"""Grids, figures of families and theory figures."""

import re
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from gen100 import i18n, layout
from gen100.data.arrays import load
from gen100.errors import UserError
from gen100.families.registry import FAMILIES
from gen100.families.stable_diffusion.betas import alpha_bars
from gen100.report.figures import write_figures
from gen100.report.grid import examples, mosaic, spread, write_grid
from gen100.report.loss_graph import choose_scale, loss_names
from gen100.report.neighbours import write_neighbours
from gen100.report.results import aggregate
from gen100.report.style import read_caption
from gen100.thesis import theory
from gen100.thesis.cells import figure_title
from gen100.thesis.stages import THEORY_NAMES
from gen100.thesis.theory import descent
from gen100.thesis.theory.activations import pre_activations, sigmoid_slope, steep_until
from gen100.thesis.theory.diffusion import reverse, reverse_mean
from support.made_up import OWN
from support.report_workspace import make_workspace

CELLS = ["vae-elbo-128", "vae-wae-512", "stylegan2-hinge-128"]


@pytest.fixture(scope="module")
def reported(tmp_path_factory: pytest.TempPathFactory):
    """A workspace with all reports, and the bytes of its first figures."""
    folder = tmp_path_factory.mktemp("workspace")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        params = make_workspace(folder, CELLS, seeds=(0, 1))
        aggregate(params)
        write_figures(params, figure_title)
        theory.write_theory()
        first = {file.name: file.read_bytes() for file in layout.FIGURES.iterdir()}
        yield params, first


def test_mosaic_repeats_every_pixel() -> None:
    images = np.random.default_rng(0).integers(0, 255, (5, 3, 32, 32), dtype=np.uint8)
    sheet = mosaic(images, columns=3, scale=2, gap=2)
    assert sheet.shape == (2 * 64 + 2, 3 * 64 + 2 * 2, 3)
    np.testing.assert_array_equal(sheet[66 : 66 + 64 : 2, 66 : 66 + 64 : 2], images[4].transpose(1, 2, 0))
    np.testing.assert_array_equal(sheet[1:64:2, 1:64:2], images[0].transpose(1, 2, 0))
    assert (sheet[66:, 132:] == 255).all()


@pytest.mark.parametrize("language", i18n.LANGUAGES)
def test_nothing_runs_out_of_a_figure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, language: str) -> None:
    """However long the network's name is, as it is where it learned from synthetic images."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(i18n, "LANGUAGES", (language,))
    extractor = OWN.model_copy(update={"synthetic": True})
    params = make_workspace(tmp_path, ["dalle-cross_entropy-128"], seeds=(0, 1), extractor=extractor)
    aggregate(params)
    write_figures(params, figure_title)
    with Image.open(layout.family_figure("dalle", language)) as opened:
        picture = np.asarray(opened.convert("RGB"))
    assert (picture[:, :20] == 255).all()
    assert (picture[:, -20:] == 255).all()


def test_spread_takes_classes_before_repetitions() -> None:
    labels = np.arange(500) % 100
    chosen = spread(labels, 64)
    assert len(set(labels[chosen])) == 64
    assert labels[chosen].max() >= 98
    few = np.array([7, 7, 7, 3])
    assert sorted(few[spread(few, 3)]) == [3, 7, 7]
    assert sorted(spread(few, 64)) == [0, 1, 2, 3]


@pytest.mark.usefixtures("reported")
def test_neighbours_stand_right_of_the_closest_samples(tmp_path: Path) -> None:
    real = load(layout.ARRAYS)
    samples = np.zeros((60, 3, 32, 32), dtype=np.uint8)
    samples[:, 1] = np.arange(60)[:, None, None]
    distances, places = np.linspace(9, 3, 60), np.arange(60) + 100
    for name in ("one.png", "other.png"):
        write_neighbours(samples, distances, places, real, tmp_path / name, "A model: synthetic stand-in")
    assert (tmp_path / "one.png").read_bytes() == (tmp_path / "other.png").read_bytes()
    with Image.open(tmp_path / "one.png") as opened:
        picture = np.asarray(opened.convert("RGB"))
    # The closest is the last sample, pure green of 59, in the first place.
    top, left = np.argwhere((picture == [0, 59, 0]).all(axis=2)).min(axis=0)
    assert (picture[top : top + 64, left : left + 64] == [0, 59, 0]).all()
    neighbour = picture[top : top + 64 : 2, left + 66 : left + 130 : 2]
    np.testing.assert_array_equal(neighbour, real.train_images[159].transpose(1, 2, 0))
    caption = read_caption(tmp_path / "one.png")
    assert "synthetic" in caption.title
    assert "The 48 of 60 generated images" in caption.alt
    assert "from 3 to" in caption.alt


def test_examples_are_of_the_wanted_class_and_differ() -> None:
    images = np.arange(6, dtype=np.uint8)[:, None, None, None] * np.ones((1, 3, 32, 32), np.uint8)
    found = examples(images, np.array([0, 1, 0, 1, 2, 2]), np.array([2, 0, 2, 1]))
    assert found[:, 0, 0, 0].tolist() == [4, 0, 5, 1]


@pytest.mark.usefixtures("reported")
def test_grid_shows_generated_left_and_training_images_right() -> None:
    arrays = load(layout.ARRAYS)
    samples = 255 - arrays.train_images
    write_grid(samples, np.arange(200) % 100, arrays, Path("grid.png"), "VAE, ELBO: synthetic stand-in")
    with Image.open("grid.png") as image:
        pixels = np.asarray(image.convert("RGB"))
    left, right = pixels[:, : pixels.shape[1] // 2], pixels[:, pixels.shape[1] // 2 :]
    for half, source in ((left, samples), (right, arrays.train_images)):
        first = mosaic(source[:1], columns=1)
        windows = np.lib.stride_tricks.sliding_window_view(half, first.shape)[:, :, 0]
        assert (windows[..., 0, 0, :] == first[0, 0]).all(-1).any()
        rows, columns = np.nonzero((windows[..., 0, 0, :] == first[0, 0]).all(-1))
        assert any(np.array_equal(windows[r, c], first) for r, c in zip(rows, columns, strict=True))
    assert "synthetic" in read_caption(Path("grid.png")).title


def test_every_figure_is_there_once_per_language(reported) -> None:
    _, first = reported
    names = {f"{name}.{language}.svg" for name in ("cost", "bias", *THEORY_NAMES) for language in i18n.LANGUAGES}
    names |= {f"family_{name}.{language}.png" for name in ("vae", "stylegan2") for language in i18n.LANGUAGES}
    assert set(first) == names
    for name in first:
        caption = read_caption(layout.FIGURES / name)
        for text in (caption.title, caption.alt):
            assert text
            assert bool(re.search("[\u0400-\u04ff]", text)) == (".uk." in name)
    assert len({content for name, content in first.items() if name.startswith("figure_1_1")}) == 2


@pytest.mark.usefixtures("reported")
def test_captions_admit_what_the_figures_rest_on() -> None:
    title = read_caption(layout.family_figure("vae", "en")).title
    assert title == "Appendix A. Training and images generated with the VAE model — synthetic data, short run"
    title = read_caption(layout.family_figure("vae", "uk")).title
    assert title.startswith("Додаток А. Навчання та згенеровані зображення за допомогою моделі VAE — ")
    assert read_caption(layout.family_figure("stylegan2", "uk")).title.startswith("Додаток В. ")
    assert "synthetic" in read_caption(layout.FIGURES / "figure_2_8.en.svg").title


def test_a_family_outside_the_thesis_is_no_appendix(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(FAMILIES, "other", FAMILIES["vae"])
    assert figure_title("other") == "Training and images generated with the VAE model"


def test_figures_are_the_same_bytes_again(reported) -> None:
    params, first = reported
    write_figures(params, figure_title)
    theory.write_theory()
    assert {file.name: file.read_bytes() for file in layout.FIGURES.iterdir()} == first


def test_missing_samples_are_named(reported) -> None:
    params, _ = reported
    file = Path("results/vae-elbo-128/0/samples.npy")
    kept = file.read_bytes()
    file.unlink()
    try:
        with pytest.raises(UserError, match=r"samples\.npy is missing: run stage sample vae-elbo-128 0"):
            write_figures(params, figure_title)
    finally:
        file.write_bytes(kept)


def test_scales_follow_the_span() -> None:
    assert choose_scale(np.array([1.0, 2.0])) == "linear"
    assert choose_scale(np.array([1.0, 200.0, np.nan])) == "log"
    assert choose_scale(np.array([-1.0, 1.0, 0.5, 3.0])) == "linear"
    assert choose_scale(np.array([-1.0, 1.0, 0.5, 3000.0])) == "symlog"
    assert choose_scale(np.zeros(3)) == "linear"


def test_losses_are_called_as_the_family_says() -> None:
    assert loss_names("stylegan2") == ("generator", "discriminator")
    assert loss_names("vae") == ("training", "validation")
    with i18n.language("uk"):
        assert loss_names("vae") == ("навчання", "валідація")


N = np.arange(1, 51)
CLOSED_FORMS = {
    "plain": 0.1 * np.ones(50),
    "momentum": (1 - 0.9**N),
    "Nesterov": 0.1 + 0.9 * (1 - 0.9**N),
    "Adagrad": 0.05 / np.sqrt(N),
    "RMSProp": 0.05 / np.sqrt(1 - 0.99**N),
    "Adam": 0.05 * np.ones(50),
}
"""Lengths of the first 50 steps on a constant slope of 2, at the rate 0.05."""


@pytest.mark.parametrize("method", CLOSED_FORMS)
def test_update_rules_on_a_slope(method: str) -> None:
    path = descent.descend(lambda _: np.array([2.0, -2.0]), np.array([1.0, -3.0]), 50, descent.METHODS[method])
    assert np.array_equal(path[0], [1, -3])
    expected = np.outer(CLOSED_FORMS[method], [-1, 1])
    np.testing.assert_allclose(np.diff(path, axis=0), expected, atol=1e-7)


@pytest.mark.usefixtures("reported")
def test_steps_to_the_hollow() -> None:
    said = read_caption(layout.FIGURES / "figure_1_3.en.svg").alt
    assert said.endswith(
        "plain: over 1,000 steps, momentum: 139 steps, Nesterov: 136 steps, Adagrad: 926 steps, RMSProp: 13 steps,"
        " Adadelta: 163 steps, Adam: 65 steps, NAdam: 58 steps."
    )


@pytest.mark.usefixtures("reported")
def test_descents_end_in_the_minima_they_are_named_after() -> None:
    best, local = descent.wells_minima()
    assert descent.wells(np.array(best)) < descent.wells(np.array(local))
    assert f"end at x = {local:.2f}" in read_caption(layout.FIGURES / "figure_1_1.en.svg").alt
    assert f"end at x = {best:.2f}" in read_caption(layout.FIGURES / "figure_1_2.en.svg").alt


def test_steep_region_ends_where_the_slope_is_a_tenth() -> None:
    assert sigmoid_slope(np.array(steep_until(0.1))) == pytest.approx(0.025)
    assert abs(pre_activations().mean()) > 1


def test_reverse_step_is_the_posterior_mean_of_ddpm() -> None:
    kept = alpha_bars("linear", 1000)
    random = np.random.default_rng(0)
    image, now = random.normal(size=(2, 3, 32, 32))
    step = 300
    level, before = kept[step - 1], kept[step - 2]
    alpha = level / before
    # Ho et al. 2020, equation 7, in terms of x_0 and x_t.
    expected = (
        np.sqrt(before) * (1 - alpha) / (1 - level) * image + np.sqrt(alpha) * (1 - before) / (1 - level) * now
    )
    np.testing.assert_allclose(reverse_mean(now, image, kept, step), expected, atol=1e-10)
    end, middle = reverse(image, kept, random, (0, step))
    np.testing.assert_allclose(end, image, atol=1e-8)
    noise = (middle - np.sqrt(level) * image) / np.sqrt(1 - level)
    assert noise.std() == pytest.approx(1, abs=0.05)
