"""Every mistake on every set of images, and every pair that could explain both columns."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch

from gen100 import layout
from gen100.cells import Cell
from gen100.config import Params, SyntheticData
from gen100.data.arrays import Cifar100
from gen100.errors import UserError
from gen100.metrics.extractors import describe
from gen100.report.labels import extractor_label
from gen100.thesis.forensics.laboratory import PIXEL_SCALES, ImageSet, Laboratory
from gen100.thesis.forensics.mistakes import MISTAKES, RIGHT, Mistake
from gen100.thesis.forensics.networks import Networks
from gen100.thesis.forensics.printed import Printed
from gen100.thesis.forensics.procedure import Procedure
from gen100.thesis.forensics.verdict import Row, Verdict, in_range, judge, on_inceptions_scale

SAMPLES = 1000
REFERENCE = 5000
"""At most: more images change a distance by far less than the printed ones are off."""
SEED = 0
UNTRAINED = "FID, Inception v3 (untrained, seed 0)"
PIXELS = "none, pixels"
FID_ALONE = frozenset({"layer", "distance", "images"})
"""The parts of a procedure that change what FID makes of an image and its network, but not these."""


@dataclass(frozen=True)
class Finding:
    """A mistake, or two at once, on every set of images, and what that explains."""

    mistake: Mistake
    rows: list[Row]
    verdict: Verdict


def read_samples(cell: Cell, seed: int) -> np.ndarray:
    """A run's samples, uint8, N x 3 x 32 x 32.

    Raises:
        UserError: they are missing or damaged.
    """
    file = layout.run(cell, seed) / "samples.npy"
    try:
        samples = np.load(file, allow_pickle=False)
    except (OSError, EOFError, ValueError) as error:
        raise UserError(f"{file} cannot be read ({error}): run stage sample {cell} {seed} again") from None
    if samples.dtype != np.uint8 or samples.shape[1:] != (3, 32, 32):
        raise UserError(f"{file} holds no uint8 images, N x 3 x 32 x 32: run stage sample {cell} {seed} again")
    return samples


def first_cells(params: Params) -> list[Cell]:
    """The first cell of each model family, in the order of params."""
    cells = [Cell.parse(text) for text in params.cells]
    return list({cell.family: cell for cell in reversed(cells)}.values())[::-1]


def _chosen(images: np.ndarray, count: int) -> np.ndarray:
    """Some of the images at random, in random order: a data set's own order may be by class."""
    return images[np.random.default_rng(SEED).permutation(len(images))[:count]]


class Investigation:
    """The image sets of a workspace, and what each mistake does to them.

    Raises:
        UserError: samples or the network's weights are missing or damaged.
    """

    def __init__(self, params: Params, data: Cifar100, printed: Printed, where: torch.device) -> None:
        split = params.metrics.reference
        real = {"train": data.train_images, "test": data.test_images}
        other = "test" if split == "train" else "train"
        cells = first_cells(params)
        drawn = {cell: read_samples(cell, params.seeds[0]) for cell in cells}
        count = min(SAMPLES, len(real[other]), *(len(images) for images in drawn.values()))
        self.printed = printed
        self.synthetic = isinstance(params.data, SyntheticData)
        weights = layout.extractor("metric")
        self.network = extractor_label(describe(weights))
        reference = _chosen(real[split], REFERENCE)
        self.split = split
        self.laboratory = Laboratory(Networks(weights), ImageSet(split, reference, real=True), where)
        self.sets = [ImageSet(f"real {other} images", _chosen(real[other], count), real=True)]
        self.sets += [ImageSet(f"samples of {cell}", _chosen(images, count)) for cell, images in drawn.items()]
        mean = np.round(reference.mean(axis=(0, 2, 3))).astype(np.uint8)
        shape = (count, 3, 32, 32)
        self.made = {
            "noise": ImageSet("uniform noise", np.random.default_rng(SEED).integers(0, 256, shape, np.uint8)),
            "flat": ImageSet("one flat image", np.broadcast_to(mean[:, None, None], shape).copy()),
        }
        self.noise = self.laboratory.distance(Procedure(), self.made["noise"])

    def possible(self) -> list[Mistake]:
        """The mistakes that this workspace's network and data allow.

        An untrained Inception shows something of the thesis on real images only, and takes a minute.
        """
        return [
            mistake
            for mistake in MISTAKES
            if self.laboratory.networks.has(kind := mistake.procedure.network)
            and not (kind.startswith("inception") and self.synthetic)
        ]

    def row(self, mistake: Mistake, of: ImageSet) -> Row:
        """One mistake on one set of images."""
        procedure, laboratory = mistake.procedure, self.laboratory
        fid = laboratory.distance(procedure, of)
        untrained = procedure.network.startswith("inception")
        pixels = procedure.layer in PIXEL_SCALES
        inception = on_inceptions_scale(laboratory, procedure, of, fid, self.noise)
        return Row(
            mistake=mistake,
            of=of,
            score=laboratory.score(procedure, of),
            fid=fid,
            over_noise=None if untrained or pixels else fid / self.noise,
            inception=inception,
            images=laboratory.shown(of, procedure),
            network=UNTRAINED if untrained else PIXELS if pixels else self.network,
            reference=f"{self.split}, {laboratory.shown(laboratory.reference, procedure):,} images",
            in_range=in_range(inception, self.printed),
        )

    def find(self, mistake: Mistake) -> Finding:
        """One mistake on all sets of images, or on what it puts in their place."""
        sets = [self.made[mistake.made]] if mistake.made else self.sets
        rows = [self.row(mistake, of) for of in sets]
        return Finding(mistake, rows, judge(rows))

    def run(self) -> Iterator[Finding]:
        """The right procedure, every single mistake, and after each that explains IS its pairs that explain both.

        A pair is of a mistake that makes IS print 1.00 by what the network is or is shown, and so changes FID too,
        and one of features, covariance or formula. Where a mistake concerns the score alone, FID is what the other
        one makes of it, and nothing has to be measured. An untrained Inception is paired with pixels alone, which
        it does not see: its own distances are off by many orders of magnitude.
        """
        yield self.find(RIGHT)
        possible = self.possible()
        seconds = [mistake for mistake in possible if mistake.procedure.changed <= FID_ALONE and not mistake.made]
        for first in possible:
            finding = self.find(first)
            yield finding
            if finding.verdict == "explains IS" and first.procedure.changed - {"score"}:
                yield from self._pairs(first, seconds)

    def _reaches(self, procedure: Procedure, of: ImageSet) -> bool:
        fid = self.laboratory.distance(procedure, of)
        return in_range(on_inceptions_scale(self.laboratory, procedure, of, fid, self.noise), self.printed)

    def _pairs(self, first: Mistake, seconds: list[Mistake]) -> Iterator[Finding]:
        for second in seconds:
            untrained = first.procedure.network.startswith("inception")
            if untrained and second.procedure.layer not in PIXEL_SCALES:
                continue
            if first.procedure.changed & second.procedure.changed:
                continue
            procedure = first.procedure.joined(second.procedure)
            if not all(self._reaches(procedure, of) for of in self.sets[1:]):
                continue
            both = Mistake(
                f"{first.name}+{second.name}",
                f"{first.en}; {second.en}",
                f"{first.uk}; {second.uk}",
                f"{first.seen_en}; {second.seen_en}",
                f"{first.seen_uk}; {second.seen_uk}",
                procedure,
            )
            finding = self.find(both)
            if finding.verdict == "explains both":
                yield finding
