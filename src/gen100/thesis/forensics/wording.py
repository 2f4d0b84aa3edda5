"""Numbers, titles and verdicts of the evaluation mistakes as text, in the current language."""

from collections.abc import Iterable

from gen100 import i18n
from gen100.i18n import N_, _
from gen100.report.table import DASH
from gen100.thesis.forensics.facts import Explained, MistakeResult
from gen100.thesis.forensics.mistakes import Mistake
from gen100.thesis.forensics.verdict import Miss

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
