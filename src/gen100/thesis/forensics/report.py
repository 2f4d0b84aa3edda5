"""The report on evaluation mistakes, made from typed facts: sections as data, in the current language."""

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median

from gen100 import i18n
from gen100.cells import Cell
from gen100.families.registry import FAMILIES
from gen100.i18n import _
from gen100.report import labels
from gen100.report.table import DASH
from gen100.thesis.forensics.conclusions import conclusions
from gen100.thesis.forensics.facts import ForensicsFacts, MistakeResult
from gen100.thesis.forensics.verdict import (
    FIDS,
    HIGH,
    LOW,
    NOISE_FID,
    SCORES,
    by_family,
    latent_pairs,
    miss,
    p_families,
)
from gen100.thesis.forensics.wording import MISSES, VERDICTS, brief, interval, quoted, title


@dataclass(frozen=True)
class Section:
    """A part of the report. All text is plain: escaping is the writer's job.

    Attributes:
        key: `conclusions`, `singles`, `pairs`, `printed` or `method`, the same in every language.
        items: list items, each a paragraph.
        table: a row per result, under the heads of the table of mistakes.
    """

    key: str
    heading: str
    items: Sequence[str] = ()
    table: Sequence[Sequence[str]] = ()


def report_title(facts: ForensicsFacts) -> str:
    """The title, with what it must admit about the data and the runs."""
    text = _("Where the thesis's numbers may come from: IS = 1.00 and FID of {low} to {high}")
    seen_in_training = [found.images_seen or 0 for found in facts.correct.samples]
    return labels.admitted(
        text.format(low=i18n.number(LOW), high=i18n.number(HIGH)), labels.caveat(facts.data, seen_in_training)
    )


def sections(facts: ForensicsFacts) -> list[Section]:
    """The whole report, without its title."""
    pairs = [_row(result) for result in facts.pairs]
    singles = [_row(result) for result in (facts.correct, *facts.singles)]
    return [
        Section("conclusions", _("Explanations that remain"), conclusions(facts)),
        Section("singles", _("One mistake at a time"), table=singles),
        Section(
            "pairs", _("Two mistakes at once that explain both columns"), () if pairs else [_("None.")], pairs
        ),
        Section("printed", _("What the printed numbers say"), printed_says(facts.correct)),
        Section("method", _("How it was measured"), method(facts)),
    ]


def as_markdown(facts: ForensicsFacts) -> str:
    """The report in the current language."""
    heads = (
        _("Mistake"),
        _("Where it is seen"),
        _("IS, real"),
        _("IS, samples"),
        _("Distance, real"),
        _("Distance, samples"),
        _("On the scale of Inception's FID, samples"),
        _("Number of images"),
        _("Verdict"),
    )
    parts = [f"# {_escaped(report_title(facts))}"]
    for section in sections(facts):
        parts.append(f"## {_escaped(section.heading)}")
        if section.items:
            parts.append("\n".join(f"- {_escaped(item)}" for item in section.items))
        if section.table:
            head, *body = ([_escaped(text) for text in row] for row in (heads, *section.table))
            rows = [head, ["---", "---", *["---:"] * 6, "---"], *body]
            parts.append("\n".join("| " + " | ".join(row) + " |" for row in rows))
    return "\n\n".join(parts) + "\n"


def _escaped(text: str) -> str:
    """Plain text for Markdown. Brackets and underscores that mean nothing there stay as they are."""
    return re.sub(r"[\\`*<|]|\](?=[(\[])|(?<!\w)_|_(?!\w)", r"\\\g<0>", text)


def _row(result: MistakeResult) -> list[str]:
    verdict = _(VERDICTS[result.explains])
    if result.explains in ("IS", "neither"):
        verdict += f" ({_(MISSES[miss(result.measurements)])})"
    return [
        title(result.mistakes),
        "; ".join(_(mistake.seen) for mistake in result.mistakes),
        interval((found.inception_score for found in result.real), 2),
        interval((found.inception_score for found in result.samples), 2),
        interval(found.fid for found in result.real),
        interval(found.fid for found in result.samples),
        interval(end for found in result.samples for end in (found.fid_low, found.fid_high)),
        i18n.number(result.measurements[0].count),
        verdict,
    ]


def printed_says(correct: MistakeResult, fids: Mapping[Cell, float] = FIDS) -> list[str]:
    """What the thesis's FIDs and scores say by themselves, next to this workspace's own."""
    own = [found.fid for found in correct.samples if found.fid]
    low, high = min(fids.values()), max(fids.values())
    families, pairs = by_family(fids), latent_pairs(fids)
    worst = max(families, key=lambda family: median(families[family]))
    p_rest = p_families({family: found for family, found in families.items() if family != worst})
    tests = _(
        "A Kruskal-Wallis test over all families gives p = {p_all}; without the family with the highest median,"
        " p = {p_rest}."
    ).format(p_all=i18n.number(p_families(families), 2), p_rest=i18n.number(p_rest, 2))
    if p_rest < 0.05:
        follows = _("So the printed FIDs distinguish even those families.")
    else:
        follows = _(
            "So the printed FIDs do not distinguish those families. This is expected where most of a number comes"
            " from what all cells share: the real images, the network or the formula."
        )
    return [
        _(
            "All {count} cells print IS = {scores}. A score that prints as 1.00 is below 1.005: on average, the"
            " predicted classes of an image differ from the mean prediction by less than {nats} nats. If the score"
            " was computed correctly, the classifier said the same of every image, for every model."
        ).format(
            count=len(fids),
            scores="; ".join(i18n.number(value, 2) for value in SCORES),
            nats=i18n.number(math.log(1.005), 3),
        ),
        _(
            "FID ranges from {low} to {high}, a factor of {ratio}. The samples measured here differ by a factor of"
            " {own} with the correct pipeline. Medians by family: {medians}."
        ).format(
            low=brief(low),
            high=brief(high),
            ratio=i18n.number(high / low, 2),
            own=i18n.number(max(own) / min(own), 2) if own else DASH,
            medians="; ".join(
                f"{FAMILIES[family].title} {i18n.number(median(found))}" for family, found in families.items()
            ),
        ),
        f"{tests} {follows}",
        _("The larger latent has the lower FID in {lower} of {pairs} pairs.").format(
            lower=sum(large < small for small, large in pairs), pairs=len(pairs)
        ),
    ]


def method(facts: ForensicsFacts) -> list[str]:
    """Data, network, counts, the scale that is assumed, the rule of the verdicts, and what was not tried."""
    first = facts.correct.samples[0]
    said = [
        _(
            "Data: {data}. Network: {network}. Samples: {samples} images per set, from {cells} (seed {seed})."
            " Reference: {reference}. Where fewer images were used, the table says so. Each row is the correct"
            " pipeline with one part replaced; distances are in units of the network that measured."
        ).format(
            data=labels.data_label(facts.data),
            network=labels.extractor_label(facts.extractor),
            samples=i18n.number(first.count),
            cells=", ".join(found.cell or DASH for found in facts.correct.samples),
            seed=first.seed,
            reference=labels.split_label(facts.reference),
        ),
        _scale(facts),
        _(
            "A mistake explains IS if every set prints 1.00, including real images. It explains FID if the samples"
            " of every family are in range and do not all get the same number. The verdict on FID is about the"
            " models measured here, not about the thesis's own, whose images are not available."
        ),
    ]
    if facts.skipped:
        text = _("Not tried with this network and data: {titles}.")
        said.append(text.format(titles=quoted(_(mistake.title) for mistake in facts.skipped)))
    return said


def _scale(facts: ForensicsFacts) -> str:
    noise = interval([facts.noise])
    if facts.extractor.distance == "FID":
        return _(
            "Inception v3 measured, so distances compare directly with the printed FIDs; noise is at {noise} with"
            " the correct pipeline."
        ).format(noise=noise)
    low, high = NOISE_FID
    return _(
        "The distances of this network have a scale of their own. With the correct pipeline, noise is at {noise};"
        " under Inception v3 it is assumed to be at {low} to {high} (an interval for “a few hundred”, not measured"
        " here). The column on Inception's scale is multiplied accordingly, and a distance counts as in range"
        " where its interval meets the printed range. For features other than pooled ones the factor is that of"
        " this network and only indicative. Pixels and the untrained Inception v3 need no factor."
    ).format(noise=noise, low=i18n.number(low), high=i18n.number(high))
