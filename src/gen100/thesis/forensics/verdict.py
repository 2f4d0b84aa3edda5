"""What the thesis printed, and which of its columns a mistake explains."""

from collections.abc import Sequence
from typing import Literal

from gen100.thesis.cells import NUMBERS
from gen100.thesis.forensics.facts import Explained, Measurement

FIDS = {cell: float(row["fid"]) for cell, row in NUMBERS.items()}
SCORES = sorted({float(row["is"]) for row in NUMBERS.values()})
"""The distinct values of IS, ascending."""
LOW, HIGH = min(FIDS.values()), max(FIDS.values())
"""The printed range of FID."""
NOISE_FID = (250.0, 500.0)
"""What FID uniform noise is assumed to have under Inception v3 against CIFAR: "a few hundred", as an interval.

Inception's weights were not available to measure it.
"""
SAME = 0.01
"""FIDs of different families whose relative difference is smaller are the same number; the printed ones differ."""

Miss = Literal["low", "high", "mixed", "same", "none"]


def in_range(low: float | None, high: float | None) -> bool:
    """Whether the interval of a distance on Inception's scale meets the printed range."""
    return low is not None and high is not None and low <= HIGH and high >= LOW


def miss(measurements: Sequence[Measurement]) -> Miss:
    """How the FIDs of samples miss the printed range; `same` if all are one number in it, else `none`."""
    samples = [found for found in measurements if found.images != "real"]
    if all(found.fid_in_range for found in samples):
        return "none" if _differ(samples) else "same"
    if all(found.fid_high is not None and found.fid_high < LOW for found in samples):
        return "low"
    above = all(found.fid_low is not None and found.fid_low > HIGH for found in samples)
    return "high" if above else "mixed"


def _differ(samples: Sequence[Measurement]) -> bool:
    """Whether different families get different FIDs, as in the thesis."""
    values = [found.fid for found in samples if found.fid is not None]
    return len(values) == 1 or max(values) - min(values) > SAME * max(values)


def judge(measurements: Sequence[Measurement]) -> Explained:
    """What a mistake explains, by its measurements.

    IS, if every set prints 1.00, including real images: in the thesis, every model prints the same. FID, if every
    set of samples may lie in the printed range, and different families do not all get the same number. What real
    images get does not matter for FID: the thesis has no such row.
    """
    score = all(found.prints_100 for found in measurements)
    fid = miss(measurements) == "none"
    if score:
        return "both" if fid else "IS"
    return "FID" if fid else "neither"
