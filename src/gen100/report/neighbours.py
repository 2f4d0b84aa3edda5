"""Samples next to their nearest training images: memorization would show here."""

from pathlib import Path
from textwrap import wrap

import numpy as np
from PIL import Image

from gen100.data.arrays import Cifar100
from gen100.errors import UserError
from gen100.report.grid import MARGIN, Images, mosaic, save_sheets
from gen100.report.records import reading
from gen100.report.style import Caption

ROWS, COLUMNS = 8, 6
"""Pairs in the picture."""
SCALE, GAP, PAIR_GAP = 2, 2, 24
"""Pixels: of a pixel, between the images of a pair, between pairs."""


def write_neighbours(
    samples: Images, distances: np.ndarray, places: np.ndarray, real: Cifar100, target: Path, title: str
) -> None:
    """Write one PNG: the samples closest to a training image of `real`, each with that image to its right.

    Args:
        samples: N x 3 x 32 x 32, uint8.
        distances, places: N, of each sample: how far its nearest training image is among features, and which.
        title: said above; the file also carries it inside.
    """
    closest = np.argsort(distances, kind="stable")[: ROWS * COLUMNS]
    shown = np.stack([samples[closest], real.train_images[places[closest]]], axis=1)
    pairs = np.stack([mosaic(pair, columns=2, scale=SCALE, gap=GAP) for pair in shown])
    sheet = mosaic(pairs.transpose(0, 3, 1, 2), COLUMNS, scale=1, gap=PAIR_GAP)
    alt = (
        f"The {len(pairs)} of {len(samples):,} generated images that are closest to a training image, each with"
        f" that image to its right; distances among features from {distances[closest[0]]:.3g} to"
        f" {distances[closest[-1]]:.3g}."
    )
    heading = "samples, each left of its nearest training image; closest first"
    save_sheets({heading: sheet}, Caption(title, alt), wrap(title, 56), target)


def read_pairs(file: Path, rows: int) -> Images:
    """The first `rows` of pairs out of a picture of `write_neighbours`, each pixel once: height x width x 3,
    uint8. UserError where the file is missing, or is another picture."""
    side = 32 * SCALE
    height = ROWS * (side + PAIR_GAP) - PAIR_GAP
    width = COLUMNS * (2 * side + GAP + PAIR_GAP) - PAIR_GAP
    with reading(file, "run stage evaluate for its run"), Image.open(file) as image:
        pixels = np.asarray(image.convert("RGB"))
    if pixels.shape[0] < height + MARGIN or pixels.shape[1] != width + 2 * MARGIN:
        raise UserError(
            f"{file} is not a picture of nearest training images: run stage evaluate for its run again"
        )
    top, shown = pixels.shape[0] - MARGIN - height, rows * (side + PAIR_GAP) - PAIR_GAP
    return pixels[top : top + shown : SCALE, MARGIN : MARGIN + width : SCALE]
