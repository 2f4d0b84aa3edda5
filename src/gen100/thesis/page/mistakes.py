"""Evaluation mistakes as the page shows them: a table of all measurements, made from typed facts."""

from gen100.i18n import _
from gen100.report.table import DASH
from gen100.thesis.forensics.facts import ForensicsFacts, ImageSetFacts, Measurement, MistakeResult
from gen100.thesis.forensics.wording import VERDICTS, title
from gen100.thesis.page.html_tables import HtmlCell, HtmlTable


def mistakes_table(facts: ForensicsFacts) -> HtmlTable:
    """One row per mistake, or two at once, and set of images."""
    heads = [_("Mistake"), _("Images"), "IS", _("Distance"), _("Relative to noise"), _("Prints IS = 1.00")]
    heads += [_("FID in the printed range"), _("Verdict"), _("Images measured")]
    rows = [_row(result, found) for result in facts.results for found in result.measurements]
    return HtmlTable("mistakes-table", _("All measurements"), heads, rows)


def _row(result: MistakeResult, found: Measurement) -> list[HtmlCell]:
    return [
        HtmlCell.of(title(result.names)),
        HtmlCell.of(_images(found.of)),
        HtmlCell.number(found.inception_score, 4),
        HtmlCell.number(found.fid, 2),
        HtmlCell.number(found.fid_over_noise, 3),
        _answer(found.prints_100),
        _answer(found.fid_in_range),
        HtmlCell.of(_(VERDICTS[result.explains])),
        HtmlCell.number(found.count),
    ]


def _answer(value: bool) -> HtmlCell:
    return HtmlCell.of(_("yes") if value else _("no"))


def _images(of: ImageSetFacts) -> str:
    match of.images:
        case "real":
            splits = {"train": _("real training images"), "test": _("real test images")}
            return splits[of.split] if of.split else _("real images")
        case "samples":
            return _("samples of {cell}").format(cell=of.cell or DASH)
        case "noise":
            return _("noise")
        case "flat":
            return _("one flat colour")
