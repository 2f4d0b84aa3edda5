"""The hypotheses that claims are made of: lower, beyond a level, about equal, cheaper; each tested over runs."""

from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd

from gen100 import i18n
from gen100.cells import Cell
from gen100.families.registry import FAMILIES
from gen100.i18n import _
from gen100.report.cost import hours
from gen100.report.labels import device
from gen100.report.records import Record
from gen100.report.statistics import Difference, difference
from gen100.thesis.claims.claim import hypothesis
from gen100.thesis.claims.decision import (
    DirectedTest,
    PartFinding,
    Sign,
    contradicted,
    decide,
    finding,
    interval,
    minus,
    plain,
    short_name,
    stated,
    tested,
    told,
    within,
)
from gen100.thesis.claims.pairs import Pair, select
from gen100.thesis.claims.runs import ThesisRuns

ALIKE = 0.1
"""Two cells are about equal where their difference is surely less than this share of their mean."""
PRINTED_AS_ONE = 1.005
"""An Inception score below this is printed as 1.00; none is below 1."""
LEAST_PRINTED = 989.0345
"""The lowest FID of the thesis's tables."""
SAME_COST = 1.5
"""Costs within this factor are about the same."""


@hypothesis
def lower(runs: ThesisRuns, pairs: Sequence[Pair], measure: str = "fid") -> PartFinding:
    """The first cell of each pair has the lower value of `measure`: 'fid', or a measure of appearance."""
    return finding([DirectedTest(minus(a, b), runs.difference(a, b, measure), -1) for a, b in pairs])


@hypothesis
def beyond(runs: ThesisRuns, cells: Sequence[Cell], level: float, sign: Sign, measure: str) -> PartFinding:
    """Each cell's value lies above (+1) or below (-1) a level."""
    return finding([DirectedTest(short_name(cell), runs.against(cell, level, measure), sign) for cell in cells])


@hypothesis
def alike(runs: ThesisRuns, pairs: Sequence[Pair]) -> PartFinding:
    """The FID of each pair differs by less than ALIKE of their mean: shown, not merely not refuted."""
    tests = []
    for a, b in pairs:
        found = runs.difference(a, b, "fid")
        tests += within(minus(a, b), found, ALIKE * (found.mean_a + found.mean_b) / 2)
    return stated(tests, lambda found: f"{told(found)}, ±{plain(abs(found.shift))}")


@hypothesis
def curve_leads(runs: ThesisRuns, pairs: Sequence[Pair], measure: Callable[[pd.DataFrame], float]) -> PartFinding:
    """The loss curve of each pair's first cell has the higher value of `measure`.

    Losses are of all validation images, so samples add no noise to them.
    """
    tests = []
    for pair in pairs:
        first, second = (runs.curve_values(cell, measure) for cell in pair)
        tests.append(DirectedTest(minus(*pair), difference(first, second, 0.0, paired=True), 1))
    return finding(tests)


def printed_as_one(runs: ThesisRuns) -> PartFinding:
    """IS is at least 1 whatever the seed: one run that surely scores more refutes that every run scores 1.00.

    Surely: two standard deviations over splits of its samples above what is still printed as 1.00. Cells that
    were not run cannot refute it, but it is supported only by all.
    """
    cells = runs.present(select())
    scores = np.concatenate([runs.column(cell, "is") for cell in cells])
    spreads = np.concatenate([runs.column(cell, "is_std") for cell in cells])
    above = int((scores - 2 * spreads > PRINTED_AS_ONE).sum())
    supported = cells == select() and bool((scores < PRINTED_AS_ONE).all())
    low, high = _ends({short_name(cell): float(np.mean(runs.column(cell, "is"))) for cell in cells}, plain)
    text = _(
        "IS from {low} to {high}; above {limit} by more than two standard deviations over splits in {above} "
        "of {all} runs"
    ).format(low=low, high=high, limit=plain(PRINTED_AS_ONE), above=above, all=len(scores))
    return PartFinding(False if above else supported or None, text, lasting=above > 0)


def as_far_as_noise(runs: ThesisRuns) -> PartFinding:
    """The FID of every cell lies above that of noise or of one flat colour, whichever is lower."""
    floor, ceiling = runs.levels["real"], min(runs.levels["noise"], runs.levels["constant"])
    outcome, tests, mean = _all_above(runs, ceiling)
    shares = {test.name: (test.difference.mean_a - floor) / (ceiling - floor) for test in tests}
    low, high = _ends(shares, lambda share: f"{i18n.number(100 * share)}%")
    text = _(
        "real images, noise and one flat colour score {levels}; on a scale from the first (0%) to the lower "
        "of the other two (100%), cells lie at {low} to {high}, {below} of {all} below 100%; mean of cells − "
        "ceiling: {mean}"
    ).format(
        levels="; ".join(plain(runs.levels[kind]) for kind in ("real", "noise", "constant")),
        low=low,
        high=high,
        below=sum(test.side < 0 for test in tests),
        all=len(tests),
        mean=tested(mean.difference),
    )
    return PartFinding(outcome, text, lasting=outcome is False)


def as_high_as_printed(runs: ThesisRuns) -> PartFinding:
    """The FID of every cell is at least the lowest printed one; only Inception v3 can tell."""
    if runs.provenance.extractor.distance != "FID":
        return PartFinding(
            None, _("the distance is by another network, and the printed FIDs can only be by Inception v3")
        )
    outcome, tests, mean = _all_above(runs, LEAST_PRINTED)
    means = [test.difference.mean_a for test in tests]
    text = _("cells from {low} to {high}; mean − 989: {mean}").format(
        low=plain(min(means)), high=plain(max(means)), mean=tested(mean.difference)
    )
    return PartFinding(outcome, text, lasting=outcome is False)


def _all_above(runs: ThesisRuns, level: float) -> tuple[bool | None, list[DirectedTest], DirectedTest]:
    """Whether every cell's FID lies above a level, the test of each cell, and that of their mean.

    If the mean of all cells lies below the level, some cell does: one test finds that where one for each cell is
    too weak.
    """
    cells = runs.present(select())
    tests = [DirectedTest(short_name(cell), runs.against(cell, level, "fid"), 1) for cell in cells]
    error = float(np.sqrt(sum(test.difference.error_samples**2 for test in tests)) / len(tests))
    values = np.mean([runs.column(cell, "fid") for cell in cells], axis=0).tolist()
    mean = DirectedTest("", difference(values, [level] * len(values), error, paired=True), 1)
    outcome = False if any(contradicted([mean])) else decide(tests)
    return None if outcome and cells != select() else outcome, tests, mean


def _ends(values: dict[str, float], write: Callable[[float], str]) -> list[str]:
    """The lowest and the highest value, each with its name."""
    low, high = min(values, key=values.__getitem__), max(values, key=values.__getitem__)
    return [f"{write(values[name])} ({name})" for name in (low, high)]


def seconds_per_image(row: Record) -> float:
    """Seconds per training image, of the model and, where there is one, of its autoencoder."""
    first = row["autoencoder_seconds"] / row["autoencoder_images"] if row["autoencoder_images"] else 0.0
    return row["seconds"] / row["images_seen"] + first


@hypothesis
def cheaper(runs: ThesisRuns, *pairs: tuple[str, str], same: bool = False) -> PartFinding:
    """The first family of each pair costs less or, if `same`, as much as the second within a factor of SAME_COST.

    By the hours that trainings took, and by the time per image, whatever the budget: both must agree. Both are of
    this study's networks and budgets, which the thesis does not state.
    """
    families = list(dict.fromkeys(family for pair in pairs for family in pair))
    rows = [row for family in families for cell in select(family) for row in runs.of(cell)]
    devices = list(dict.fromkeys(map(device, rows)))
    if len(devices) > 1:
        return PartFinding(None, _("on different devices: {devices}").format(devices="; ".join(devices)))
    outcomes, ratios = [], []
    for measure in (hours, seconds_per_image):
        tests = []
        for pair in pairs:
            logs = [np.log(_by_seed(runs, family, measure)).tolist() for family in pair]
            name = " / ".join(FAMILIES[family].title for family in pair)
            found = difference(*logs, error=0.0, paired=False)
            tests += within(name, found, float(np.log(SAME_COST))) if same else [DirectedTest(name, found, -1)]
        outcomes.append(decide(tests))
        # Two one-sided tests share one difference: it is written once.
        ratios.append(", ".join(dict.fromkeys(f"{test.name} = {_ratio(test.difference)}" for test in tests)))
    means = {family: float(np.mean(_by_seed(runs, family, hours))) for family in families}
    text = _("hours: {hours}; time per image: {per_image}; mean hours per run: {means}; {device}").format(
        hours=ratios[0],
        per_image=ratios[1],
        means=", ".join(f"{FAMILIES[family].title} {plain(mean)}" for family, mean in means.items()),
        device=devices[0],
    )
    return PartFinding(outcomes[0] if outcomes[0] == outcomes[1] else None, text)


def _by_seed(runs: ThesisRuns, family: str, measure: Callable[[Record], float]) -> list[float]:
    """The mean of a measure over a family's cells, one value per seed."""
    return np.mean([[measure(row) for row in runs.of(cell)] for cell in select(family)], axis=0).tolist()


def _ratio(found: Difference) -> str:
    """A ratio with its interval, from a difference of logarithms."""
    value = plain(float(np.exp(found.value)))
    if found.by_seeds is None:
        return value
    low, high = np.exp(found.by_seeds)
    return f"{value} {interval((float(low), float(high)))}"
