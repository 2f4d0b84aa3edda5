"""The report on evaluation mistakes: what its template, and that of the page, say of the facts."""

import math
from collections.abc import Iterable, Sequence
from statistics import median
from typing import Any

import pandas as pd
from scipy.stats import kruskal

from gen100 import i18n
from gen100.families.registry import FAMILIES
from gen100.i18n import N_, _
from gen100.report import labels
from gen100.report.table import DASH
from gen100.report.table_formats import for_markdown
from gen100.thesis.forensics.facts import Explained, ForensicsFacts, MistakeResult
from gen100.thesis.forensics.mistakes import Mistake
from gen100.thesis.forensics.verdict import FIDS, HIGH, LOW, NOISE_FID, SCORES, Miss, miss
from gen100.thesis.templates import render

EXACT = 1e-9
"""An IS this close to 1 is 1."""
VERDICTS: dict[Explained, str] = {
    "both": N_("explains both columns"),
    "IS": N_("explains IS"),
    "FID": N_("explains FID"),
    "neither": N_("ruled out"),
}
MISSES: dict[Miss, str] = {
    "low": N_("FID too low"),
    "high": N_("FID too high"),
    "mixed": N_("FID in range for some only"),
    "same": N_("the same FID for all"),
    "none": N_("FID in range"),
}


def brief(value: float) -> str:
    """A number of any size in few characters: three significant digits, or a whole number from 100 on."""
    if value and not 1e-3 <= abs(value) < 1e6:
        mantissa, exponent = f"{value:.0e}".split("e")
        return f"{mantissa}e{int(exponent)}"
    return i18n.number(value) if abs(value) >= 100 else i18n.significant(value, 3)


def interval(values: Iterable[float | None], digits: int | None = None) -> str:
    """Lowest and highest value, or one number where both read alike; a dash where there is none.

    Args:
        digits: after the decimal mark; None for numbers of any size, in few characters.
    """
    known = [value for value in values if value is not None]
    if not known:
        return DASH
    low, high = (brief(end) if digits is None else i18n.number(end, digits) for end in (min(known), max(known)))
    return low if low == high else f"{low}–{high}" if min(known) >= 0 else f"{low} … {high}"


def title(mistakes: Iterable[Mistake]) -> str:
    """The title of a mistake, or of two at once."""
    return "; ".join(_(mistake.title) for mistake in mistakes)


def quoted(titles: Iterable[str]) -> str:
    """Titles in quotation marks, or "none"."""
    return "; ".join(_("“{title}”").format(title=text) for text in titles) or _("none")


def titles(results: Iterable[MistakeResult]) -> str:
    return quoted(title(result.mistakes) for result in results)


def listed(text: str, results: Sequence[MistakeResult], **values: str | int) -> str:
    """A sentence that counts and names results."""
    return text.format(count=len(results), titles=titles(results), **values)


def verdict(result: MistakeResult) -> str:
    """What a mistake explains and, where that is not FID, how it misses it."""
    said = _(VERDICTS[result.explains])
    return f"{said} ({_(MISSES[miss(result.measurements)])})" if result.explains in ("IS", "neither") else said


def report_values(facts: ForensicsFacts) -> dict[str, Any]:
    """What the templates say of the facts, in the current language: results by what they show, and functions."""
    singles = facts.singles
    score = [result for result in singles if result.explains in ("IS", "both")]
    alone = [result for result in score if result.mistakes[0].changed == {"score"}]  # FID does not depend on it
    distance = [result for result in singles if result.explains in ("FID", "both")]
    missing = [result for result in score if result.explains == "IS" and result not in alone]
    fids = [(result, [found.fid for found in result.samples if found.fid is not None]) for result in distance]
    functions = {"brief": brief, "interval": interval, "title": title, "listed": listed, "verdict": verdict}
    return functions | {
        "labels": labels,
        "dash": DASH,
        "low": LOW,
        "high": HIGH,
        "noise": NOISE_FID,
        "verdicts": VERDICTS,
        "facts": facts,
        "printed": printed(facts),
        "score": score,
        "alone": alone,
        "distance": distance,
        "both": [result for result in singles if result.explains == "both"],
        "neither": [result for result in singles if result.explains == "neither"],
        "exactly": [
            result for result in score if all(abs(of.inception_score - 1) < EXACT for of in result.measurements)
        ],
        "missing": {
            label: [result for result in missing if miss(result.measurements) == kind]
            for kind, label in MISSES.items()
        },
        "spreads": "; ".join(
            f"{titles([result])} {i18n.number(max(found) / min(found), 2)}"
            for result, found in fids
            if len(found) > 1
        ),
        "even_real": [result for result in distance if any(found.fid_in_range for found in result.real)],
        "for_some": [
            result
            for result in singles
            if result not in distance and any(found.fid_in_range for found in result.samples)
        ],
        "skipped": quoted(_(mistake.title) for mistake in facts.skipped),
    }


def printed(facts: ForensicsFacts) -> dict[str, Any]:
    """What the thesis's FIDs and scores say by themselves, next to the range of this workspace's own."""
    own = [found.fid for found in facts.correct.samples if found.fid]
    fids = pd.Series({(cell.family, cell.loss, cell.latent): fid for cell, fid in FIDS.items()})
    families = {str(family): found.tolist() for family, found in fids.groupby(level=0, sort=False)}
    medians = {family: median(found) for family, found in families.items()}
    worst = max(medians, key=medians.__getitem__)
    # The larger latent's FID minus the smaller one's, of each family and loss.
    steps = fids.sort_index().groupby(level=[0, 1]).diff().dropna()
    return {
        "fids": fids.tolist(),
        "scores": "; ".join(i18n.number(value, 2) for value in SCORES),
        "own_ratio": i18n.number(max(own) / min(own), 2) if own else DASH,
        "medians": "; ".join(f"{FAMILIES[name].title} {i18n.number(middle)}" for name, middle in medians.items()),
        "nats": math.log(1.005),
        "p_all": kruskal(*families.values()).pvalue,
        "p_rest": kruskal(*(found for family, found in families.items() if family != worst)).pvalue,
        "lower": int((steps < 0).sum()),
        "pairs": len(steps),
    }


def as_markdown(facts: ForensicsFacts) -> str:
    """The report in the current language."""
    seen_in_training = [found.images_seen or 0 for found in facts.correct.samples]
    caveat = labels.caveat(facts.data, seen_in_training)
    return render("forensics/report.md.j2", {"forensics": report_values(facts), "caveat": caveat}, for_markdown)
