"""From several tests of differences to one outcome, and to the text of the evidence, in the current language."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from babel.numbers import format_decimal

from gen100 import i18n
from gen100.cells import Cell
from gen100.i18n import _
from gen100.report.statistics import LEVEL, Difference, Interval, holm

SHOWN = 6
"""Of more tests than this, only the strongest half of SHOWN are written out."""
P_SHOWN = 0.001
"""Smaller p are not written out."""

Sign = Literal[-1, 1]


@dataclass(frozen=True)
class DirectedTest:
    """A named difference, and the sign that a claim says it has, counted from the difference's shift."""

    name: str
    difference: Difference
    sign: Sign

    @property
    def side(self) -> float:
        """Positive where the difference lies on the side claimed."""
        return (self.difference.value - self.difference.shift) * self.sign

    def beyond_noise(self, p: float) -> bool:
        """Whether a p, adjusted or not, rejects; a single seed never does."""
        return self.difference.p_seeds is not None and p < LEVEL

    @property
    def confirms(self) -> bool:
        """Whether the difference has the sign claimed, beyond noise."""
        return self.beyond_noise(self.difference.p) and self.side > 0


@dataclass(frozen=True)
class PartFinding:
    """What measurements say of a statement.

    Attributes:
        outcome: True, False, or None where noise hides it.
        text: the numbers behind it, in the current language.
        lasting: more training could not undo the outcome, so that short runs can give it as well.
    """

    outcome: bool | None
    text: str
    lasting: bool = False


def contradicted(tests: Sequence[DirectedTest]) -> list[bool]:
    """Which of several differences have the other sign, beyond noise, adjusted for their number (Holm 1979)."""
    adjusted = holm([test.difference.p for test in tests])
    return [test.beyond_noise(p) and test.side < 0 for test, p in zip(tests, adjusted, strict=True)]


def decide(tests: Sequence[DirectedTest]) -> bool | None:
    """Whether all differences have the sign claimed, beyond the noise of seeds and that of samples.

    True needs every test to reject by itself at 5%: a single error spoils it, so no adjustment is due (Berger
    1982, intersection-union test). False needs one contradiction, which any of many tests could give by chance,
    so their p are adjusted. A single seed decides nothing.
    """
    if all(test.confirms for test in tests):
        return True
    return False if any(contradicted(tests)) else None


def within(name: str, difference: Difference, margin: float) -> list[DirectedTest]:
    """Two one-sided tests (Schuirmann 1987): the difference is below `margin` and above -`margin`."""
    return [
        DirectedTest(name, replace(difference, shift=margin), -1),
        DirectedTest(name, replace(difference, shift=-margin), 1),
    ]


def short_name(cell: Cell) -> str:
    """ "VAE, ELBO 128"."""
    return f"{cell.title} {cell.latent}"


def minus(a: Cell, b: Cell) -> str:
    return f"{short_name(a)} − {short_name(b)}"


def plain(value: float, digits: int = 4) -> str:
    """Up to so many significant digits, without an exponent or trailing zeros."""
    rounded = float(f"{value:.{digits}g}")
    return format_decimal(rounded, "0." + "#" * 20, i18n.current()).replace("-", "−")


def interval(ends: Interval) -> str:
    return f"[{plain(ends[0])}; {plain(ends[1])}]"


def told(found: Difference) -> str:
    """`1.2 − 3.4 = −2.2 (95%: seeds [..; ..], samples [..; ..])`; samples where they are a source of noise."""
    spread = [_("one seed")]
    if found.by_seeds:
        spread = [_("seeds {interval}").format(interval=interval(found.by_seeds))]
    if found.error_samples:
        spread.append(_("samples {interval}").format(interval=interval(found.by_samples)))
    return f"{plain(found.mean_a)} − {plain(found.mean_b)} = {plain(found.value)} (95%: {', '.join(spread)})"


def tested(found: Difference) -> str:
    """A difference, and the p of the hypothesis that it is 0."""
    if found.by_seeds is None:
        return told(found)
    p = f"p {plain(found.p, 2)}" if found.p >= P_SHOWN else f"p < {plain(P_SHOWN)}"
    return f"{told(found)}, {p}"


def finding(tests: Sequence[DirectedTest]) -> PartFinding:
    """Decide over all tests; list each or, of many, count them and list the strongest."""
    against, chosen = contradicted(tests), tests
    if len(tests) > SHOWN:
        # Contradictions first, then what was found for the claim, the surest first.
        order = sorted(range(len(tests)), key=lambda place: (not against[place], tests[place].difference.p))
        chosen = [tests[place] for place in order[: SHOWN // 2]]
    text = stated(chosen, tested).text
    if len(tests) > 1:
        counted = _("{yes} of {all} as claimed beyond noise, {no} the other way")
        confirmed = sum(test.confirms for test in tests)
        text = f"{counted.format(yes=confirmed, all=len(tests), no=sum(against))}; {text}"
    return PartFinding(decide(tests), text)


def stated(tests: Sequence[DirectedTest], write: Callable[[Difference], str] = told) -> PartFinding:
    """Decide over all tests; list each difference, once where two one-sided tests share it."""
    written = dict.fromkeys(f"{test.name}: {write(test.difference)}" for test in tests)
    return PartFinding(decide(tests), "; ".join(written))
