"""How the evidence writes cells, numbers and differences, in the current language."""

from babel.numbers import format_decimal

from gen100 import i18n
from gen100.cells import Cell
from gen100.i18n import _
from gen100.report.statistics import Difference, Interval

P_SHOWN = 0.001
"""Smaller p are not written out."""


def short_name(cell: Cell) -> str:
    """ "VAE, ELBO 128"."""
    return f"{cell.title} {cell.latent}"


def capital(text: str) -> str:
    """A sentence's first letter in upper case, the rest as it is."""
    return text[:1].upper() + text[1:]


def plain(value: float, digits: int = 4) -> str:
    """Up to so many significant digits, without an exponent or trailing zeros."""
    rounded = float(f"{value:.{digits}g}")
    return format_decimal(rounded, "0." + "#" * 20, i18n.current()).replace("-", "−")


def percent(share: float) -> str:
    return f"{i18n.number(100 * share)}%"


def interval(ends: Interval) -> str:
    return f"[{plain(ends[0])}; {plain(ends[1])}]"


def told(found: Difference) -> str:
    """`1.2 − 3.4 = −2.2 (95%: seeds [..; ..], samples [..; ..])`; samples where they are a source of noise."""
    spread = [_("one seed")]
    if found.by_seeds:
        spread = [_("seeds {interval}").format(interval=interval(found.by_seeds))]
    if found.error_samples:
        spread.append(_("samples {interval}").format(interval=interval(found.by_samples)))
    return f"{plain(found.mean_a)} − {plain(found.mean_b)} = {plain(found.value)} (95%: {', '.join(spread)})"


def tested(found: Difference) -> str:
    """A difference, and the p of the hypothesis that it is 0."""
    if found.by_seeds is None:
        return told(found)
    p = f"p {plain(found.p, 2)}" if found.p >= P_SHOWN else f"p < {plain(P_SHOWN)}"
    return f"{told(found)}, {p}"


def listed(differences: list[tuple[str, Difference]]) -> str:
    """Named differences, one after the other."""
    return "; ".join(f"{name}: {told(found)}" for name, found in differences)
