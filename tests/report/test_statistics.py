"""Intervals and tests against scipy, worked examples, and simulated data whose truth is known."""

import math
from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from gen100.report.statistics import difference, holm, mean_interval

A, B = [10.1, 9.7, 10.6, 10.0], [9.2, 9.3, 9.6, 9.5]


def test_mean_interval_is_scipys() -> None:
    middle, half = mean_interval(A)
    low, high = stats.ttest_1samp(A, 0).confidence_interval(0.95)
    assert half is not None
    assert (middle - half, middle + half) == pytest.approx((low, high))
    # Two values: t with one degree of freedom is 12.706, the standard error half their distance.
    assert mean_interval([1.0, 3.0]) == pytest.approx((2.0, 12.7062047))
    assert mean_interval([5.0]) == (5.0, None)
    with pytest.raises(ValueError, match="no values"):
        mean_interval([])


@pytest.mark.parametrize("paired", [True, False])
def test_difference_over_seeds_is_scipys(paired: bool) -> None:
    found = difference(A, B, error=0.1, paired=paired)
    expected = stats.ttest_rel(A, B) if paired else stats.ttest_ind(A, B, equal_var=False)
    assert found.value == pytest.approx(np.mean(A) - np.mean(B))
    assert found.p_seeds == pytest.approx(expected.pvalue)  # pyright: ignore[reportAttributeAccessIssue]
    assert found.by_seeds == pytest.approx(tuple(expected.confidence_interval(0.95)))
    assert found.p == max(found.p_samples, found.p_seeds or 0)


def test_shift_moves_what_is_tested() -> None:
    found = replace(difference(A, B, error=0.1, paired=True), shift=0.5)
    expected = stats.ttest_rel(A, np.add(B, 0.5))
    assert found.p_seeds == pytest.approx(expected.pvalue)  # pyright: ignore[reportAttributeAccessIssue]
    assert found.p_samples == pytest.approx(2 * stats.norm.sf((np.mean(A) - np.mean(B) - 0.5) / 0.1))


def test_difference_over_samples_is_normal() -> None:
    found = difference([2.0], [1.0], error=0.5, paired=True)
    assert found.p_samples == pytest.approx(math.erfc(2 / math.sqrt(2)))
    assert found.by_samples == pytest.approx((1 - 0.5 * 1.959964, 1 + 0.5 * 1.959964))
    assert (found.p_seeds, found.by_seeds) == (None, None)
    assert found.p == found.p_samples


def test_values_without_spread() -> None:
    for paired in (True, False):
        assert difference([1.0, 1.0], [1.0, 1.0], 0.0, paired).p == 1
        assert difference([2.0, 2.0], [1.0, 1.0], 0.0, paired).p == 0


def test_holm_worked_by_hand() -> None:
    # Sorted 0.005, 0.01, 0.03, 0.04 times 4, 3, 2, 1: 0.02, 0.03, 0.06, 0.04; never below the one before.
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert holm([0.6, 0.7]) == [1, 1]
    assert holm([]) == []


def test_two_equal_cells_are_told_apart_in_five_of_a_hundred() -> None:
    """Seeds spread by 1, samples by 0.6 of that; with four seeds, the test over seeds decides."""
    random = np.random.default_rng(0)
    trials, seeds, within = 2000, 4, 0.6
    found = []
    for _ in range(trials):
        a, b = random.normal(0, 1, (2, seeds)) + random.normal(0, within, (2, seeds))
        found.append(difference(a, b, error=within * math.sqrt(2 / seeds), paired=True))
    by_seeds = np.mean([one.p_seeds is not None and one.p_seeds < 0.05 for one in found])
    assert by_seeds == pytest.approx(0.05, abs=0.015)
    assert np.mean([one.p < 0.05 for one in found]) <= 0.05 + 0.015
    # The samples alone would call far too many different: they do not know of the seeds.
    assert np.mean([one.p_samples < 0.05 for one in found]) > 0.2
    covered = [one.by_seeds is not None and one.by_seeds[0] < 0 < one.by_seeds[1] for one in found]
    assert np.mean(covered) == pytest.approx(0.95, abs=0.015)


def test_holm_keeps_the_error_of_a_whole_family() -> None:
    random = np.random.default_rng(1)
    families = stats.norm.sf(random.normal(size=(2000, 24)))
    assert np.mean([min(holm(family)) < 0.05 for family in families]) == pytest.approx(0.05, abs=0.015)
