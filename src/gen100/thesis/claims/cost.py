"""What claim C12 says of training cost."""

from collections.abc import Callable

import numpy as np

from gen100.families.registry import FAMILIES
from gen100.i18n import _
from gen100.report.cost import hours
from gen100.report.records import Record
from gen100.report.statistics import Difference, difference
from gen100.thesis.claims.claim import hypothesis
from gen100.thesis.claims.decision import DirectedTest, PartFinding, decide, interval, plain, within
from gen100.thesis.claims.pairs import select
from gen100.thesis.claims.runs import ThesisRuns

SAME_COST = 1.5
"""Costs within this factor are about the same."""


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
    devices = list(dict.fromkeys(row["device"] for row in rows))
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
