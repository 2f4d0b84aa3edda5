"""The line of FIDs over 1/N, and its limit."""

import subprocess
import sys

import numpy as np
import pytest

from gen100.metrics.resampling import extrapolate


def test_a_line_is_found_again() -> None:
    images = np.array([100, 50, 50, 25, 20])
    assert extrapolate(images, 7 + 300 / images) == (
        pytest.approx(300),
        pytest.approx(7),
        pytest.approx(0, abs=1e-9),
    )


def test_errors_that_cancel_do_not_move_the_line() -> None:
    """Two FIDs of each size, as far above the line as below it."""
    images = [100, 100, 20, 20, 10, 10]
    fids = [7 + 300 / n + error for n, error in zip(images, (1, -1, 5, -5, 2, -2), strict=True)]
    assert extrapolate(images, fids)[:2] == (pytest.approx(300), pytest.approx(7))


def test_a_curve_is_told_from_a_line() -> None:
    images = np.array([100, 50, 50, 25, 20])
    line = extrapolate(images, 7 + 300 / images + 2000 / images**2)
    assert line.limit < 7
    assert line.error == pytest.approx(7 - line.limit)


def test_reports_extrapolate_without_torch() -> None:
    program = "import sys, gen100.metrics.resampling; print('torch' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True)
    assert done.stdout == "False\n"
