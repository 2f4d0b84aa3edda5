"""The claim of Stable Diffusion: C11."""

from itertools import combinations

import numpy as np

from gen100.families.registry import FAMILIES
from gen100.thesis.cells import LOSSES
from gen100.thesis.claims.judgement import Claim, Part, bilingual
from gen100.thesis.claims.statements import Values, ahead, alike, appendix, curves
from gen100.thesis.claims.study import SIZES, cell, every, fall, rises


def _rises(model: str) -> Values:
    return lambda study: np.mean([study.curves(which, rises) for which in every(model)], axis=0).tolist()


def _easier() -> list[tuple[str, Values, Values]]:
    title = FAMILIES["stable_diffusion"].title
    return [
        (f"{title} − {FAMILIES[model].title}", _rises("stable_diffusion"), _rises(model))
        for model in LOSSES
        if model != "stable_diffusion"
    ]


CLAIMS = (
    Claim(
        "C11",
        bilingual(
            "Stable Diffusion: all losses work alike; MAE trains best; it trains most easily of all",
            "Stable Diffusion: усі функції втрат працюють однаково; MAE навчається найкраще; модель навчається "
            "найлегше з усіх",
        ),
        (
            Part(
                bilingual(
                    "the FID of any two losses differ by less than 10%, at both sizes",
                    "FID будь-яких двох функцій втрат різняться менш ніж на 10% за обох розмірів",
                ),
                alike(
                    [
                        (cell("stable_diffusion", a, size), cell("stable_diffusion", b, size))
                        for size in SIZES
                        for a, b in combinations(LOSSES["stable_diffusion"], 2)
                    ]
                ),
            ),
            Part(
                bilingual(
                    "the validation loss of MAE falls by the largest share, at both sizes",
                    "втрата валідації у MAE зменшується на найбільшу частку за обох розмірів",
                ),
                curves(ahead("stable_diffusion", "mae", fall), 1),
            ),
            Part(
                bilingual(
                    "easily: the validation loss rises between records less often than in every other model "
                    "(StyleGAN2: the discriminator's loss)",
                    "легко: втрата валідації зростає між записами рідше, ніж у кожній іншій моделі (StyleGAN2: "
                    "втрата дискримінатора)",
                ),
                curves(_easier(), -1, paired=False),
            ),
        ),
        appendix("stable_diffusion"),
    ),
)
