"""reports/forensics.csv, and forensics.{en,uk}.md made from the same rows."""

import math
import re
from collections.abc import Iterable, Sequence

import pandas as pd

from gen100 import layout
from gen100.config import Params
from gen100.data import arrays
from gen100.device import device
from gen100.families.registry import FAMILIES
from gen100.files import whole, write_text
from gen100.report import words
from gen100.report.labels import data_label
from gen100.report.results import read_record
from gen100.report.words import Language
from gen100.thesis.forensics import texts
from gen100.thesis.forensics.measuring import Finding, Investigation, first_cells
from gen100.thesis.forensics.mistakes import MISTAKES, Mistake
from gen100.thesis.forensics.printed import Printed, read_printed
from gen100.thesis.forensics.verdict import NOISE_FID, Row, misses

COLUMNS = [
    *("mistake", "title_en", "title_uk", "images", "is", "fid", "fid_over_noise", "is_prints_100", "fid_in_range"),
    *("verdict", "extractor", "samples", "reference", "data"),
]
EXACT = 1e-9
"""An IS this near to 1 is 1."""


def as_records(findings: Sequence[Finding], data: str) -> list[dict[str, object]]:
    """A record a mistake and set of images, numbers to six digits."""
    return [
        {
            "mistake": row.mistake.name,
            "title_en": row.mistake.en,
            "title_uk": row.mistake.uk,
            "images": row.of.name,
            "is": float(f"{row.score:.6g}"),
            "fid": float(f"{row.fid:.6g}"),
            "fid_over_noise": None if row.over_noise is None else float(f"{row.over_noise:.6g}"),
            "is_prints_100": row.prints_100,
            "fid_in_range": row.in_range,
            "verdict": finding.verdict,
            "extractor": row.network,
            "samples": row.images,
            "reference": row.reference,
            "data": data,
        }
        for finding in findings
        for row in finding.rows
    ]


def brief(value: float) -> str:
    """A number of any size in few letters."""
    if not math.isfinite(value):
        return "—"
    if value and not 1e-3 <= abs(value) < 1e6:
        mantissa, exponent = f"{value:.0e}".split("e")
        return f"{mantissa}e{int(exponent)}"
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"


def _span(values: Iterable[float], pattern: str | None = None) -> str:
    """From and to, or one number where both read alike; a dash where there is none."""
    known = [value for value in values if math.isfinite(value)]
    if not known:
        return "—"
    ends = [format(end, pattern) if pattern else brief(end) for end in (min(known), max(known))]
    return ends[0] if ends[0] == ends[1] else ("–" if min(known) >= 0 else " … ").join(ends)


def _numbers(text: str, language: Language) -> str:
    """The text with thousands set apart as the language does; its words stay, titles and code among them."""
    return text if language == "en" else re.sub(r"(?<=\d),(?=\d{3})", "\N{NO-BREAK SPACE}", text)


def _title(mistake: Mistake, language: Language) -> str:
    return mistake.en if language == "en" else mistake.uk


def _names(mistakes: Sequence[Mistake], language: Language) -> str:
    return "; ".join(f"*{_title(mistake, language)}*" for mistake in mistakes) or texts.NONE[language]


def _split(finding: Finding) -> tuple[list[Row], list[Row]]:
    """The rows of real images, and those of samples."""
    return [row for row in finding.rows if row.of.real], [row for row in finding.rows if not row.of.real]


def _line(finding: Finding, printed: Printed, language: Language) -> str:
    real, samples = _split(finding)
    verdict = texts.VERDICTS[finding.verdict][language]
    if finding.verdict in ("explains IS", "ruled out"):
        verdict += f" ({texts.MISSES[misses(finding.rows, printed)][language]})"
    cells = [
        _title(finding.mistake, language),
        finding.mistake.seen_en if language == "en" else finding.mistake.seen_uk,
        _span((row.score for row in real), ".2f"),
        _span((row.score for row in samples), ".2f"),
        _span(row.fid for row in real),
        _span(row.fid for row in samples),
        _span(end for row in samples for end in row.inception),
        words.number(finding.rows[0].images, "en"),
        verdict,
    ]
    return "| " + " | ".join(_numbers(cell, language) for cell in cells) + " |"


def _table(findings: Sequence[Finding], printed: Printed, language: Language) -> str:
    heads = [head[language] for head in texts.HEADS.values()]
    rule = "| " + " | ".join(["---", "---", *["---:"] * 6, "---"]) + " |"
    lines = [_line(finding, printed, language) for finding in findings]
    return "\n".join(["| " + " | ".join(heads) + " |", rule, *lines])


def conclusions(findings: Sequence[Finding], printed: Printed, language: Language) -> list[str]:
    """What the rows say, a sentence or two each; nothing is said that they do not hold."""
    right, *tried = findings
    singles = [finding for finding in tried if "+" not in finding.mistake.name]
    pairs = [finding for finding in tried if "+" in finding.mistake.name]
    score = [f for f in singles if f.verdict in ("explains IS", "explains both")]
    distance = [f for f in singles if f.verdict in ("explains FID", "explains both")]
    exactly = [f for f in score if all(abs(row.score - 1) < EXACT for row in f.rows)]
    partly = [f for f in singles if f not in distance and any(row.in_range for row in _split(f)[1])]
    alone = [f for f in score if f.mistake.procedure.changed == {"score"}]
    real, samples = _split(right)
    found = [
        texts.RIGHT[language].format(
            real=_span((row.score for row in real), ".2f"),
            samples=_span((row.score for row in samples), ".2f"),
            printing=sum(row.prints_100 for row in right.rows),
            sets=len(right.rows),
            inception=_span(end for row in samples for end in row.inception),
            low=brief(printed.low),
            high=brief(printed.high),
        )
    ]

    def said(text: words.Text, of: Sequence[Finding]) -> None:
        found.append(text[language].format(count=len(of), names=_names([f.mistake for f in of], language)))

    said(texts.BOTH, [f for f in singles if f.verdict == "explains both"])
    said(texts.SCORE, score)
    if exactly:
        said(texts.EXACTLY, exactly)
    for miss in ("low", "high", "mixed", "same"):
        missed = [f for f in score if f not in alone and f not in distance and misses(f.rows, printed) == miss]
        if missed:
            names = _names([f.mistake for f in missed], language)
            found.append(texts.MISSED[language].format(miss=texts.MISSES[miss][language], names=names))
    said(texts.DISTANCE, distance)
    spreads = [(f, [row.fid for row in _split(f)[1]]) for f in distance]
    if several := [(f, fids) for f, fids in spreads if len(fids) > 1]:
        listed = "; ".join(f"*{_title(f.mistake, language)}* {max(x) / min(x):.2f}" for f, x in several)
        found.append(texts.SPREADS[language].format(ratio=f"{printed.high / printed.low:.2f}", spreads=listed))
    if real_too := [f for f in distance if any(row.in_range for row in _split(f)[0])]:
        said(texts.REAL_TOO, real_too)
    if partly:
        said(texts.PARTLY, partly)
    said(texts.PAIRS, pairs)
    if alone and distance:
        names = _names([f.mistake for f in alone], language)
        text = texts.APART[language].format(scores=len(alone), distances=len(distance), names=names)
        found.append(text)
    said(texts.NEITHER, [f for f in singles if f.verdict == "ruled out"])
    return [_numbers(text, language) for text in found]


def printed_says(printed: Printed, right: Finding, language: Language) -> list[str]:
    """What the thesis' numbers say by themselves, beside this workspace's own."""
    own = [row.fid for row in _split(right)[1]]
    medians = "; ".join(f"{FAMILIES[model].title} {value:,.0f}" for model, value in printed.medians.items())
    told = texts.TOLD_APART[printed.p_models_without_worst < 0.05][language]
    found = [
        texts.PRINTED_SCORE[language].format(
            count=len(printed.fid), scores=", ".join(printed.scores), nats=f"{math.log(1.005):.3f}"
        ),
        texts.PRINTED_RANGE[language].format(
            low=brief(printed.low),
            high=brief(printed.high),
            ratio=f"{printed.high / printed.low:.2f}",
            own=f"{max(own) / min(own):.2f}",
            medians=medians,
        ),
        texts.PRINTED_MODELS[language].format(
            p_all=f"{printed.p_models:.2f}", p_rest=f"{printed.p_models_without_worst:.2f}", told=told
        ),
        texts.PRINTED_SIZES[language].format(
            lower=sum(large < small for small, large in printed.pairs), pairs=len(printed.pairs)
        ),
    ]
    return [_numbers(text, language) for text in found]


def method(
    params: Params, work: Investigation, findings: Sequence[Finding], data: str, language: Language
) -> list[str]:
    """Data, network, counts, the scale that is assumed, the rule of the verdicts, and what was not tried."""
    row = findings[0].rows[0]
    scale = texts.SCALE_INCEPTION if work.laboratory.networks.inception else texts.SCALE_OWN
    said = [
        texts.METHOD[language].format(
            data=words.translated(data, language),
            network=words.translated(row.network, language),
            samples=f"{row.images:,}",
            cells=", ".join(str(cell) for cell in first_cells(params)),
            seed=params.seeds[0],
            reference=words.translated(row.reference, language),
        ),
        scale[language].format(noise=brief(work.noise), from_=f"{NOISE_FID[0]:.0f}", to=f"{NOISE_FID[1]:.0f}"),
        texts.RULE[language],
    ]
    skipped = [mistake for mistake in MISTAKES if mistake not in work.possible()]
    said += [texts.SKIPPED[language].format(names=_names(skipped, language))] if skipped else []
    return [_numbers(text, language) for text in said]


def as_markdown(
    params: Params, work: Investigation, findings: Sequence[Finding], data: str, told: str, language: Language
) -> str:
    """The page of one language: conclusions, the table, pairs, the printed numbers, and how it was measured."""
    printed = work.printed
    title = texts.TITLE[language].format(low=f"{printed.low:,.0f}", high=f"{printed.high:,.0f}")
    pairs = [finding for finding in findings if "+" in finding.mistake.name]
    singles = [finding for finding in findings if finding not in pairs]
    parts = [f"# {words.admitted(_numbers(title, language), told)}"]
    for section, content in (
        ("conclusions", "\n".join(f"- {text}" for text in conclusions(findings, printed, language))),
        ("singles", _table(singles, printed, language)),
        ("pairs", _table(pairs, printed, language) if pairs else f"{texts.NONE[language].capitalize()}."),
        ("printed", "\n".join(f"- {text}" for text in printed_says(printed, findings[0], language))),
        ("method", "\n".join(f"- {text}" for text in method(params, work, findings, data, language))),
    ):
        parts += [f"## {texts.SECTIONS[section][language]}", content]
    return "\n\n".join(parts) + "\n"


def write_forensics(params: Params) -> None:
    """Write reports/forensics.csv and reports/forensics.{en,uk}.md.

    Raises:
        UserError: arrays, samples, a run's record or the network's weights are missing or damaged.
    """
    data = arrays.load(layout.ARRAYS)
    seed = params.seeds[0]
    seen = [
        read_record(layout.run(cell, seed) / "run.json", ["images_seen"], [], f"run stage train {cell} {seed}")
        for cell in first_cells(params)
    ]
    with device() as where:
        work = Investigation(params, data, read_printed(), where)
        findings = list(work.run())
    with whole(layout.FORENSICS.with_suffix(".csv")) as temporary:
        table = pd.DataFrame(as_records(findings, data_label(data.facts)), columns=COLUMNS)
        table.to_csv(temporary, index=False, lineterminator="\n")
    for language in words.LANGUAGES:
        told = words.caveat(data_label(data.facts), (record["images_seen"] for record in seen), language)
        text = as_markdown(params, work, findings, data_label(data.facts), told, language)
        write_text(layout.FORENSICS.with_suffix(f".{language}.md"), text)
