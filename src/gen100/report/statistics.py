"""Intervals and tests: the mean over a few seeds, and the difference between two cells."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

CONFIDENCE = 0.95
LEVEL = 1 - CONFIDENCE
Interval = tuple[float, float]


def mean_interval(values: Sequence[float]) -> tuple[float, float | None]:
    """The mean of runs that differ in their seed alone, and half the width of its 95% interval, in their unit.

    Student's two-sided t interval with n - 1 degrees of freedom; it takes the runs for independent and their
    measure for normal. A single value has no spread: its half-width is None. ValueError where there is none.
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
        error_seeds: standard error over seeds, with `degrees` of freedom; None with one seed.
        error_samples: standard error over the samples drawn.
        shift: what the difference is held against: both p are of the difference being that.
    """

    mean_a: float
    mean_b: float
    seeds: int
    error_seeds: float | None
    degrees: float
    error_samples: float
    shift: float = 0.0

    @property
    def value(self) -> float:
        return self.mean_a - self.mean_b

    @property
    def by_seeds(self) -> Interval | None:
        """95% t interval of the difference over seeds."""
        return None if self.error_seeds is None else self._interval(self.error_seeds, stats.t, self.degrees)

    @property
    def by_samples(self) -> Interval:
        """95% standard normal interval over samples (Efron & Tibshirani 1993, section 12.4)."""
        return self._interval(self.error_samples, stats.norm)

    @property
    def p_seeds(self) -> float | None:
        """The probability of a t this far out, over other seeds, if the expected difference were `shift`.

        As every seed draws its own samples, the noise of sampling is in it too.
        """
        return None if self.error_seeds is None else self._p(self.error_seeds, stats.t, self.degrees)

    @property
    def p_samples(self) -> float:
        """The probability of a difference as far out as this one, over other samples of these very trained models
        and with this reference, if their true difference were `shift`."""
        return self._p(self.error_samples, stats.norm)

    @property
    def p(self) -> float:
        """The larger p: below a level only where both tests reject (Berger 1982, intersection-union test)."""
        return max(self.p_samples, self.p_seeds or 0.0)

    def _interval(self, error: float, law: Any, *shape: float) -> Interval:
        reach = float(law.ppf((1 + CONFIDENCE) / 2, *shape)) * error
        return self.value - reach, self.value + reach

    def _p(self, error: float, law: Any, *shape: float) -> float:
        distance = abs(self.value - self.shift)
        return 2 * float(law.sf(distance / error if error else math.inf if distance else 0.0, *shape))


def difference(a: Sequence[float], b: Sequence[float], error: float, paired: bool) -> Difference:
    """Compare a measure of two cells, run with as many seeds each.

    Args:
        a, b: one value per seed, in the order of seeds.
        error: standard error of mean(a) - mean(b) that is due to the samples drawn.
        paired: whether equal seeds share their randomness, as losses of one family and size do (the same order
            of data, the same first weights): then the t test is paired, else Welch's.
    """
    first, second = np.asarray(a, float), np.asarray(b, float)
    means = float(first.mean()), float(second.mean())
    if len(first) == 1:
        return Difference(*means, 1, None, 0.0, error)
    if paired:
        return Difference(*means, len(first), float(stats.sem(first - second)), len(first) - 1.0, error)
    spread = [float(stats.sem(values)) for values in (first, second)]
    # Without any spread there are no degrees of freedom to compute.
    degrees = stats.ttest_ind(first, second, equal_var=False).df if any(spread) else 1.0  # pyright: ignore[reportAttributeAccessIssue]
    return Difference(*means, len(first), math.hypot(*spread), float(degrees), error)


def holm(values: Sequence[float]) -> list[float]:
    """p values adjusted so that a level holds for all of them together (Holm 1979), in the order given."""
    p = pd.Series(values, dtype=float).sort_values(kind="stable")
    return (p * np.arange(len(p), 0, -1)).cummax().clip(upper=1).sort_index().tolist()
