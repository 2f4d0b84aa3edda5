"""The images that every mistake is tried on."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gen100 import layout
from gen100.cells import Cell
from gen100.config import Params
from gen100.data.arrays import Cifar100
from gen100.report.records import advice, read_record
from gen100.report.samples import read_samples
from gen100.thesis.cells import NUMBERS
from gen100.thesis.forensics.facts import ImageSetFacts

SAMPLES = 1000
REFERENCE = 5000
"""At most: more images change a distance by far less than the printed ones are off."""
SEED = 0


@dataclass(frozen=True, eq=False)
class ImageSet:
    """Images, uint8, N x 3 x 32 x 32, and which they are."""

    facts: ImageSetFacts
    images: NDArray[np.uint8]


def first_cells(params: Params) -> list[Cell]:
    """The first of the thesis's cells of each family, in the order of params.yaml; of all where it has none."""
    found: dict[str, Cell] = {}
    cells = [Cell.parse(text) for text in params.cells]
    for cell in [cell for cell in cells if cell in NUMBERS] or cells:
        found.setdefault(cell.family, cell)
    return list(found.values())


def _samples(cell: Cell, seed: int) -> ImageSet:
    file = layout.run(cell, seed) / "run.json"
    seen = read_record(file, ["images_seen"], [], advice("train", str(cell), seed))["images_seen"]
    facts = ImageSetFacts(images="samples", cell=str(cell), seed=seed, images_seen=seen)
    return ImageSet(facts, read_samples(cell, seed))


def _some(found: ImageSet, count: int) -> ImageSet:
    """Some of the images in random order: a data set may be sorted by class."""
    order = np.random.default_rng(SEED).permutation(len(found.images))[:count]
    return ImageSet(found.facts, found.images[order])


def workspace_images(params: Params, data: Cifar100) -> tuple[ImageSet, list[ImageSet], dict[str, ImageSet]]:
    """The images of a workspace.

    Returns:
        The reference, real images of the split that everything is compared with; the sets that are measured, real
        images of the other split, then samples of the first run of each family; and what replaces samples, noise
        and one flat image, by what they are.

    Raises:
        UserError: a run's samples or record are missing or damaged.
    """
    real = {
        split: ImageSet(ImageSetFacts(images="real", split=split), getattr(data, f"{split}_images"))
        for split in ("train", "test")
    }
    reference = _some(real.pop(params.metrics.reference), REFERENCE)
    sets = [*real.values(), *(_samples(cell, params.seeds[0]) for cell in first_cells(params))]
    count = min(SAMPLES, *(len(found.images) for found in sets))
    shape = (count, 3, 32, 32)
    noise = np.random.default_rng(SEED).integers(0, 256, shape, np.uint8)
    mean = np.round(reference.images.mean(axis=(0, 2, 3))).astype(np.uint8)
    flat = np.broadcast_to(mean[:, None, None], shape).copy()
    replacements = {
        "noise": ImageSet(ImageSetFacts(images="noise"), noise),
        "flat": ImageSet(ImageSetFacts(images="flat"), flat),
    }
    return reference, [_some(found, count) for found in sets], replacements
