"""Tables of results in the current language: means over seeds with their intervals."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from gen100 import i18n
from gen100.cells import Cell
from gen100.families.base import Family
from gen100.families.registry import FAMILIES
from gen100.i18n import N_, _
from gen100.metrics.measures import OTHER
from gen100.provenance import Provenance
from gen100.report.comparisons import Mark, Winners, mark_cells
from gen100.report.labels import admitted, caveat, data_label, devices, extractor_label, span, split_label
from gen100.report.records import Record
from gen100.report.reference import Kind
from gen100.report.statistics import mean_interval

DASH = "—"
SIGNS: dict[Mark, str] = {"": "", "best": " *", "tied": " ≈"}
ARROWS = {"lower": " ↓", "higher": " ↑", None: ""}
MARK_NOTES: dict[Mark, str] = {
    "best": N_(
        "*: the lowest {distance} of its family and latent size in this table, beyond the noise of seeds and"
        " samples."
    ),
    "tied": N_(
        "≈: within the noise of the lowest {distance} of its family and latent size in this table, by seeds and"
        " samples (one seed alone decides nothing)."
    ),
}
BOTTOM: dict[tuple[Kind, str], str] = {
    ("real", "train"): N_("Real test images against real training images"),
    ("real", "test"): N_("Real training images against real test images"),
    **{("noise", split): N_("Uniform noise") for split in ("train", "test")},
    **{("constant", split): N_("One flat image of the mean colour") for split in ("train", "test")},
}
"""What the last rows are called, by their kind and the reference split."""


@dataclass(frozen=True)
class Value:
    """One entry of a table: the mean over seeds, half the width of its interval, and both as people read them."""

    number: float | None = None
    half: float | None = None
    text: str = DASH


@dataclass(frozen=True)
class Column:
    """A column of numbers.

    Attributes:
        key: of results.csv.
        head: what it measures.
        width: in LaTeX, in mm.
        panel: wide tables are several in LaTeX, one per panel.
        note: what the head has no room for.
        digits: after the decimal mark; None for `significant` digits.
        better: whether lower or higher values are better.
        quoted: what the thesis printed of each cell, where the column holds that instead of a measure.
    """

    key: str
    head: str
    width: int
    panel: int = 0
    note: str | None = None
    digits: int | None = None
    significant: int = 3
    better: Literal["lower", "higher"] | None = None
    quoted: Mapping[Cell, str] | None = None

    @property
    def printed(self) -> bool:
        return self.quoted is not None

    @property
    def full_head(self) -> str:
        """The head where nothing above it says whose numbers these are."""
        return f"{_('Thesis')} {self.head}" if self.printed else self.head

    @property
    def directed_head(self) -> str:
        """The head with an arrow that points to better values."""
        return self.head + ARROWS[self.better]

    def value(self, runs: Sequence[Record], cell: Cell | None) -> Value:
        """What was printed of a cell, digit by digit, or the measure of its runs; nothing where one lacks it."""
        if self.quoted is not None:
            text = self.quoted.get(cell) if cell else None
            return Value(float(text), text=text) if text else Value()
        if any(run.get(self.key) is None for run in runs):
            return Value()
        middle, half = mean_interval([float(run[self.key]) for run in runs])
        around = f" ± {i18n.significant(half, 2)}" if half else " ± 0" if half is not None else ""
        return Value(middle, half, self._write(middle) + around)

    def _write(self, number: float) -> str:
        if self.digits is not None or abs(number) >= 1000:
            return i18n.number(number, 2 if self.digits is None else self.digits)
        return i18n.significant(number, self.significant) if number else "0"


@dataclass(frozen=True)
class TableRow:
    """One row of a table.

    Attributes:
        label: the cell, or what a row at the bottom compares.
        size: (batch, latent), as the thesis writes it.
        values: by the columns' keys.
        runs: the rows of results.csv behind it, or the entry of reference.json.
        cell: None at the bottom.
        mark: of its distance, within its family and latent size.
    """

    label: str
    size: str
    values: dict[str, Value]
    runs: list[Record]
    cell: Cell | None = None
    mark: Mark = ""


@dataclass(frozen=True)
class Table:
    """One row per cell, then real images (the floor), noise and a flat colour (the ceilings)."""

    name: str
    title: str
    columns: list[Column]
    rows: list[TableRow]
    facts: Provenance

    def provenance(self, columns: list[Column] | None = None) -> str:
        """Data, extractor, sample counts, reference, budget, seeds and device, then what signs mean, and the heads
        of `columns`, those that are shown."""
        cells = [row for row in self.rows if row.cell]
        said = made_with(self.facts, [run for row in cells for run in row.runs], self.columns)
        if not cells:
            said.append(_("No cell of this table is in params.yaml."))
        if any(len(row.runs) > 1 for row in cells):
            said.append(_("± is half the width of the mean's 95% t interval over seeds."))
        marks = {row.mark for row in cells}
        distance = self.facts.extractor.distance
        said += [_(note).format(distance=distance) for mark, note in MARK_NOTES.items() if mark in marks]
        if any(column.key == "train_loss" for column in self.columns):
            said += _loss_notes(dict.fromkeys(row.cell.family for row in cells if row.cell))
        return " ".join([*said, *(column.note for column in columns or self.columns if column.note)])


def _loss_notes(families: Iterable[str]) -> list[str]:
    """What the two loss columns hold, for each family that does not call them as most do."""
    said = []
    for family in (FAMILIES[name] for name in families):
        if family.loss_labels != Family.loss_labels:
            first, second = map(_, family.loss_labels)
            text = _("For {family} the two loss columns hold the losses of: {first}, {second}.")
            said.append(text.format(family=family.title, first=first, second=second))
    return said


def build_table(
    name: str,
    title: str,
    columns: list[Column],
    cells: Mapping[Cell, list[Record]],
    reference: Mapping[Kind, Record],
    facts: Provenance,
    winners: Winners,
) -> Table:
    """A table of the runs of some cells, in their order, of which one column is the distance, `fid`.

    `title` is without what must be admitted of the data and the budget.
    """

    def values(runs: list[Record], cell: Cell | None = None) -> dict[str, Value]:
        return {column.key: column.value(runs, cell) for column in columns}

    measured = {cell: values(runs, cell) for cell, runs in cells.items()}
    marks = mark_cells({cell: found["fid"].number or 0.0 for cell, found in measured.items()}, winners)
    rows = []
    for cell, runs in cells.items():
        size = f"({runs[0]['batch_size']}, {cell.latent})"
        rows.append(TableRow(cell.title, size, measured[cell], runs, cell, marks[cell]))
    for kind, record in reference.items():
        label = f"{_(BOTTOM[kind, facts.reference.split])} (N = {i18n.number(record['samples'])})"
        rows.append(TableRow(label, DASH, values([record]), [record]))
    seen = [run["images_seen"] for runs in cells.values() for run in runs]
    return Table(name, admitted(title, caveat(facts.data, seen)), columns, rows, facts)


def made_with(facts: Provenance, runs: list[Record], columns: Sequence[Column] = ()) -> list[str]:
    """What numbers were made with, and from how much, a sentence each; `columns` are those that are shown."""
    said = [
        (_("Data"), data_label(facts.data)),
        (_("Extractor"), extractor_label(facts.extractor)),
        (_("Reference"), split_label(facts.reference)),
    ]
    if runs:
        if any(column.key.endswith(OTHER) for column in columns):
            said.append((_("Other split"), split_label(facts.other)))
        budgets = [
            f"{FAMILIES[name].title} " + span(run["images_seen"] for run in runs if run["family"] == name)
            for name in dict.fromkeys(run["family"] for run in runs)
        ]
        said += [
            (_("Samples"), span(run["samples"] for run in runs)),
            (_("Images seen"), "; ".join(budgets)),
            (_("Seeds"), span(Counter(run["cell"] for run in runs).values())),
            (_("Device"), devices(runs)),
        ]
    return [f"{head}: {text}." for head, text in said]
