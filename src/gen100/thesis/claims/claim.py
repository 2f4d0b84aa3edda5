"""A claim, its parts, each a measurable statement, and the rule that makes one verdict of them."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from functools import wraps
from typing import Concatenate, Literal, NamedTuple, ParamSpec

from gen100 import i18n, layout
from gen100.i18n import N_, _
from gen100.report.labels import SHORT_RUN
from gen100.thesis.cells import LOSSES
from gen100.thesis.claims.decision import PartFinding
from gen100.thesis.claims.runs import MissingError, ThesisRuns

VerdictKey = Literal["supported", "refuted", "inconclusive"]
Measure = Callable[[ThesisRuns], PartFinding]
Subject = ParamSpec("Subject")

VERDICTS: dict[VerdictKey, str] = {
    "supported": N_("supported"),
    "refuted": N_("refuted"),
    "inconclusive": N_("inconclusive"),
}
"""What each verdict is called, to be translated."""


def hypothesis(test: Callable[Concatenate[ThesisRuns, Subject], PartFinding]) -> Callable[Subject, Measure]:
    """A test of the runs that is told first what it is about: `lower(pairs)` tests any runs."""

    @wraps(test)
    def about(*args: Subject.args, **kwargs: Subject.kwargs) -> Measure:
        return lambda runs: test(runs, *args, **kwargs)

    return about


@dataclass(frozen=True)
class ThesisClaim:
    """A claim of the thesis.

    Attributes:
        id: C1 to C13.
        text: what it says; a message, to be translated.
        figure: the name of the figure that shows it, without the language: "cost.svg".
        parts: what must be true for the claim to hold, messages to be translated, and what finds out. This raises
            MissingError where the runs lack what it needs.
        families: whose runs it is about.
    """

    id: str
    text: str
    figure: str
    parts: dict[str, Measure]
    families: tuple[str, ...] = tuple(LOSSES)

    @property
    def figure_file(self) -> str:
        """The figure in the current language, relative to reports/."""
        name, _dot, kind = self.figure.rpartition(".")
        return f"{layout.FIGURES.name}/{name}.{i18n.current()}.{kind}"


class ClaimVerdict(NamedTuple):
    """A claim, its verdict, and as evidence each part's statement and what was found, in the current language."""

    claim: ThesisClaim
    verdict: VerdictKey
    evidence: list[str]


def combine(outcomes: Collection[bool | None]) -> VerdictKey:
    """Refuted if one outcome is False, supported if all are True, else inconclusive."""
    if False in outcomes:
        return "refuted"
    return "inconclusive" if None in outcomes else "supported"


def judge(claim: ThesisClaim, runs: ThesisRuns) -> ClaimVerdict:
    """Measure every part of a claim, and write its evidence in the current language.

    A part is inconclusive where cells are missing, where the data is synthetic, or where the runs are short and
    more training could undo the outcome.

    Raises:
        UserError: a curve, resamples or samples of a run are missing or broken.
    """
    short = any(row["images_seen"] < SHORT_RUN for row in runs.rows if row["family"] in claim.families)
    parts = [_examine(_(said), measure, runs, short) for said, measure in claim.parts.items()]
    return ClaimVerdict(claim, combine([part.outcome for part in parts]), [part.text for part in parts])


def _examine(statement: str, measure: Measure, runs: ThesisRuns, short: bool) -> PartFinding:
    try:
        found = measure(runs)
    except MissingError as error:
        found = PartFinding(None, _("not in the results: {name}").format(name=error))
    outcome, withheld = found.outcome, ""
    if outcome is not None and runs.provenance.data.synthetic:
        withheld = _("the data is synthetic, the claim is about CIFAR-100")
    elif outcome is not None and short and not found.lasting:
        withheld = _("the runs are short, more training could change this")
    answer = _(VERDICTS[combine([outcome])])
    if withheld:
        said = _("(measured: {outcome}; {reason})").format(outcome=answer, reason=withheld)
        outcome, answer = None, f"{_(VERDICTS['inconclusive'])} {said}"
    return PartFinding(outcome, f"{_capital(statement)}: {answer}. {_capital(found.text)}.")


def _capital(text: str) -> str:
    """A sentence's first letter in upper case, the rest as it is."""
    return text[:1].upper() + text[1:]
