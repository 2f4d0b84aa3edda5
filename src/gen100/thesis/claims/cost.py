"""The claim of training cost: C12."""

from collections.abc import Callable

import numpy as np

from gen100.families.registry import FAMILIES
from gen100.report import words
from gen100.report.cost_and_bias import hours
from gen100.report.results import Record
from gen100.report.statistics import Difference, difference
from gen100.report.words import Language
from gen100.thesis.claims.judgement import Claim, Directed, Finding, Part, bilingual, decide
from gen100.thesis.claims.statements import Named, plain, within
from gen100.thesis.claims.study import Study, every

SAME_COST = 1.5
"""Costs within this factor are about the same."""


def _by_seed(study: Study, model: str, measure: Callable[[Record], float]) -> list[float]:
    """The mean of a measure over a model's cells, a value a seed."""
    columns = [[measure(row) for row in study.runs(which)] for which in every(model)]
    return np.mean(columns, axis=0).tolist()


def seconds_an_image(row: Record) -> float:
    """Seconds that a training image took, in the model and, where there is one, in its autoencoder."""
    first = row["autoencoder_seconds"] / row["autoencoder_images"] if row["autoencoder_images"] else 0.0
    return row["seconds"] / row["images_seen"] + first


def _costs(
    study: Study, measure: Callable[[Record], float], order: list[tuple[str, str]], even: bool
) -> list[Named]:
    """Tests on the logarithms of costs: of being within a factor, or of the first of a pair being less."""
    tests = []
    for a, b in order:
        logs = [np.log(_by_seed(study, model, measure)).tolist() for model in (a, b)]
        found = difference(*logs, error=0.0, paired=False)
        name = f"{FAMILIES[a].title} / {FAMILIES[b].title}"
        tests += [
            (name, one) for one in (within(found, float(np.log(SAME_COST))) if even else [Directed(found, -1)])
        ]
    return tests


def _ratio(found: Difference) -> str:
    value, (low, high) = np.exp(found.value), np.exp(found.by_seeds or (found.value, found.value))
    return f"{plain(value)} [{plain(low)}; {plain(high)}]" if found.by_seeds else plain(value)


def _cost(order: list[tuple[str, str]], even: bool = False) -> Callable[[Study], Finding]:
    """By the hours that trainings took, and by the time an image takes, whatever the budget: both must agree.

    Both are of this study's networks and budgets, which the thesis leaves open.
    """

    def measured(study: Study) -> Finding:
        models = list(dict.fromkeys(model for pair in order for model in pair))
        rows = [row for model in models for which in every(model) for row in study.runs(which)]
        devices = list(dict.fromkeys(row["device"] for row in rows))
        if len(devices) > 1:
            text = "; ".join(devices)
            return Finding(None, bilingual(f"on different devices: {text}", f"на різних пристроях: {text}"))
        by_hours, by_image = (_costs(study, measure, order, even) for measure in (hours, seconds_an_image))
        outcomes = [decide([test for _, test in tests]) for tests in (by_hours, by_image)]
        outcome = outcomes[0] if outcomes[0] == outcomes[1] else None

        def write(language: Language) -> str:
            heads = {"en": ("hours", "time an image"), "uk": ("години", "час на зображення")}[language]
            ratios = [
                f"{head}: " + ", ".join(dict.fromkeys(f"{name} = {_ratio(test.found)}" for name, test in tests))
                for head, tests in zip(heads, (by_hours, by_image), strict=True)
            ]
            means = [f"{FAMILIES[m].title} {plain(float(np.mean(_by_seed(study, m, hours))))}" for m in models]
            unit = {"en": "mean hours a run", "uk": "середні години прогону"}[language]
            return f"{'; '.join(ratios)}; {unit}: {', '.join(means)}; {devices[0]}"

        return Finding(outcome, words.both(write))

    return measured


CLAIMS = (
    Claim(
        "C12",
        bilingual(
            "Training cost: VAE ~ DALL-E < Stable Diffusion < StyleGAN2 (up to 2.5 h on a hosted GPU)",
            "Вартість навчання: VAE ~ DALL-E < Stable Diffusion < StyleGAN2 (до 2,5 год на хмарному GPU)",
        ),
        (
            Part(
                bilingual(
                    f"VAE and DALL-E cost the same within a factor of {SAME_COST}, in hours and in time an image",
                    f"VAE та DALL-E коштують однаково в межах {SAME_COST} раза, у годинах та в часі на зображення",
                ),
                _cost([("vae", "dalle")], even=True),
            ),
            Part(
                bilingual("both cost less than Stable Diffusion", "обидві коштують менше за Stable Diffusion"),
                _cost([("vae", "stable_diffusion"), ("dalle", "stable_diffusion")]),
            ),
            Part(
                bilingual(
                    "Stable Diffusion costs less than StyleGAN2", "Stable Diffusion коштує менше за StyleGAN2"
                ),
                _cost([("stable_diffusion", "stylegan2")]),
            ),
        ),
        "figures/cost.svg",
    ),
)
