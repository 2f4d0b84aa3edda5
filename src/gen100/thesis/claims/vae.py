"""Claims of VAE: C4 to C6."""

from collections.abc import Callable

import numpy as np

from gen100.report import words
from gen100.report.statistics import difference
from gen100.report.words import Language
from gen100.thesis.cells import LOSSES
from gen100.thesis.claims.judgement import Claim, Directed, Finding, Part, bilingual, decide
from gen100.thesis.claims.statements import (
    HALF,
    ahead,
    alike,
    appendix,
    beyond,
    curves,
    lower,
    rivals,
    short_name,
    told,
    within,
)
from gen100.thesis.claims.study import LARGE, SIZES, SMALL, Study, cell, every, gap, usual

PARTED = 0.05
"""Losses have parted where the validation loss exceeds the training loss by this share of it."""
OTHERS = ("dalle", "stylegan2", "stable_diffusion")


def _gaps(size: str, parted: bool) -> Callable[[Study], Finding]:
    """Every loss of VAE at a size: the last gap lies above PARTED, or surely within it."""

    def measured(study: Study) -> Finding:
        tests, said = [], []
        for loss in LOSSES["vae"]:
            which = cell("vae", loss, size)
            values = study.curves(which, gap)
            found = difference(values, [PARTED if parted else 0.0] * len(values), 0.0, paired=True)
            tests += [Directed(found, 1)] if parted else within(found, PARTED)
            said.append((short_name(which), found))

        def write(language: Language) -> str:
            return "; ".join(f"{name}: {told(found, language)}" for name, found in said)

        return Finding(decide(tests), words.both(write))

    return measured


def _doubles(study: Study) -> Finding:
    tests, said = [], []
    for size in SIZES:
        first, second = (study.mse(cell("vae", loss, size)) for loss in ("mi", "elbo"))
        found = difference(first, (2 * np.array(second)).tolist(), 0.0, paired=True)
        tests.append(Directed(found, 1))
        said.append((f"{short_name(cell('vae', 'mi', size))} − 2 × ELBO", found))
    return Finding(
        decide(tests),
        words.both(lambda language: "; ".join(f"{name}: {told(found, language)}" for name, found in said)),
    )


CLAIMS = (
    Claim(
        "C4",
        bilingual(
            "VAE is worst: blobs of colour; a larger size adds accents",
            "VAE найгірша: плями кольору; більший розмір додає акцентів",
        ),
        (
            Part(
                bilingual(
                    "in experiment 1 every other model has a lower FID than VAE, at both sizes",
                    "в експерименті 1 кожна інша модель має менший FID, ніж VAE, за обох розмірів",
                ),
                lower([(usual(model, size), usual("vae", size)) for size in SIZES for model in OTHERS]),
            ),
            Part(
                bilingual(
                    "blobs: VAE's images have less than half of real images' power at high frequencies",
                    "плями: зображення VAE мають менше половини потужності справжніх на високих частотах",
                ),
                beyond([usual("vae", size) for size in SIZES], HALF, -1, "detail"),
            ),
            Part(
                bilingual(
                    "accents: the larger size has more power at high frequencies",
                    "акценти: більший розмір має більше потужності на високих частотах",
                ),
                lower([(usual("vae", SMALL), usual("vae", LARGE))], "detail"),
            ),
        ),
        appendix("vae"),
    ),
    Claim(
        "C5",
        bilingual(
            "VAE: WAE at 2048 is best; MI doubles the error and looks like ELBO",
            "VAE: WAE з 2048 найкраща; MI подвоює похибку й виглядає як ELBO",
        ),
        (
            Part(
                bilingual(
                    "WAE at 2048 has a lower FID than every other VAE cell",
                    "WAE з 2048 має менший FID, ніж кожна інша комірка VAE",
                ),
                lower(
                    [
                        (best, other)
                        for best in [cell("vae", "wae", LARGE)]
                        for other in every("vae")
                        if other != best
                    ]
                ),
            ),
            Part(
                bilingual(
                    "the error of MI (mean square, of reconstructed test images) is at least twice that of ELBO",
                    "похибка MI (середній квадрат, на тестових зображеннях) щонайменше вдвічі більша за ELBO",
                ),
                _doubles,
            ),
            Part(
                bilingual(
                    "the FID of MI and of ELBO differ by less than 10%, at both sizes",
                    "FID у MI та ELBO різняться менш ніж на 10% за обох розмірів",
                ),
                alike(rivals("vae", "mi", ("elbo",))),
            ),
        ),
        appendix("vae"),
        ("vae",),
    ),
    Claim(
        "C6",
        bilingual(
            "VAE at 128: training and validation loss part; at 2048 they do not; worst gap with MI",
            "VAE зі 128: втрати навчання та валідації розходяться; з 2048 — ні; найбільший розрив у MI",
        ),
        (
            Part(
                bilingual(
                    "at 128 the last validation loss exceeds the training loss by more than 5%, for every loss",
                    "зі 128 остання втрата валідації перевищує втрату навчання більш ніж на 5% для кожної функції",
                ),
                _gaps(SMALL, parted=True),
            ),
            Part(
                bilingual("at 2048 they stay within 5%", "з 2048 вони лишаються в межах 5%"),
                _gaps(LARGE, parted=False),
            ),
            Part(
                bilingual(
                    "the gap of MI is the largest, at both sizes", "розрив у MI найбільший за обох розмірів"
                ),
                curves(ahead("vae", "mi", gap), 1),
            ),
        ),
        appendix("vae"),
        ("vae",),
    ),
)
