"""How a claim is judged: its parts, each a measurable statement, and the rule that makes one verdict of them."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Literal

from gen100.report.statistics import LEVEL, Difference, holm
from gen100.report.words import LANGUAGES, Text
from gen100.thesis.cells import LOSSES
from gen100.thesis.claims.study import MissingError, Study

Verdict = Literal["holds", "fails", "cannot be told"]
Sign = Literal[-1, 1]


@dataclass(frozen=True)
class Finding:
    """What measurements say of a part: True, False, or None where noise hides it; and the numbers behind it."""

    outcome: bool | None
    numbers: Text


@dataclass(frozen=True)
class Part:
    """A measurable statement.

    Attributes:
        statement: what must be true for the claim to hold.
        measure: finds out.
        early: the outcomes that more training could not undo, so that short runs can give them as well.
    """

    statement: Text
    measure: Callable[[Study], Finding]
    early: tuple[bool, ...] = ()


@dataclass(frozen=True)
class Claim:
    """A claim of the thesis; `figure` is where it can be seen, relative to reports/."""

    name: str
    text: Text
    parts: tuple[Part, ...]
    figure: str
    models: tuple[str, ...] = tuple(LOSSES)


@dataclass(frozen=True)
class Judged:
    claim: Claim
    verdict: Verdict
    evidence: list[Text]
    """A sentence or two for each part."""


ANSWERS: dict[bool | None, Text] = {
    True: {"en": "yes", "uk": "так"},
    False: {"en": "no", "uk": "ні"},
    None: {"en": "cannot be told", "uk": "неможливо встановити"},
}
SYNTHETIC: Text = {
    "en": "the data is synthetic, the claim is about CIFAR-100",
    "uk": "дані синтетичні, а твердження стосується CIFAR-100",
}
SHORT: Text = {
    "en": "more training could change this, the runs are short",
    "uk": "довше навчання може це змінити, прогони короткі",
}
MISSING: Text = {"en": "not in the results: ", "uk": "немає в результатах: "}


@dataclass(frozen=True)
class Directed:
    """A difference, and the sign that a claim says it has, counted from the difference's shift."""

    found: Difference
    sign: Sign

    @property
    def confirms(self) -> bool:
        return self.found.p_seeds is not None and self.found.p < LEVEL and self.side > 0

    @property
    def side(self) -> float:
        """Positive where the difference lies on the side claimed."""
        return (self.found.value - self.found.shift) * self.sign


def contradicted(tests: list[Directed]) -> list[bool]:
    """Which of several differences have the other sign, beyond noise, adjusted for their number (Holm 1979)."""
    adjusted = holm([test.found.p for test in tests])
    return [
        test.found.p_seeds is not None and p < LEVEL and test.side < 0
        for test, p in zip(tests, adjusted, strict=True)
    ]


def decide(tests: list[Directed]) -> bool | None:
    """Whether all differences have the sign claimed, beyond the noise of seeds and that of samples.

    True needs every test to reject by itself, at 5%: one that errs is enough to spoil it, so that no adjustment is
    due (Berger 1982, intersection-union test). False needs one contradiction, which any of many tests could give
    by chance: their p are adjusted. A single seed decides nothing.
    """
    if all(test.confirms for test in tests):
        return True
    return False if any(contradicted(tests)) else None


def _examine(part: Part, study: Study, short: bool) -> tuple[bool | None, Text]:
    try:
        found = part.measure(study)
    except MissingError as error:
        found = Finding(None, {language: f"{MISSING[language]}{error}" for language in LANGUAGES})
    outcome, reason = found.outcome, None
    if outcome is not None and study.synthetic:
        outcome, reason = None, SYNTHETIC
    elif outcome is not None and short and outcome not in part.early:
        outcome, reason = None, SHORT
    said: Text = {}
    for language in LANGUAGES:
        answer = ANSWERS[outcome][language]
        if reason:
            measured = {"en": "measured", "uk": "виміряно"}[language]
            answer += f" ({measured}: {ANSWERS[found.outcome][language]}; {reason[language]})"
        said[language] = f"{capital(part.statement[language])}: {answer}. {capital(found.numbers[language])}."
    return outcome, said


def judge(claim: Claim, study: Study) -> Judged:
    """Fails if a part does, beyond noise; holds if all parts do; else it cannot be told.

    A part cannot be told where cells are missing, where the data is synthetic, or where the runs are short and
    the outcome is none that a short run can give.
    """
    short = study.short(claim.models)
    outcomes, evidence = zip(*(_examine(part, study, short) for part in claim.parts), strict=True)
    return Judged(claim, verdict_of(outcomes), list(evidence))


def capital(text: str) -> str:
    """A sentence's first letter, the rest as it is."""
    return text[:1].upper() + text[1:]


def verdict_of(outcomes: Iterable[bool | None]) -> Verdict:
    outcomes = list(outcomes)
    if False in outcomes:
        return "fails"
    return "cannot be told" if None in outcomes else "holds"


def bilingual(english: str, ukrainian: str) -> Text:
    return {"en": english, "uk": ukrainian}
