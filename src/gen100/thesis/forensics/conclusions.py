"""What the results say, in the current language. Nothing is said that the facts do not hold."""

from collections.abc import Sequence

from gen100 import i18n
from gen100.i18n import _
from gen100.thesis.forensics.facts import ForensicsFacts, MistakeResult
from gen100.thesis.forensics.verdict import HIGH, LOW, miss
from gen100.thesis.forensics.wording import MISSES, brief, interval, quoted, title, titles

EXACT = 1e-9
"""An IS this close to 1 is 1."""


def _listed(text: str, results: Sequence[MistakeResult], **values: str | int) -> str:
    return text.format(count=len(results), titles=titles(results), **values)


def _if_any(text: str, results: Sequence[MistakeResult], **values: str | int) -> list[str]:
    return [_listed(text, results, **values)] if results else []


def conclusions(facts: ForensicsFacts) -> list[str]:
    """Paragraphs of one or two sentences each."""
    score = [result for result in facts.singles if result.explains in ("IS", "both")]
    alone = [result for result in score if result.mistakes[0].changed == {"score"}]  # FID does not depend on it
    distance = [result for result in facts.singles if result.explains in ("FID", "both")]
    return [
        _correct(facts.correct),
        _listed(
            _("One mistake explains both columns ({count}): {titles}."),
            [result for result in facts.singles if result.explains == "both"],
        ),
        *_about_score(score, alone),
        *_about_distance(facts, distance),
        _listed(
            _("Two mistakes explain both columns, where the first changes both numbers ({count}): {titles}."),
            facts.pairs,
        ),
        *_if_any(
            _(
                "The columns are computed separately, so both are also explained by any mistake in IS alone"
                " ({scores}) together with any that explains FID ({distances}). In IS alone: {titles}."
            ),
            alone if distance else [],
            scores=len(alone),
            distances=len(distance),
        ),
        _listed(
            _("Ruled out, explain neither column ({count}): {titles}."),
            [result for result in facts.singles if result.explains == "neither"],
        ),
    ]


def _correct(correct: MistakeResult) -> str:
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
        low=brief(LOW),
        high=brief(HIGH),
    )


def _about_score(score: Sequence[MistakeResult], alone: Sequence[MistakeResult]) -> list[str]:
    """Which mistakes explain IS, which do so exactly, and how they miss FID unless they concern IS alone."""
    exactly = [
        result for result in score if all(abs(found.inception_score - 1) < EXACT for found in result.measurements)
    ]
    said = [
        _listed(_("IS prints 1.00 for every set, including real images ({count}): {titles}."), score),
        *_if_any(_("Of these, IS is exactly 1, not just rounded to it ({count}): {titles}."), exactly),
    ]
    missing = [result for result in score if result.explains == "IS" and result not in alone]
    for kind, label in MISSES.items():
        missed = [result for result in missing if miss(result.measurements) == kind]
        text = _("Mistakes that explain IS and also change FID, with {miss}: {titles}.")
        said += _if_any(text, missed, miss=_(label))
    return said


def _about_distance(facts: ForensicsFacts, distance: Sequence[MistakeResult]) -> list[str]:
    """Which mistakes explain FID, how their FIDs differ, and which would do so for real images or for some."""
    spreads = []
    for result in distance:
        fids = [found.fid for found in result.samples if found.fid is not None]
        if len(fids) > 1:
            spreads.append(f"{quoted([title(result.mistakes)])} {i18n.number(max(fids) / min(fids), 2)}")
    ratio = _("Highest over lowest FID among the families (printed: {ratio}): {spreads}.")
    return [
        _listed(
            _("FID may lie in the printed range for the samples of every family ({count}): {titles}."), distance
        ),
        *([ratio.format(ratio=i18n.number(HIGH / LOW, 2), spreads="; ".join(spreads))] if spreads else []),
        *_if_any(
            _(
                "Of these, even real images would get an FID in the range, so that it says almost nothing about a"
                " model ({count}): {titles}."
            ),
            [result for result in distance if any(found.fid_in_range for found in result.real)],
        ),
        *_if_any(
            _("FID lies in the range for the samples of some families only ({count}): {titles}."),
            [
                result
                for result in facts.singles
                if result not in distance and any(found.fid_in_range for found in result.samples)
            ],
        ),
    ]
