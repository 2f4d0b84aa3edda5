"""What claim C12 says of training cost."""

from collections.abc import Callable

import numpy as np

from gen100.families.registry import FAMILIES
from gen100.i18n import _
from gen100.report.cost import hours
from gen100.report.records import Record
from gen100.report.statistics import Difference, difference
from gen100.thesis.claims.claim import PartFinding
from gen100.thesis.claims.decision import DirectedTest, decide, within
from gen100.thesis.claims.hypotheses import Measure, Named
from gen100.thesis.claims.pairs import every
from gen100.thesis.claims.runs import ThesisRuns
from gen100.thesis.claims.wording import interval, plain

SAME_COST = 1.5
"""Costs within this factor are about the same."""


def seconds_per_image(row: Record) -> float:
    """Seconds per training image, of the model and, where there is one, of its autoencoder."""
    first = row["autoencoder_seconds"] / row["autoencoder_images"] if row["autoencoder_images"] else 0.0
    return row["seconds"] / row["images_seen"] + first


def same_cost(a: str, b: str) -> Measure:
    """Two families cost the same, within a factor of SAME_COST."""
    return _cost([(a, b)], same=True)


def cheaper(*pairs: tuple[str, str]) -> Measure:
    """The first family of each pair costs less."""
    return _cost(list(pairs), same=False)


def _by_seed(runs: ThesisRuns, family: str, measure: Callable[[Record], float]) -> list[float]:
    """The mean of a measure over a family's cells, one value per seed."""
    return np.mean([[measure(row) for row in runs.of(cell)] for cell in every(family)], axis=0).tolist()


def _tests(
    runs: ThesisRuns, measure: Callable[[Record], float], pairs: list[tuple[str, str]], same: bool
) -> list[Named]:
    """Tests on the logarithms of costs: that they are within a factor, or that the first of a pair is less."""
    tests = []
    for a, b in pairs:
        logs = [np.log(_by_seed(runs, family, measure)).tolist() for family in (a, b)]
        found = difference(*logs, error=0.0, paired=False)
        name = f"{FAMILIES[a].title} / {FAMILIES[b].title}"
        directed = within(found, float(np.log(SAME_COST))) if same else [DirectedTest(found, -1)]
        tests += [(name, test) for test in directed]
    return tests


def _ratio(found: Difference) -> str:
    value = plain(float(np.exp(found.value)))
    if found.by_seeds is None:
        return value
    low, high = np.exp(found.by_seeds)
    return f"{value} {interval((float(low), float(high)))}"


def _ratios(tests: list[Named]) -> str:
    # Two one-sided tests share one difference: it is written once.
    return ", ".join(dict.fromkeys(f"{name} = {_ratio(test.difference)}" for name, test in tests))


def _cost(pairs: list[tuple[str, str]], same: bool) -> Measure:
    """By the hours that trainings took, and by the time per image, whatever the budget: both must agree.

    Both are of this study's networks and budgets, which the thesis does not state.
    """

    def measured(runs: ThesisRuns) -> PartFinding:
        families = list(dict.fromkeys(family for pair in pairs for family in pair))
        rows = [row for family in families for cell in every(family) for row in runs.of(cell)]
        devices = list(dict.fromkeys(row["device"] for row in rows))
        if len(devices) > 1:
            return PartFinding(
                None, lambda: _("on different devices: {devices}").format(devices="; ".join(devices))
            )
        by_hours, by_image = (_tests(runs, measure, pairs, same) for measure in (hours, seconds_per_image))
        outcomes = [decide([test for _name, test in tests]) for tests in (by_hours, by_image)]
        means = {family: float(np.mean(_by_seed(runs, family, hours))) for family in families}

        def write() -> str:
            return _("hours: {hours}; time per image: {per_image}; mean hours per run: {means}; {device}").format(
                hours=_ratios(by_hours),
                per_image=_ratios(by_image),
                means=", ".join(f"{FAMILIES[family].title} {plain(mean)}" for family, mean in means.items()),
                device=devices[0],
            )

        return PartFinding(outcomes[0] if outcomes[0] == outcomes[1] else None, write)

    return measured
