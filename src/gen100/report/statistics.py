"""What can be said of a few seeds, and of a difference between two cells: how large it is, and how sure."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import stats

CONFIDENCE = 0.95
LEVEL = 1 - CONFIDENCE
Interval = tuple[float, float]


def mean_interval(values: Sequence[float]) -> tuple[float, float | None]:
    """The mean of runs that differ in their seed alone, and half the width of its 95% interval.

    Student's two-sided t interval with n - 1 degrees of freedom; it takes the runs for independent and their
    measure for normal.

    Returns:
        Mean and half-width, in the values' unit. A single value has no spread: its half-width is None.

    Raises:
        ValueError: there is no value.
    """
    if not values:
        raise ValueError("the mean of no values")
    middle = float(np.mean(values))
    if len(values) == 1:
        return middle, None
    return middle, float(stats.t.ppf((1 + CONFIDENCE) / 2, len(values) - 1) * stats.sem(values))


@dataclass(frozen=True)
class Difference:
    """The mean of a measure in one cell minus that in another, with both sources of its noise.

    Attributes:
        seeds: runs in each cell.
        by_seeds, p_seeds: 95% interval and two-sided p of a t test over seeds. p is the probability of a t as
            large as this one if both cells had the same expected measure over all seeds. As every seed draws
            its own samples, the noise of sampling is in it too. None with one seed.
        by_samples, p_samples: the same over the samples drawn, for these very trainings and this reference: p
            is the probability of a difference as large as this one if the trained models were equally far from
            the reference and only the luck of the draw differed.
    """

    mean_a: float
    mean_b: float
    seeds: int
    by_seeds: Interval | None
    p_seeds: float | None
    by_samples: Interval
    p_samples: float

    @property
    def value(self) -> float:
        return self.mean_a - self.mean_b

    @property
    def p(self) -> float:
        """The larger p: below a level only where both tests reject (Berger 1982, intersection-union test)."""
        return max(self.p_samples, self.p_seeds or 0.0)


def difference(a: Sequence[float], b: Sequence[float], error: float, paired: bool) -> Difference:
    """Compare a measure of two cells, run with as many seeds each.

    Args:
        a, b: a value a seed, in the order of seeds.
        error: standard error of mean(a) - mean(b) that is due to the samples drawn. The interval is the
            bootstrap's standard normal one (Efron & Tibshirani 1993, section 12.4).
        paired: whether equal seeds share their randomness, as losses of one model and size do (the same order
            of data, the same first weights): then the t test is paired, else Welch's.
    """
    first, second = np.asarray(a, float), np.asarray(b, float)
    middle = float(first.mean() - second.mean())
    reach = float(stats.norm.ppf((1 + CONFIDENCE) / 2)) * error
    p_samples = 2 * float(stats.norm.sf(abs(middle) / error)) if error else float(middle == 0)
    by_seeds = p_seeds = None
    if len(first) > 1:
        by_seeds, p_seeds = _over_seeds(first, second, paired)
    return Difference(
        *(float(first.mean()), float(second.mean()), len(first)),
        *(by_seeds, p_seeds, (middle - reach, middle + reach), p_samples),
    )


def _over_seeds(a: np.ndarray, b: np.ndarray, paired: bool) -> tuple[Interval, float]:
    spread = np.ptp(a - b) if paired else np.ptp(a) + np.ptp(b)
    if not spread:  # t would be 0 / 0 or infinite
        middle = float((a - b).mean())
        return (middle, middle), float(middle == 0)
    test = stats.ttest_rel(a, b) if paired else stats.ttest_ind(a, b, equal_var=False)
    low, high = test.confidence_interval(CONFIDENCE)
    return (float(low), float(high)), float(test.pvalue)  # pyright: ignore[reportAttributeAccessIssue]


def holm(values: Sequence[float]) -> list[float]:
    """p values adjusted so that a level holds for all of them together (Holm 1979), in the order given."""
    p = np.asarray(values, float)
    order = np.argsort(p, kind="stable")
    stepped = np.maximum.accumulate(p[order] * np.arange(len(p), 0, -1))
    adjusted = np.empty_like(p)
    adjusted[order] = np.minimum(stepped, 1)
    return adjusted.tolist()
