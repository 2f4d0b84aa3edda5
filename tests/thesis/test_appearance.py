"""Measures of appearance: against closed forms, and on images made to look so."""

import numpy as np
import pytest

from gen100.thesis.claims.appearance import colourfulness, features, measure_appearance, spectrum
from support.made_up import pictures


def flat(*colours: tuple[int, int, int]) -> np.ndarray:
    """Images whose rows show these colours in turn."""
    rows = np.array([colours[row % len(colours)] for row in range(32)], np.uint8)
    return np.broadcast_to(rows.T[None, :, :, None], (2, 3, 32, 32)).copy()


def test_colourfulness_in_closed_form() -> None:
    grey = np.repeat(np.random.default_rng(0).integers(0, 256, (3, 1, 32, 32), dtype=np.uint8), 3, axis=1)
    assert colourfulness(grey) == pytest.approx(np.zeros(3))
    # One colour: no spread, and the mean of (100 - 0, 50 - 0).
    assert colourfulness(flat((100, 0, 0))) == pytest.approx(0.3 * np.hypot(100, 50))
    # Half red, half green: rg is 100 or -100, yb always 50.
    assert colourfulness(flat((100, 0, 0), (0, 100, 0))) == pytest.approx(100 + 0.3 * 50)


@pytest.mark.parametrize("cycles", [1, 5, 12, 16])
def test_a_wave_has_all_its_power_in_one_band(cycles: int) -> None:
    wave = np.round(100 + 50 * np.cos(2 * np.pi * cycles * np.arange(32) / 32)).astype(np.uint8)
    image = np.broadcast_to(wave, (1, 3, 32, 32))
    (found,) = spectrum(image)
    assert found.argmax() == cycles - 1
    rest = np.delete(found, cycles - 1)
    assert rest.sum() < 0.001 * found.max()  # rounding to 8 bits


def test_power_is_that_of_parseval() -> None:
    images = np.random.default_rng(1).integers(0, 256, (1, 1, 32, 32), dtype=np.uint8).repeat(3, axis=1)
    steps = np.fft.fftfreq(32, 1 / 32)
    radius = np.rint(np.hypot(steps[:, None], steps))
    power = np.abs(np.fft.fft2(images[0, 0].astype(float))) ** 2
    assert power.sum() / 32**2 == pytest.approx((images[0, 0].astype(float) ** 2).sum())
    assert spectrum(images)[0] == pytest.approx([power[radius == k].mean() for k in range(1, 17)])


def test_measures_are_relative_to_real_images() -> None:
    real = features(pictures(1500, 1, 1, 0)).mean(0)  # more than one chunk
    equal = measure_appearance(pictures(500, 1, 1, 1), real)
    assert equal["colour"].value == pytest.approx(1, abs=0.05)
    assert equal["detail"].value == pytest.approx(1, abs=0.05)
    assert equal["artefacts"].value < 0.02
    assert measure_appearance(pictures(500, 0.2, 1, 2), real)["detail"].value < 0.2
    assert measure_appearance(pictures(500, 1, 0.1, 3), real)["colour"].value < 0.3
    assert measure_appearance(pictures(500, 2, 1, 4), real)["artefacts"].value > 0.3
    grey = measure_appearance(np.full((5, 3, 32, 32), 128, np.uint8), real)
    assert (grey["colour"].value, grey["detail"].value) == (0, 0)
    assert np.isfinite(grey["artefacts"].value)


def test_errors_are_those_of_samples() -> None:
    real = features(pictures(500, 1, 1, 0)).mean(0)
    found = [measure_appearance(pictures(100, 1, 1, seed), real) for seed in range(1, 31)]
    for name in ("colour", "detail"):
        spread = np.std([one[name].value for one in found], ddof=1)
        assert np.mean([one[name].error for one in found]) == pytest.approx(spread, rel=0.4)
