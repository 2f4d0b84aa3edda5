"""Generated images next to training images of the same classes, pixel for pixel."""

from pathlib import Path
from textwrap import wrap

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from numpy.typing import NDArray

from gen100.data.arrays import Cifar100
from gen100.report.style import Caption, save, styled

SIDE = 8
"""Images along each side of a grid."""
MARGIN = 36
"""Pixels around a sheet of images."""

Images = NDArray[np.uint8]


def mosaic(images: Images, columns: int = SIDE, scale: int = 2, gap: int = 2) -> Images:
    """Lay images, N x 3 x 32 x 32, out row by row, each pixel as `scale` x `scale` equal pixels, on white.

    Returns:
        height x width x 3, uint8; places after the last image stay white.
    """
    count, channels, height, width = images.shape
    rows, tall, wide = -(-count // columns), height * scale + gap, width * scale + gap
    tiles = np.full((rows * columns, tall, wide, channels), 255, dtype=np.uint8)
    tiles[:count, : tall - gap, : wide - gap] = images.transpose(0, 2, 3, 1).repeat(scale, 1).repeat(scale, 2)
    sheet = tiles.reshape(rows, columns, tall, wide, channels).swapaxes(1, 2)
    return sheet.reshape(rows * tall, columns * wide, channels)[: rows * tall - gap, : columns * wide - gap]


def spread(labels: NDArray[np.integer], count: int = SIDE * SIDE) -> NDArray[np.intp]:
    """Indices of at most `count` images whose classes are as many and as evenly spread as there are.

    Class comes before repetition: the first image of each class is taken before the second of any.
    """
    repetition = pd.Series(labels).groupby(labels).cumcount()
    rounds = np.lexsort((labels, repetition))
    first = min(len(rounds), max(count, len(np.unique(labels))))
    count = min(count, first)
    return rounds[np.arange(count) * first // count] if count else rounds


def examples(images: Images, labels: NDArray[np.integer], wanted: NDArray[np.integer]) -> Images:
    """One image for each wanted class, another one each time a class comes again.

    Args:
        images: N x 3 x 32 x 32, with their N `labels`.
        wanted: M classes; each must occur in `labels`.

    Returns:
        M x 3 x 32 x 32.
    """
    places = {int(label): np.flatnonzero(labels == label) for label in np.unique(wanted)}
    repetition = pd.Series(wanted).groupby(wanted).cumcount()
    pairs = zip(wanted.tolist(), repetition, strict=True)
    return images[np.array([places[label][nth % len(places[label])] for label, nth in pairs], dtype=np.intp)]


def write_grid(samples: Images, labels: NDArray[np.integer], real: Cifar100, target: Path, title: str) -> None:
    """Write one PNG: up to 8 x 8 generated images, and training images of the same classes on the right.

    `samples` are N x 3 x 32 x 32, uint8, and have N `labels`; the `title` stands above both and inside the file.
    """
    chosen = spread(labels)
    sheets = {
        "generated": mosaic(samples[chosen]),
        "training images": mosaic(examples(real.train_images, real.train_labels, labels[chosen])),
    }
    alt = f"{len(chosen)} generated images; on the right, training images of the same classes."
    save_sheets(sheets, Caption(title, alt), wrap(title, 58), target)


def save_sheets(sheets: dict[str, Images], caption: Caption, said: list[str], target: Path) -> None:
    """Write one PNG of sheets of equal size side by side, pixel for pixel, each below its heading, and all below
    the lines `said`."""
    dpi, margin, head = 200, MARGIN, 80 + 36 * len(said)
    height, width = next(iter(sheets.values())).shape[:2]
    total_width, total_height = len(sheets) * (width + margin) + margin, height + head + margin
    with styled():
        figure = Figure(figsize=(total_width / dpi, total_height / dpi), dpi=dpi)
        for place, (heading, sheet) in enumerate(sheets.items()):
            left = margin + place * (width + margin)
            figure.figimage(sheet, left, margin, origin="upper")
            top = (margin + height + 10) / total_height
            figure.text(left / total_width, top, heading, fontsize=9, va="bottom")
        start = margin / total_width, 1 - 22 / total_height
        figure.text(*start, "\n".join(said), fontsize=9.5, weight="bold", va="top")
        save(figure, target, caption)
