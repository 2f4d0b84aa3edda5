"""Claims of all models together: C1 to C3 and C13, of quality."""

import numpy as np

from gen100.cells import Cell
from gen100.report import words
from gen100.report.statistics import difference
from gen100.report.words import Language
from gen100.thesis.cells import LOSSES
from gen100.thesis.claims.judgement import (
    Claim,
    Directed,
    Finding,
    Part,
    bilingual,
    contradicted,
    decide,
)
from gen100.thesis.claims.statements import lower, plain, short_name, tested
from gen100.thesis.claims.study import LARGE, SIZES, SMALL, MissingError, Study, cell, every

ALL = [which for model in LOSSES for which in every(model)]
PRINTED_AS_ONE = 1.005
"""An Inception score below this is printed as 1.00; none is below 1."""
LEAST_PRINTED = 989.0345
"""The lowest FID of the thesis' tables."""


def _present(study: Study) -> list[Cell]:
    """The thesis' cells that were run: each may refute what is said of every cell, only all can bear it out."""
    found = [which for which in ALL if which in study.cells]
    if not found:
        raise MissingError(str(ALL[0]))
    return found


def _printed_as_one(study: Study) -> Finding:
    """IS is at least 1, whatever the seed: one run that surely scores more refutes that every run scores 1.00.

    Surely: two standard deviations over splits of its samples above what is still printed as 1.00.
    """
    cells = _present(study)
    scores = {which: study.column(which, "is") for which in cells}
    spreads = {which: study.column(which, "is_std") for which in cells}
    runs = [pair for which in cells for pair in zip(scores[which], spreads[which], strict=True)]
    above = sum(score - 2 * spread > PRINTED_AS_ONE for score, spread in runs)
    borne_out = cells == ALL and all(score < PRINTED_AS_ONE for score, _ in runs)
    low, high = (choose(cells, key=lambda which: float(np.mean(scores[which]))) for choose in (min, max))
    ends = [f"{plain(float(np.mean(scores[which])))} ({short_name(which)})" for which in (low, high)]
    return Finding(
        False if above else borne_out or None,
        bilingual(
            f"IS from {ends[0]} to {ends[1]}; above {PRINTED_AS_ONE} by more than two standard deviations over "
            f"splits in {above} of {len(runs)} runs",
            f"IS від {ends[0]} до {ends[1]}; вище {PRINTED_AS_ONE} більш ніж на два стандартні відхилення за "
            f"частинами вибірки у {above} з {len(runs)} прогонів",
        ),
    )


def _all_above(study: Study, level: float) -> tuple[bool | None, list[Directed], Directed]:
    """Whether every cell's FID lies above a level; the test of each; and that of their mean.

    If the mean lies below, some cell does: one test finds that where one for each cell is too weak.
    """
    cells = _present(study)
    tests = [Directed(study.against(which, level, "fid"), 1) for which in cells]
    error = float(np.sqrt(sum(test.found.error_samples**2 for test in tests)) / len(tests))
    values = np.mean([study.column(which, "fid") for which in cells], axis=0).tolist()
    mean = Directed(difference(values, [level] * len(values), error, paired=True), 1)
    outcome = False if any(contradicted([mean])) else decide(tests)
    return (None if outcome and cells != ALL else outcome), tests, mean


def _as_far_as_nothing(study: Study) -> Finding:
    floor, ceiling = study.levels["real"], min(study.levels["noise"], study.levels["constant"])
    outcome, tests, mean = _all_above(study, ceiling)
    share = [(test.found.mean_a - floor) / (ceiling - floor) for test in tests]
    places = int(np.argmin(share)), int(np.argmax(share))
    ends = [f"{share[place]:.0%} ({short_name(_present(study)[place])})" for place in places]
    nearer = sum(test.side < 0 for test in tests)

    def write(language: Language) -> str:
        levels = ", ".join(plain(study.levels[kind]) for kind in ("real", "noise", "constant"))
        return {
            "en": f"real images, noise and one flat colour score {levels}; on the way from the first to the lower "
            f"of the others, cells stand at {ends[0]} to {ends[1]}, {nearer} of {len(tests)} below 100%; mean of "
            f"cells − ceiling: {tested(mean.found, language)}",
            "uk": f"справжні зображення, шум та один рівний колір мають {levels}; на шляху від першого до меншого "
            f"з двох інших комірки стоять на {ends[0]}–{ends[1]}, {nearer} з {len(tests)} нижче 100%; середнє "
            f"комірок − стеля: {tested(mean.found, language)}",
        }[language]

    return Finding(outcome, words.both(write))


def _as_high_as_printed(study: Study) -> Finding:
    if not study.results[0]["extractor"].startswith("FID"):
        return Finding(
            None,
            bilingual(
                "the distance is another network's, and printed FIDs are Inception's or nobody's",
                "відстань виміряно іншою мережею, а надруковані FID можуть бути лише від Inception",
            ),
        )
    outcome, tests, mean = _all_above(study, LEAST_PRINTED)
    low, high = (choose(test.found.mean_a for test in tests) for choose in (min, max))

    def write(language: Language) -> str:
        cells = {"en": "cells from {} to {}; mean − 989", "uk": "комірки від {} до {}; середнє − 989"}[language]
        return f"{cells.format(plain(low), plain(high))}: {tested(mean.found, language)}"

    return Finding(outcome, words.both(write))


def _sizes(model: str) -> list[tuple[Cell, Cell]]:
    return [(cell(model, loss, LARGE), cell(model, loss, SMALL)) for loss in LOSSES[model]]


def _leads(model: str, loss: str) -> list[tuple[Cell, Cell]]:
    """Pairs of a loss at a size with all cells of that size but the two that are said to lead."""
    leaders = [cell("stylegan2", "hinge", size) for size in SIZES] + [
        cell("stable_diffusion", "mae", size) for size in SIZES
    ]
    return [
        (cell(model, loss, size), other)
        for size in SIZES
        for family in LOSSES
        for other in (cell(family, name, size) for name in LOSSES[family])
        if other not in leaders
    ]


CLAIMS = (
    Claim(
        "C1",
        bilingual(
            "IS is 1.00 for every cell: generated images are not classifiable and not diverse",
            "IS дорівнює 1.00 для кожної комірки: згенеровані зображення не класифікуються й не різноманітні",
        ),
        (
            Part(
                bilingual("IS of every run is printed as 1.00", "IS кожного прогону друкується як 1.00"),
                _printed_as_one,
                early=(False,),
            ),
        ),
        "figures/appendix_c.png",
    ),
    Claim(
        "C2",
        bilingual(
            "FID is high for every cell (989 to 1,899): generated images are far from real ones",
            "FID високий для кожної комірки (від 989 до 1899): згенеровані зображення далекі від справжніх",
        ),
        (
            Part(
                bilingual(
                    "every cell is as far from real images as noise or one flat colour, whichever is nearer",
                    "кожна комірка щонайменше так далека від справжніх зображень, як ближче з двох: шум чи один "
                    "рівний колір",
                ),
                _as_far_as_nothing,
                early=(False,),
            ),
            Part(
                bilingual(
                    "the FID of every cell is at least 989, the least that was printed",
                    "FID кожної комірки щонайменше 989, найменше з надрукованого",
                ),
                _as_high_as_printed,
                early=(False,),
            ),
        ),
        "figures/bias.svg",
    ),
    Claim(
        "C3",
        bilingual(
            "FID falls as batch and latent size grow",
            "FID зменшується зі збільшенням батчу та латентного простору",
        ),
        (
            Part(
                bilingual(
                    "the larger size has the lower FID, for every model and loss",
                    "більший розмір має менший FID для кожної моделі та функції втрат",
                ),
                lower([pair for model in LOSSES for pair in _sizes(model)]),
            ),
        ),
        "figures/cost.svg",
    ),
    Claim(
        "C13",
        bilingual(
            "Best overall: StyleGAN2 with Hinge and Stable Diffusion with MAE",
            "Найкращі загалом: StyleGAN2 з Hinge та Stable Diffusion з MAE",
        ),
        tuple(
            Part(
                bilingual(
                    f"{title} has a lower FID than every other cell of its size but the other of the two",
                    f"{title} має менший FID, ніж кожна інша комірка того ж розміру, крім другої з двох",
                ),
                lower(_leads(model, loss)),
            )
            for title, model, loss in (
                ("StyleGAN2, Hinge", "stylegan2", "hinge"),
                ("Stable Diffusion, MAE", "stable_diffusion", "mae"),
            )
        ),
        "figures/cost.svg",
    ),
)
