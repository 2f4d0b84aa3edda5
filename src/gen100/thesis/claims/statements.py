"""Kinds of statements that claims are made of: lower, beyond a level, about equal; and how numbers are told."""

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from gen100 import layout
from gen100.cells import Cell
from gen100.report import words
from gen100.report.statistics import Difference, Interval, difference
from gen100.report.words import Language
from gen100.thesis import cells
from gen100.thesis.cells import LOSSES
from gen100.thesis.claims.judgement import Directed, Finding, Sign, contradicted, decide
from gen100.thesis.claims.study import SIZES, Study, cell

Pair = tuple[Cell, Cell]
Values = Callable[[Study], list[float]]
Named = tuple[str, Directed]
SHOWN = 6
ALIKE = 0.1
"""Two cells are about equal where their difference is surely less than this share of their mean."""
HALF = 0.5
"""Below this share of real images' colour, or of their fine detail, images count as grey, or as blurred."""

_SEEDS: words.Text = {"en": "seeds", "uk": "зерна"}
_SAMPLES: words.Text = {"en": "samples", "uk": "зразки"}
_ONE_SEED: words.Text = {"en": "one seed", "uk": "одне зерно"}
_COUNT: words.Text = {
    "en": "{yes} of {all} as claimed beyond noise, {no} the other way",
    "uk": "{yes} з {all} як у твердженні поза межами шуму, {no} навпаки",
}


def short_name(which: Cell) -> str:
    return f"{which.title} {which.latent}"


def plain(value: float) -> str:
    """Three or four significant digits, without an exponent."""
    return np.format_float_positional(float(f"{value:.4g}"), trim="-").replace("-", "−")


def _interval(interval: Interval) -> str:
    return f"[{plain(interval[0])}; {plain(interval[1])}]"


def told(found: Difference, language: Language) -> str:
    """`1.2 − 3.4 = −2.2 (95%: seeds [..; ..], samples [..; ..])`; samples where they are a source of noise."""
    spread = f"{_SEEDS[language]} {_interval(found.by_seeds)}" if found.by_seeds else _ONE_SEED[language]
    if found.error_samples:
        spread += f", {_SAMPLES[language]} {_interval(found.by_samples)}"
    return f"{plain(found.mean_a)} − {plain(found.mean_b)} = {plain(found.value)} (95%: {spread})"


def tested(found: Difference, language: Language) -> str:
    """A difference, and the p of there being none."""
    p = "" if found.by_seeds is None else f", p {found.p:.2g}" if found.p >= 0.001 else ", p < 0.001"
    return told(found, language) + p


def finding(tests: Sequence[Named]) -> Finding:
    """Decide over all tests; tell of each, or, of many, how many say what and the strongest of them."""
    directed = [test for _, test in tests]

    def write(language: Language) -> str:
        against = contradicted(directed)
        counted = _COUNT[language].format(
            yes=sum(test.confirms for test in directed), all=len(tests), no=sum(against)
        )
        if len(tests) > SHOWN:
            # Contradictions first, then what was found for the claim, the surest first.
            order = sorted(
                range(len(tests)), key=lambda place: (not against[place], directed[place].found.p, place)
            )
            chosen = [tests[place] for place in order[: SHOWN // 2]]
        else:
            chosen = list(tests)
        listed = "; ".join(f"{name}: {tested(test.found, language)}" for name, test in chosen)
        return f"{counted}; {listed}" if len(tests) > 1 else listed

    return Finding(decide(directed), words.both(write))


def lower(pairs: Sequence[Pair], measure: str = "fid") -> Callable[[Study], Finding]:
    """The first cell of each pair has the lower value."""

    def measured(study: Study) -> Finding:
        return finding(
            [
                (f"{short_name(a)} − {short_name(b)}", Directed(study.difference(a, b, measure), -1))
                for a, b in pairs
            ]
        )

    return measured


def beyond(cells: Sequence[Cell], level: float, sign: Sign, measure: str) -> Callable[[Study], Finding]:
    """Each cell's value lies above (+1) or below (-1) a level."""

    def measured(study: Study) -> Finding:
        return finding(
            [(short_name(which), Directed(study.against(which, level, measure), sign)) for which in cells]
        )

    return measured


def within(found: Difference, margin: float) -> list[Directed]:
    """Two one-sided tests (Schuirmann 1987): the difference is below `margin` and above -`margin`."""
    return [Directed(replace(found, shift=margin), -1), Directed(replace(found, shift=-margin), 1)]


def alike(pairs: Sequence[Pair]) -> Callable[[Study], Finding]:
    """The FID of each pair differs by less than `ALIKE` of their mean: shown, not just not refuted."""

    def measured(study: Study) -> Finding:
        tests, said = [], []
        for a, b in pairs:
            found = study.difference(a, b, "fid")
            margin = ALIKE * (found.mean_a + found.mean_b) / 2
            tests += within(found, margin)
            said.append((f"{short_name(a)} − {short_name(b)}", found, margin))

        def write(language: Language) -> str:
            return "; ".join(f"{name}: {told(found, language)}, ±{plain(margin)}" for name, found, margin in said)

        return Finding(decide(tests), words.both(write))

    return measured


def curves(
    pairs: Sequence[tuple[str, Values, Values]],
    sign: Sign,
    paired: bool = True,
) -> Callable[[Study], Finding]:
    """The first value of each pair lies above (+1) or below (-1) the second, over seeds.

    Losses are of all validation images, so that there is no noise of samples in them.
    """

    def measured(study: Study) -> Finding:
        return finding(
            [(name, Directed(difference(a(study), b(study), 0.0, paired), sign)) for name, a, b in pairs]
        )

    return measured


def _of(measure: Callable[[pd.DataFrame], float], which: Cell) -> Values:
    return lambda study: study.curves(which, measure)


def rivals(model: str, loss: str, others: Sequence[str]) -> list[Pair]:
    """A loss beside others of its model, at both sizes."""
    return [(cell(model, loss, size), cell(model, other, size)) for size in SIZES for other in others]


def ahead(model: str, loss: str, measure: Callable[[pd.DataFrame], float]) -> list[tuple[str, Values, Values]]:
    """A loss beside each other loss of its model, at both sizes, by a measure of curves."""
    others = [other for other in LOSSES[model] if other != loss]
    return [
        (f"{short_name(a)} − {short_name(b)}", _of(measure, a), _of(measure, b))
        for a, b in rivals(model, loss, others)
    ]


def appendix(family: str) -> str:
    """Where a model's curves and images are to be seen, relative to reports/."""
    return cells.appendix(family).relative_to(layout.CLAIMS.parent).as_posix()
