"""A claim, its parts, each a measurable statement, and the rule that makes one verdict of them."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Literal

from gen100.i18n import N_, _
from gen100.thesis.cells import LOSSES
from gen100.thesis.claims.runs import MissingError, ThesisRuns
from gen100.thesis.claims.wording import capital

VerdictKey = Literal["supported", "refuted", "inconclusive"]

VERDICTS: dict[VerdictKey, str] = {
    "supported": N_("supported"),
    "refuted": N_("refuted"),
    "inconclusive": N_("inconclusive"),
}
"""What each verdict is called, to be translated."""
SYNTHETIC = N_("the data is synthetic, the claim is about CIFAR-100")
SHORT = N_("the runs are short, more training could change this")


@dataclass(frozen=True)
class PartFinding:
    """What measurements say of a part.

    Attributes:
        outcome: True, False, or None where noise hides it.
        numbers: writes the numbers behind it, in the current language.
    """

    outcome: bool | None
    numbers: Callable[[], str]


@dataclass(frozen=True)
class ClaimPart:
    """A measurable statement.

    Attributes:
        statement: what must be true for the claim to hold; a message, to be translated.
        measure: finds out. It raises MissingError where the runs lack what it needs.
        early: the outcomes that more training could not undo, so that short runs can give them as well.
    """

    statement: str
    measure: Callable[[ThesisRuns], PartFinding]
    early: tuple[bool, ...] = ()


@dataclass(frozen=True)
class ThesisClaim:
    """A claim of the thesis.

    Attributes:
        id: C1 to C13.
        text: what it says; a message, to be translated.
        figure: the name of the figure that shows it, without the language: "cost.svg".
        families: whose runs it is about.
    """

    id: str
    text: str
    figure: str
    parts: tuple[ClaimPart, ...]
    families: tuple[str, ...] = tuple(LOSSES)


@dataclass(frozen=True)
class JudgedPart:
    """A part with what was measured, and why its outcome is withheld, if it is."""

    part: ClaimPart
    finding: PartFinding
    withheld: str = ""

    @property
    def outcome(self) -> bool | None:
        return None if self.withheld else self.finding.outcome

    def text(self) -> str:
        """Statement, outcome and numbers, in the current language."""
        answer = _(VERDICTS[combine([self.outcome])])
        if self.withheld:
            measured = _(VERDICTS[combine([self.finding.outcome])])
            answer += " " + _("(measured: {outcome}; {reason})").format(outcome=measured, reason=_(self.withheld))
        return f"{capital(_(self.part.statement))}: {answer}. {capital(self.finding.numbers())}."


@dataclass(frozen=True)
class ClaimVerdict:
    """A claim with its verdict and the parts it rests on."""

    claim: ThesisClaim
    parts: tuple[JudgedPart, ...]

    @property
    def verdict(self) -> VerdictKey:
        return combine(part.outcome for part in self.parts)


def combine(outcomes: Iterable[bool | None]) -> VerdictKey:
    """Refuted if one outcome is False, supported if all are True, else inconclusive."""
    outcomes = list(outcomes)
    if False in outcomes:
        return "refuted"
    return "inconclusive" if None in outcomes else "supported"


def judge(claim: ThesisClaim, runs: ThesisRuns) -> ClaimVerdict:
    """Measure every part of a claim.

    A part is inconclusive where cells are missing, where the data is synthetic, or where the runs are short and
    more training could undo the outcome.

    Raises:
        UserError: a curve, resamples or samples of a run are missing or broken.
    """
    short = runs.short(claim.families)
    return ClaimVerdict(claim, tuple(_examine(part, runs, short) for part in claim.parts))


def _examine(part: ClaimPart, runs: ThesisRuns, short: bool) -> JudgedPart:
    try:
        found = part.measure(runs)
    except MissingError as error:
        missing = error
        return JudgedPart(
            part, PartFinding(None, lambda: _("not in the results: {name}").format(name=missing.text()))
        )
    if found.outcome is not None and runs.provenance.data.synthetic:
        return JudgedPart(part, found, SYNTHETIC)
    if found.outcome is not None and short and found.outcome not in part.early:
        return JudgedPart(part, found, SHORT)
    return JudgedPart(part, found)
