"""From several tests of differences to one outcome: True, False, or None where noise hides it."""

from dataclasses import dataclass, replace
from typing import Literal

from gen100.report.statistics import LEVEL, Difference, holm

Sign = Literal[-1, 1]


@dataclass(frozen=True)
class DirectedTest:
    """A difference, and the sign that a claim says it has, counted from the difference's shift."""

    difference: Difference
    sign: Sign

    @property
    def confirms(self) -> bool:
        """Whether the difference has the sign claimed, beyond noise."""
        found = self.difference
        return found.p_seeds is not None and found.p < LEVEL and self.side > 0

    @property
    def side(self) -> float:
        """Positive where the difference lies on the side claimed."""
        return (self.difference.value - self.difference.shift) * self.sign


def contradicted(tests: list[DirectedTest]) -> list[bool]:
    """Which of several differences have the other sign, beyond noise, adjusted for their number (Holm 1979)."""
    adjusted = holm([test.difference.p for test in tests])
    return [
        test.difference.p_seeds is not None and p < LEVEL and test.side < 0
        for test, p in zip(tests, adjusted, strict=True)
    ]


def decide(tests: list[DirectedTest]) -> bool | None:
    """Whether all differences have the sign claimed, beyond the noise of seeds and that of samples.

    True needs every test to reject by itself at 5%: a single error spoils it, so no adjustment is due (Berger
    1982, intersection-union test). False needs one contradiction, which any of many tests could give by chance,
    so their p are adjusted. A single seed decides nothing.
    """
    if all(test.confirms for test in tests):
        return True
    return False if any(contradicted(tests)) else None


def within(difference: Difference, margin: float) -> list[DirectedTest]:
    """Two one-sided tests (Schuirmann 1987): the difference is below `margin` and above -`margin`."""
    return [
        DirectedTest(replace(difference, shift=margin), -1),
        DirectedTest(replace(difference, shift=-margin), 1),
    ]
