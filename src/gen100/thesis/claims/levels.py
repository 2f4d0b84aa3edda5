"""What claims C1 and C2 say of every cell: its IS is printed as 1.00, its FID lies above known levels."""

from dataclasses import dataclass

import numpy as np

from gen100.cells import Cell
from gen100.i18n import _
from gen100.report.statistics import difference
from gen100.thesis.claims.claim import PartFinding
from gen100.thesis.claims.decision import DirectedTest, contradicted, decide
from gen100.thesis.claims.pairs import ALL
from gen100.thesis.claims.runs import ThesisRuns
from gen100.thesis.claims.wording import percent, plain, short_name, tested

PRINTED_AS_ONE = 1.005
"""An Inception score below this is printed as 1.00; none is below 1."""
LEAST_PRINTED = 989.0345
"""The lowest FID of the thesis's tables."""


def printed_as_one(runs: ThesisRuns) -> PartFinding:
    """IS is at least 1 whatever the seed: one run that surely scores more refutes that every run scores 1.00.

    Surely: two standard deviations over splits of its samples above what is still printed as 1.00. Cells that
    were not run cannot refute it, but it is supported only by all.
    """
    cells = runs.present(ALL)
    scores = {cell: runs.column(cell, "is") for cell in cells}
    spreads = {cell: runs.column(cell, "is_std") for cell in cells}
    pairs = [pair for cell in cells for pair in zip(scores[cell], spreads[cell], strict=True)]
    above = sum(score - 2 * spread > PRINTED_AS_ONE for score, spread in pairs)
    supported = cells == ALL and all(score < PRINTED_AS_ONE for score, _spread in pairs)
    means = {cell: float(np.mean(scores[cell])) for cell in cells}

    def write() -> str:
        low, high = (
            f"{plain(means[cell])} ({short_name(cell)})" for cell in (_lowest(means), _lowest(means, sign=-1))
        )
        return _(
            "IS from {low} to {high}; above {limit} by more than two standard deviations over splits in {above} "
            "of {all} runs"
        ).format(low=low, high=high, limit=plain(PRINTED_AS_ONE), above=above, all=len(pairs))

    return PartFinding(False if above else supported or None, write)


def _lowest(values: dict[Cell, float], sign: int = 1) -> Cell:
    return min(values, key=lambda cell: sign * values[cell])


@dataclass(frozen=True)
class _AllAbove:
    """Whether every cell's FID lies above a level: the outcome, the test of each cell, and that of their mean."""

    outcome: bool | None
    tests: dict[Cell, DirectedTest]
    mean: DirectedTest


def _all_above(runs: ThesisRuns, level: float) -> _AllAbove:
    """If the mean of all cells lies below the level, some cell does: one test finds that where one for each cell
    is too weak."""
    cells = runs.present(ALL)
    tests = {cell: DirectedTest(runs.against(cell, level, "fid"), 1) for cell in cells}
    error = float(np.sqrt(sum(test.difference.error_samples**2 for test in tests.values())) / len(tests))
    values = np.mean([runs.column(cell, "fid") for cell in cells], axis=0).tolist()
    mean = DirectedTest(difference(values, [level] * len(values), error, paired=True), 1)
    outcome = False if any(contradicted([mean])) else decide(list(tests.values()))
    return _AllAbove(None if outcome and cells != ALL else outcome, tests, mean)


def as_far_as_noise(runs: ThesisRuns) -> PartFinding:
    """The FID of every cell lies above that of noise or of one flat colour, whichever is lower."""
    floor, ceiling = runs.levels["real"], min(runs.levels["noise"], runs.levels["constant"])
    found = _all_above(runs, ceiling)
    shares = {cell: (test.difference.mean_a - floor) / (ceiling - floor) for cell, test in found.tests.items()}
    below = sum(test.side < 0 for test in found.tests.values())

    def write() -> str:
        low, high = (
            f"{percent(shares[cell])} ({short_name(cell)})" for cell in (_lowest(shares), _lowest(shares, sign=-1))
        )
        return _(
            "real images, noise and one flat colour score {levels}; on a scale from the first (0%) to the lower "
            "of the other two (100%), cells lie at {low} to {high}, {below} of {all} below 100%; mean of cells − "
            "ceiling: {mean}"
        ).format(
            levels="; ".join(plain(runs.levels[kind]) for kind in ("real", "noise", "constant")),
            low=low,
            high=high,
            below=below,
            all=len(found.tests),
            mean=tested(found.mean.difference),
        )

    return PartFinding(found.outcome, write)


def as_high_as_printed(runs: ThesisRuns) -> PartFinding:
    """The FID of every cell is at least the lowest printed one; only Inception v3 can tell."""
    if runs.provenance.extractor.distance != "FID":
        return PartFinding(
            None,
            lambda: _("the distance is by another network, and the printed FIDs can only be by Inception v3"),
        )
    found = _all_above(runs, LEAST_PRINTED)
    means = [test.difference.mean_a for test in found.tests.values()]

    def write() -> str:
        return _("cells from {low} to {high}; mean − 989: {mean}").format(
            low=plain(min(means)), high=plain(max(means)), mean=tested(found.mean.difference)
        )

    return PartFinding(found.outcome, write)
