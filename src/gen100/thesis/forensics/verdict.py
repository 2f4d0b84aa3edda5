"""Whether a number lies in the thesis' printed range, and what a mistake explains."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from gen100.thesis.forensics.distances import NOT_QUADRATIC
from gen100.thesis.forensics.laboratory import PIXEL_SCALES, ImageSet, Laboratory
from gen100.thesis.forensics.mistakes import Mistake
from gen100.thesis.forensics.printed import Printed
from gen100.thesis.forensics.procedure import Procedure

NOISE_FID = (250.0, 500.0)
"""What uniform noise is assumed to have under Inception v3 against CIFAR: "a few hundred", as a bracket.

No weights of Inception were at hand to measure it with.
"""
SAME = 0.01
"""FIDs of different models that differ by less, as a share, are one number: the printed ones are many."""

Verdict = Literal["explains both", "explains IS", "explains FID", "ruled out"]


@dataclass(frozen=True)
class Row:
    """One mistake on one set of images.

    Attributes:
        score: IS.
        fid: the distance, on the scale of the network that measured; not a number where there is none.
        over_noise: the distance over that of noise by the right procedure and the same network, or None where
            the distance is comparable with a printed FID as it is.
        inception: the distance on Inception's scale, from and to; one and the same number where it is
            comparable as it is.
        images, network, reference: how many images, which network and real images.
    """

    mistake: Mistake
    of: ImageSet
    score: float
    fid: float
    over_noise: float | None
    inception: tuple[float, float]
    images: int
    network: str
    reference: str
    in_range: bool

    @property
    def prints_100(self) -> bool:
        return f"{self.score:.2f}" == "1.00"


def absolute(procedure: Procedure, laboratory: Laboratory) -> bool:
    """Whether a distance compares with a printed FID as it is: Inception's, and that of pixels."""
    inception = laboratory.networks.inception or procedure.network.startswith("inception")
    return inception or procedure.layer in PIXEL_SCALES


def on_inceptions_scale(
    laboratory: Laboratory, procedure: Procedure, of: ImageSet, fid: float, noise: float
) -> tuple[float, float]:
    """From and to what the distance would be if features were so scaled that noise has Inception's FID.

    Args:
        fid: the procedure's distance as measured.
        noise: the right procedure's distance of noise by the same network.
    """
    if absolute(procedure, laboratory):
        return fid, fid
    scales = [assumed / noise for assumed in NOISE_FID]
    if procedure.distance in NOT_QUADRATIC:
        found = [laboratory.distance(procedure, of, math.sqrt(scale)) for scale in scales]
    else:
        found = [scale * fid for scale in scales]
    return min(found), max(found)


def in_range(inception: tuple[float, float], printed: Printed) -> bool:
    """Whether a distance on Inception's scale may lie among the printed ones."""
    return inception[0] <= printed.high and inception[1] >= printed.low


def misses(rows: Sequence[Row], printed: Printed) -> str:
    """Where the FIDs of samples lie that are not in the printed range: `low`, `high`, `mixed`, `same` or ``."""
    samples = [row for row in rows if not row.of.real]
    if all(row.in_range for row in samples):
        return "" if _differ(samples) else "same"
    if all(row.inception[1] < printed.low for row in samples):
        return "low"
    return "high" if all(row.inception[0] > printed.high for row in samples) else "mixed"


def _differ(samples: Sequence[Row]) -> bool:
    """Whether different models get different FIDs, as in the thesis."""
    values = [row.fid for row in samples]
    return len(values) == 1 or max(values) - min(values) > SAME * max(values)


def judge(rows: Sequence[Row]) -> Verdict:
    """What a mistake explains, by its rows.

    IS, if every set prints 1.00, real images too: in the thesis no model's differs. FID, if every set of samples
    may lie in the printed range, and different models do not all get the same number. What real images get
    against real images does not matter to that: the thesis has no such row.
    """
    samples = [row for row in rows if not row.of.real]
    score = all(row.prints_100 for row in rows)
    fid = all(row.in_range for row in samples) and _differ(samples)
    if score and fid:
        return "explains both"
    return "explains IS" if score else "explains FID" if fid else "ruled out"
