"""Tables as the page shows them: sortable rows, and rows that stay at the bottom."""

from dataclasses import dataclass, field

from gen100 import i18n
from gen100.i18n import _
from gen100.report.records import Record
from gen100.report.table import DASH, Table, TableRow
from gen100.report.table_formats import texts

NO_BREAK = "\N{NO-BREAK SPACE}"


@dataclass(frozen=True)
class HtmlCell:
    """A cell of a table: its text, and what it is sorted by, or None to come last."""

    text: str
    key: str | float | None

    @classmethod
    def of(cls, text: str) -> "HtmlCell":
        return cls(text, text)

    @classmethod
    def number(cls, value: float | None, digits: int | None = None) -> "HtmlCell":
        """A number with so many digits after the decimal mark, or a dash."""
        return cls(DASH, None) if value is None else cls(i18n.number(value, digits), float(value))

    @property
    def sort(self) -> str:
        """The value of the attribute that is sorted by."""
        return "" if self.key is None else str(self.key)


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


def _label(line: TableRow) -> HtmlCell:
    return HtmlCell(line.label.replace(" = ", f"{NO_BREAK}={NO_BREAK}"), line.label)


def _numbers(table: Table, line: TableRow, keys: list[str]) -> list[HtmlCell]:
    """The line's cells in the columns `keys`."""
    said = dict(zip((column.key for column in table.columns), texts(table, line), strict=True))
    values = [line.values.get(key) for key in keys]
    return [
        HtmlCell(said[key], None if value is None else value.number)
        for key, value in zip(keys, values, strict=True)
    ]


def results_table(table: Table) -> HtmlTable:
    """A table of cells, with what no model made at the bottom."""
    keys = [column.key for column in table.columns]
    heads = [column.directed_head for column in table.columns]

    def row(line: TableRow) -> list[HtmlCell]:
        size = HtmlCell(line.size, float(line.cell.latent) if line.cell else None)
        return [_label(line), size, *_numbers(table, line, keys)]

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
    columns = [
        column
        for column in measures.columns
        if any((value := line.values.get(column.key)) and value.number is not None for line in lines)
    ]
    keys = [column.key for column in columns]
    return HtmlTable(
        "floor-table",
        _("Floor and ceilings"),
        [_("Images"), *(column.directed_head for column in columns)],
        [[_label(line), *_numbers(measures, line, keys)] for line in lines],
        note=note,
    )


def runs_table(results: list[Record]) -> HtmlTable:
    """What every run took, and with what."""
    heads = [_("Cell"), _("Seed"), _("Images seen"), _("Seconds"), _("Images/s"), _("Autoencoder, seconds")]
    heads += [_("Memory, GiB"), _("Device"), "torch", _("Commit")]
    rows = [
        [
            HtmlCell.of(row["cell"]),
            HtmlCell.number(row["seed"]),
            HtmlCell.number(row["images_seen"]),
            HtmlCell.number(row["seconds"], 1),
            HtmlCell.number(row["images_seen"] / row["seconds"] if row["seconds"] else None),
            HtmlCell.number(row["autoencoder_seconds"] or None, 1),
            HtmlCell.number(row["memory"] / 2**30 if row["memory"] else None, 2),
            HtmlCell.of(row["device"]),
            HtmlCell.of(row["torch"]),
            HtmlCell.of(row["commit"]),
        ]
        for row in results
    ]
    return HtmlTable("runs-table", _("Every run"), heads, rows)
