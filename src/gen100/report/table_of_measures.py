"""The table of all measures: what tables 3.1 and 3.2 have no room for."""

from collections.abc import Mapping
from dataclasses import replace
from itertools import product

from gen100.cells import Cell
from gen100.i18n import _
from gen100.metrics.measures import MEASURES, Measure
from gen100.provenance import Provenance
from gen100.report.comparisons import Winners
from gen100.report.labels import network_head, split_name
from gen100.report.records import Record
from gen100.report.reference import Kind
from gen100.report.table import Column, Table, build_table

WIDTH = 17
"""Of a column in LaTeX, in mm."""
PANEL = 6
"""Columns that stand side by side in LaTeX, at most; those of one measure stay together."""


def _columns(measure: Measure, facts: Provenance) -> list[Column]:
    """A measure's columns, in the order of its keys."""
    splits = (facts.reference, facts.other) if measure.both_splits else (None,)
    found = []
    for key, (split, number) in zip(measure.keys(), product(splits, measure.numbers), strict=True):
        head = _(number.title).format(distance=facts.extractor.distance)
        if number.named_by_network:
            head = network_head(head, facts.extractor)
        if split is not None:
            head = _("{measure}, {split}").format(measure=head, split=split_name(split))
        # A note is said once, next to the numbers against the reference.
        note = _(number.note) if number.note and split is not facts.other else None
        if number.tabled:
            found.append(Column(key, head, WIDTH, note=note, digits=number.digits, better=number.better))
    return found


def build_measures(
    cells: Mapping[Cell, list[Record]], reference: Mapping[Kind, Record], facts: Provenance, winners: Winners
) -> Table:
    """One row per cell, in the order of `cells`; a column that nothing was measured for is left out."""
    groups = [_columns(measure, facts) for measure in MEASURES.values()]
    every = [column for group in groups for column in group]
    table = build_table("table_measures", _("All measures"), every, cells, reference, facts, winners)
    measured = {key for row in table.rows for key, value in row.values.items() if value.number is not None}
    columns: list[Column] = []
    panel = taken = 0
    for group in groups:
        shown = [column for column in group if column.key in measured]
        if taken and taken + len(shown) > PANEL:
            panel, taken = panel + 1, 0
        taken += len(shown)
        columns += [replace(column, panel=panel) for column in shown]
    return replace(table, columns=columns)
