"""Measures of how samples look, each relative to real images: colour, detail, artefacts."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
LUMA = (0.299, 0.587, 0.114)
"""Weights of red, green and blue (ITU-R BT.601)."""
CHUNK = 1000
RESAMPLES = 100


class Appearance(NamedTuple):
    """One measure of a run's samples, see `relative`, and its standard error over them, by bootstrap."""

    value: float
    error: float


def colourfulness(images: NDArray[np.uint8]) -> Floats:
    """How colourful each image is: 0 for grey, about 33 for moderately, 82 for highly colourful photographs.

    M = sqrt(var(rg) + var(yb)) + 0.3 sqrt(mean(rg)^2 + mean(yb)^2), with rg = R - G and yb = (R + G) / 2 - B
    (Hasler & Süsstrunk 2003, equations 1 to 4).

    Args:
        images: N x 3 x H x W.

    Returns:
        N values, in 8-bit levels.
    """
    red, green, blue = images.astype(np.float64).transpose(1, 0, 2, 3)
    opponents = np.stack([red - green, (red + green) / 2 - blue]).reshape(2, len(images), -1)
    return np.sqrt(opponents.var(2).sum(0)) + 0.3 * np.sqrt((opponents.mean(2) ** 2).sum(0))


def spectrum(images: NDArray[np.uint8]) -> Floats:
    """The power of each image's luma by spatial frequency, averaged over directions.

    Args:
        images: N x 3 x S x S.

    Returns:
        N x S/2: column k - 1 is the mean of |DFT|^2 over frequencies that round to k cycles per image, up to the
        Nyquist frequency S/2. The mean brightness (frequency 0) is left out.
    """
    luma = np.tensordot(images.astype(np.float64), np.array(LUMA), axes=([1], [0]))
    power = np.abs(np.fft.fft2(luma)) ** 2
    side = images.shape[-1]
    steps = np.fft.fftfreq(side, 1 / side)
    radius = np.rint(np.hypot(steps[:, None], steps[None])).astype(int)
    bands = [power[:, radius == k].mean(1) for k in range(1, side // 2 + 1)]
    return np.stack(bands, axis=1)


def features(images: NDArray[np.uint8]) -> Floats:
    """Colourfulness, then the spectrum, of each image: N x (1 + S/2)."""
    chunks = [images[start : start + CHUNK] for start in range(0, len(images), CHUNK)]
    return np.concatenate([np.column_stack([colourfulness(part), spectrum(part)]) for part in chunks])


def relative(means: Floats, real: Floats) -> dict[str, Floats]:
    """Mean features of samples relative to those of real images.

    `colour`: ratio of colourfulness. `detail`: ratio of power in the upper half of the spectrum; below 1 images
    are blurred. `artefacts`: mean absolute difference of the two spectra's logarithms (base 10) in that half, 0
    for real images; upsampling leaves its traces there (Durall et al. 2020).

    Args:
        means: ... x (1 + K).
        real: 1 + K.
    """
    start = 1 + (len(real) - 1) // 2
    upper, whole = means[..., start:], real[start:]
    floor = np.finfo(float).tiny  # samples of one flat colour have no power at all
    return {
        "colour": means[..., 0] / real[0],
        "detail": upper.sum(-1) / whole.sum(),
        "artefacts": np.abs(np.log10(np.maximum(upper, floor) / whole)).mean(-1),
    }


def measure_appearance(images: NDArray[np.uint8], real: Floats) -> dict[str, Appearance]:
    """Every measure of a run's samples.

    Args:
        images: N x 3 x S x S samples.
        real: mean `features` of real images, 1 + S/2 values.
    """
    found = features(images)
    random = np.random.default_rng(len(found))
    weights = random.multinomial(len(found), np.full(len(found), 1 / len(found)), RESAMPLES) / len(found)
    values, spread = relative(found.mean(0), real), relative(weights @ found, real)
    return {name: Appearance(float(values[name]), float(np.std(spread[name], ddof=1))) for name in values}
