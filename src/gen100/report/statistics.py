"""What can be said of a few seeds."""

from collections.abc import Sequence

import numpy as np
from scipy import stats

CONFIDENCE = 0.95


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
