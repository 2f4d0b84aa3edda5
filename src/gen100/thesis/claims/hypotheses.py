"""The kinds of hypotheses that claims are made of: lower, beyond a level, about equal; each tested over runs."""

from collections.abc import Callable, Sequence

import pandas as pd

from gen100.cells import Cell
from gen100.i18n import _
from gen100.report.statistics import difference
from gen100.thesis.claims.claim import PartFinding
from gen100.thesis.claims.decision import DirectedTest, Sign, contradicted, decide, within
from gen100.thesis.claims.pairs import Pair
from gen100.thesis.claims.runs import ThesisRuns
from gen100.thesis.claims.wording import plain, short_name, tested, told

Measure = Callable[[ThesisRuns], PartFinding]
Values = Callable[[ThesisRuns], list[float]]
Named = tuple[str, DirectedTest]

SHOWN = 6
"""Of more tests than this, only the strongest half of SHOWN are written out."""
ALIKE = 0.1
"""Two cells are about equal where their difference is surely less than this share of their mean."""


def finding(tests: Sequence[Named]) -> PartFinding:
    """Decide over all tests; list each or, of many, count them and list the strongest."""
    directed = [test for _name, test in tests]

    def write() -> str:
        against = contradicted(directed)
        chosen = list(tests)
        if len(tests) > SHOWN:
            # Contradictions first, then what was found for the claim, the surest first.
            order = sorted(
                range(len(tests)), key=lambda place: (not against[place], directed[place].difference.p, place)
            )
            chosen = [tests[place] for place in order[: SHOWN // 2]]
        shown = "; ".join(f"{name}: {tested(test.difference)}" for name, test in chosen)
        if len(tests) == 1:
            return shown
        counted = _("{yes} of {all} as claimed beyond noise, {no} the other way")
        confirmed = sum(test.confirms for test in directed)
        return f"{counted.format(yes=confirmed, all=len(tests), no=sum(against))}; {shown}"

    return PartFinding(decide(directed), write)


def lower(pairs: Sequence[Pair], measure: str = "fid") -> Measure:
    """The first cell of each pair has the lower value of `measure`: 'fid', or a measure of appearance."""

    def measured(runs: ThesisRuns) -> PartFinding:
        return finding(
            [(_minus(a, b), DirectedTest(runs.difference(a, b, measure), -1)) for a, b in pairs],
        )

    return measured


def beyond(cells: Sequence[Cell], level: float, sign: Sign, measure: str) -> Measure:
    """Each cell's value lies above (+1) or below (-1) a level."""

    def measured(runs: ThesisRuns) -> PartFinding:
        return finding(
            [(short_name(cell), DirectedTest(runs.against(cell, level, measure), sign)) for cell in cells]
        )

    return measured


def alike(pairs: Sequence[Pair]) -> Measure:
    """The FID of each pair differs by less than ALIKE of their mean: shown, not merely not refuted."""

    def measured(runs: ThesisRuns) -> PartFinding:
        found = [(_minus(a, b), runs.difference(a, b, "fid")) for a, b in pairs]
        margins = [ALIKE * (each.mean_a + each.mean_b) / 2 for _name, each in found]
        tests = [test for (_n, each), margin in zip(found, margins, strict=True) for test in within(each, margin)]

        def write() -> str:
            return "; ".join(
                f"{name}: {told(each)}, ±{plain(margin)}"
                for (name, each), margin in zip(found, margins, strict=True)
            )

        return PartFinding(decide(tests), write)

    return measured


def higher(pairs: Sequence[tuple[str, Values, Values]], paired: bool = True) -> Measure:
    """The first value of each named pair is the higher one, over seeds.

    For measures of loss curves: losses are of all validation images, so samples add no noise to them.
    """

    def measured(runs: ThesisRuns) -> PartFinding:
        return finding(
            [(name, DirectedTest(difference(a(runs), b(runs), 0.0, paired), 1)) for name, a, b in pairs]
        )

    return measured


def curve_leads(pairs: Sequence[Pair], measure: Callable[[pd.DataFrame], float]) -> Measure:
    """The loss curve of each pair's first cell has the higher value of `measure`."""

    def values(cell: Cell) -> Values:
        return lambda runs: runs.curve_values(cell, measure)

    return higher([(_minus(a, b), values(a), values(b)) for a, b in pairs])


def _minus(a: Cell, b: Cell) -> str:
    return f"{short_name(a)} − {short_name(b)}"
