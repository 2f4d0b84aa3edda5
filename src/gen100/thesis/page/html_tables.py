"""Tables as the page shows them: sortable rows, and rows that stay at the bottom."""

from dataclasses import dataclass, field, replace
from typing import NamedTuple

from gen100 import i18n
from gen100.i18n import _
from gen100.report.records import Record
from gen100.report.table import DASH, Table, TableRow, Value
from gen100.report.table_formats import texts
from gen100.thesis.forensics.facts import ForensicsFacts, Measurement
from gen100.thesis.forensics.wording import VERDICTS, title

NO_BREAK = "\N{NO-BREAK SPACE}"


class HtmlCell(NamedTuple):
    """A cell of a table: its text, and what it is sorted by, or None to come last."""

    text: str
    key: str | float | None


def _words(text: str) -> HtmlCell:
    return HtmlCell(text, text)


def _number(value: float | None, digits: int | None = None) -> HtmlCell:
    """A number with so many digits after the decimal mark, or a dash."""
    return HtmlCell(DASH, None) if value is None else HtmlCell(i18n.number(value, digits), float(value))


@dataclass(frozen=True)
class HtmlTable:
    """A table in the current language.

    Attributes:
        name: its id on the page.
        printed: how many of the last columns are the thesis's own.
    """

    name: str
    title: str
    heads: list[str]
    rows: list[list[HtmlCell]]
    bottom: list[list[HtmlCell]] = field(default_factory=list)
    note: str = ""
    printed: int = 0

    def is_text(self, column: int) -> bool:
        """Whether a column is aligned to the left."""
        return any(isinstance(row[column].key, str) for row in self.rows)


def _row(table: Table, line: TableRow, *first: HtmlCell) -> list[HtmlCell]:
    """A line's label, `first`, and its numbers."""
    label = HtmlCell(line.label.replace(" = ", f"{NO_BREAK}={NO_BREAK}"), line.label)
    numbers = [line.values.get(column.key, Value()).number for column in table.columns]
    return [label, *first, *map(HtmlCell, texts(table, line), numbers)]


def results_table(table: Table) -> HtmlTable:
    """A table of cells, with what no model made at the bottom."""

    heads = [column.directed_head for column in table.columns]

    def row(line: TableRow) -> list[HtmlCell]:
        return _row(table, line, HtmlCell(line.size, float(line.cell.latent) if line.cell else None))

    return HtmlTable(
        table.name,
        table.title,
        [_("Model and loss function"), _("Batch and latent size"), *heads],
        [row(line) for line in table.rows if line.cell],
        [row(line) for line in table.rows if not line.cell],
        table.provenance(),
        sum(column.printed for column in table.columns),
    )


def reference_table(measures: Table, note: str) -> HtmlTable:
    """Real images, noise and one flat colour, by every measure they have.

    Args:
        measures: the table of all measures.
    """
    lines = [line for line in measures.rows if not line.cell]
    measured = {key for line in lines for key, value in line.values.items() if value.number is not None}
    table = replace(measures, columns=[column for column in measures.columns if column.key in measured])
    heads = [_("Images"), *(column.directed_head for column in table.columns)]
    return HtmlTable(
        "floor-table", _("Floor and ceilings"), heads, [_row(table, line) for line in lines], note=note
    )


def runs_table(results: list[Record]) -> HtmlTable:
    """What every run took, and with what."""
    heads = [_("Cell"), _("Seed"), _("Images seen"), _("Seconds"), _("Images/s"), _("Autoencoder, seconds")]
    heads += [_("Memory, GiB"), _("Device"), "torch", _("Commit")]
    rows = [
        [
            _words(row["cell"]),
            _number(row["seed"]),
            _number(row["images_seen"]),
            _number(row["seconds"], 1),
            _number(row["images_seen"] / row["seconds"] if row["seconds"] else None),
            _number(row["autoencoder_seconds"] or None, 1),
            _number(row["memory"] / 2**30 if row["memory"] else None, 2),
            *(_words(row[name]) for name in ("device", "torch", "commit")),
        ]
        for row in results
    ]
    return HtmlTable("runs-table", _("Every run"), heads, rows)


def mistakes_table(facts: ForensicsFacts) -> HtmlTable:
    """One row per evaluation mistake, or two at once, and set of images."""
    heads = [_("Mistake"), _("Images"), "IS", _("Distance"), _("Relative to noise"), _("Prints IS = 1.00")]
    heads += [_("FID in the printed range"), _("Verdict"), _("Images measured")]
    rows = [
        [
            _words(title(result.mistakes)),
            _words(_images(found)),
            _number(found.inception_score, 4),
            _number(found.fid, 2),
            _number(found.fid_over_noise, 3),
            *(_words(_("yes") if answer else _("no")) for answer in (found.prints_100, found.fid_in_range)),
            _words(_(VERDICTS[result.explains])),
            _number(found.count),
        ]
        for result in facts.results
        for found in result.measurements
    ]
    return HtmlTable("mistakes-table", _("All measurements"), heads, rows)


def _images(of: Measurement) -> str:
    if of.images == "samples":
        return _("samples of {cell}").format(cell=of.cell or DASH)
    splits = {"train": _("real training images"), "test": _("real test images"), None: _("real images")}
    return {"real": splits[of.split], "noise": _("noise"), "flat": _("one flat colour")}[of.images]
