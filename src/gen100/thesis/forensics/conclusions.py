"""What the results say, in the current language. Nothing is said that the facts do not hold."""

from collections.abc import Sequence

from gen100 import i18n
from gen100.i18n import _
from gen100.thesis.forensics.facts import ForensicsFacts, MistakeResult
from gen100.thesis.forensics.mistakes import NAMED
from gen100.thesis.forensics.printed import PrintedNumbers
from gen100.thesis.forensics.verdict import miss
from gen100.thesis.forensics.wording import MISSES, brief, interval, quoted, title, titles

EXACT = 1e-9
"""An IS this close to 1 is 1."""


def conclusions(facts: ForensicsFacts, printed: PrintedNumbers) -> list[str]:
    """Paragraphs of one or two sentences each."""
    score = [result for result in facts.singles if result.explains in ("IS", "both")]
    distance = [result for result in facts.singles if result.explains in ("FID", "both")]
    said = [
        _correct(facts.correct, printed),
        _listed(
            _("One mistake explains both columns ({count}): {titles}."),
            [result for result in facts.singles if result.explains == "both"],
        ),
        *_about_score(score, printed),
        *_about_distance(facts, distance, printed),
        _listed(
            _("Two mistakes explain both columns, where the first changes both numbers ({count}): {titles}."),
            facts.pairs,
        ),
    ]
    if distance and (alone := [result for result in score if _score_alone(result)]):
        text = _(
            "The columns are computed separately, so both are also explained by any mistake in IS alone ({scores})"
            " together with any that explains FID ({distances}). In IS alone: {titles}."
        )
        said.append(text.format(scores=len(alone), distances=len(distance), titles=titles(alone)))
    neither = [result for result in facts.singles if result.explains == "neither"]
    return [*said, _listed(_("Ruled out, explain neither column ({count}): {titles}."), neither)]


def _listed(text: str, results: Sequence[MistakeResult]) -> str:
    return text.format(count=len(results), titles=titles(results))


def _score_alone(result: MistakeResult) -> bool:
    """Whether the mistake changes the formula of IS and nothing that FID depends on."""
    return NAMED[result.names[0]].pipeline.changed == {"score"}


def _correct(correct: MistakeResult, printed: PrintedNumbers) -> str:
    return _(
        "The correct pipeline gives IS {real} for real images and {samples} for samples; it prints 1.00 for"
        " {printing} of {sets} sets. Samples lie at {inception} on the scale of Inception's FID (printed: {low} to"
        " {high})."
    ).format(
        real=interval((found.inception_score for found in correct.real), 2),
        samples=interval((found.inception_score for found in correct.samples), 2),
        printing=sum(found.prints_100 for found in correct.measurements),
        sets=len(correct.measurements),
        inception=interval(end for found in correct.samples for end in (found.fid_low, found.fid_high)),
        low=brief(printed.low),
        high=brief(printed.high),
    )


def _about_score(score: Sequence[MistakeResult], printed: PrintedNumbers) -> list[str]:
    """Which mistakes explain IS, which do so exactly, and how they miss FID."""
    said = [_listed(_("IS prints 1.00 for every set, including real images ({count}): {titles}."), score)]
    exactly = [
        result for result in score if all(abs(found.inception_score - 1) < EXACT for found in result.measurements)
    ]
    if exactly:
        said.append(_listed(_("Of these, IS is exactly 1, not just rounded to it ({count}): {titles}."), exactly))
    for kind, label in MISSES.items():
        missed = [
            result
            for result in score
            if result.explains == "IS" and not _score_alone(result) and miss(result.measurements, printed) == kind
        ]
        if missed:
            text = _("Mistakes that explain IS and also change FID, with {miss}: {titles}.")
            said.append(text.format(miss=_(label), titles=titles(missed)))
    return said


def _about_distance(
    facts: ForensicsFacts, distance: Sequence[MistakeResult], printed: PrintedNumbers
) -> list[str]:
    """Which mistakes explain FID, how their FIDs differ, and which would do so for real images or for some."""
    said = [
        _listed(
            _("FID may lie in the printed range for the samples of every family ({count}): {titles}."), distance
        )
    ]
    fids = {result: [found.fid for found in result.samples if found.fid is not None] for result in distance}
    spreads = [
        f"{quoted([title(result.names)])} {i18n.number(max(found) / min(found), 2)}"
        for result, found in fids.items()
        if len(found) > 1
    ]
    if spreads:
        text = _("Highest over lowest FID among the families (printed: {ratio}): {spreads}.")
        said.append(text.format(ratio=i18n.number(printed.high / printed.low, 2), spreads="; ".join(spreads)))
    if real_too := [result for result in distance if any(found.fid_in_range for found in result.real)]:
        text = _(
            "Of these, even real images would get an FID in the range, so that it says almost nothing about a"
            " model ({count}): {titles}."
        )
        said.append(_listed(text, real_too))
    partly = [
        result
        for result in facts.singles
        if result not in distance and any(found.fid_in_range for found in result.samples)
    ]
    if partly:
        text = _("FID lies in the range for the samples of some families only ({count}): {titles}.")
        said.append(_listed(text, partly))
    return said
