"""The table of all measures: what tables 3.1 and 3.2 have no room for."""

from collections.abc import Mapping
from dataclasses import replace

from gen100.cells import Cell
from gen100.i18n import _
from gen100.metrics.measure import Measure, Number
from gen100.metrics.measures import MEASURES
from gen100.provenance import Provenance, SplitFacts
from gen100.report.best import Winners
from gen100.report.labels import network_head, split_name
from gen100.report.records import Record
from gen100.report.reference import Kind
from gen100.report.table import Column, Table, cell_rows, notes, reference_rows, titled

WIDTH = 17
"""Of a column in LaTeX, in mm."""
PANEL = 6
"""Columns that stand side by side in LaTeX, at most; those of one measure stay together."""


def _column(number: Number, key: str, facts: Provenance, split: SplitFacts | None) -> Column:
    head = _(number.title).format(distance=facts.extractor.distance)
    if number.named_by_network:
        head = network_head(head, facts.extractor)
    if split is not None:
        head = _("{measure}, {split}").format(measure=head, split=split_name(split))
    # A note is said once, next to the numbers against the reference.
    note = _(number.note) if number.note and split is not facts.other else None
    return Column(key, head, WIDTH, 0, note, number.digits, better=number.better)


def _columns(measure: Measure, facts: Provenance) -> list[Column]:
    """A measure's columns, in the order of its keys."""
    splits = (facts.reference, facts.other) if measure.both_splits else (None,)
    made = zip(measure.keys(), [(number, split) for split in splits for number in measure.numbers], strict=True)
    return [_column(number, key, facts, split) for key, (number, split) in made if number.tabled]


def _in_panels(groups: list[list[Column]]) -> list[Column]:
    """The columns of all measures, with their panels."""
    found: list[Column] = []
    panel = taken = 0
    for group in groups:
        if taken and taken + len(group) > PANEL:
            panel, taken = panel + 1, 0
        taken += len(group)
        found += [replace(column, panel=panel) for column in group]
    return found


def build_measures(
    results: list[Record], reference: Mapping[Kind, Record], facts: Provenance, winners: Winners
) -> Table:
    """One row per cell, in the order of results.csv; a column that nothing was measured for is left out."""
    groups = [_columns(measure, facts) for measure in MEASURES.values()]
    every = [column for group in groups for column in group]
    cells = [Cell.parse(text) for text in dict.fromkeys(run["cell"] for run in results)]
    rows = [*cell_rows(cells, every, results, winners), *reference_rows(reference, every, facts)]
    empty = {column.key for column in every if all(row.values[column.key].number is None for row in rows)}
    return Table(
        "table_measures",
        titled(_("All measures"), facts, rows),
        _in_panels([[column for column in group if column.key not in empty] for group in groups]),
        rows,
        facts,
        notes(rows, facts),
    )
