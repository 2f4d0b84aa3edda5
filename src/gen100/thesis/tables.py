"""Tables 3.1 and 3.2: the thesis's columns with this study's numbers, and the thesis's own next to them."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Literal

from gen100 import i18n, layout
from gen100.cells import Cell
from gen100.config import Params
from gen100.files import write_text
from gen100.i18n import N_, _
from gen100.provenance import Provenance
from gen100.report.best import Winners, read_winners
from gen100.report.records import Record
from gen100.report.reference import Kind, read_provenance, read_reference
from gen100.report.results import read_results
from gen100.report.table import Column, Table, Value, cell_rows, network_head, notes, reference_rows, titled
from gen100.report.table_formats import FORMATS
from gen100.report.table_of_measures import build_measures
from gen100.thesis.cells import NUMBERS
from gen100.thesis.cells import experiment as experiment_of

TITLES = {
    1: N_("Table 3.1. Comparison of the quality of the images generated in experiment 1"),
    2: N_("Table 3.2. Comparison of the results of experiment 2"),
}


def _build(
    experiment: Literal[1, 2],
    results: list[Record],
    reference: Mapping[Kind, Record],
    facts: Provenance,
    winners: Winners,
) -> Table:
    """Means over seeds with their 95% intervals, of the thesis's cells in the order of results.csv.

    Next to them are the thesis's numbers, digit by digit as printed.
    """
    own = [
        Column("fid", network_head(facts.extractor.distance, facts.extractor), 18, digits=2),
        Column("is", network_head("IS", facts.extractor), 15, digits=2),
        Column("train_loss", _("Training Loss"), 16, significant=4),
        Column("val_loss", _("Validation Loss"), 16, significant=4),
    ]
    heads = {"fid": ("FID", 12), "is": ("IS", 8), "train_loss": (own[2].head, 14), "val_loss": (own[3].head, 15)}
    printed = [Column(f"thesis_{key}", *head) for key, head in heads.items()]
    cells = [Cell.parse(text) for text in dict.fromkeys(run["cell"] for run in results)]
    rows = []
    for row in cell_rows([cell for cell in cells if experiment_of(cell) == experiment], own, results, winners):
        numbers = NUMBERS[row.cell] if row.cell else {}
        values = {f"thesis_{key}": Value(float(text), text=text) for key, text in numbers.items()}
        rows.append(replace(row, values=row.values | values))
    return Table(
        f"table_3_{experiment}",
        titled(_(TITLES[experiment]), facts, rows),
        [*own, *printed],
        [*rows, *reference_rows(reference, own, facts)],
        facts,
        notes(rows, facts),
    )


def build_tables(params: Params) -> list[Table]:
    """Tables 3.1 and 3.2 and the table of all measures, of this workspace's results, in the current language.

    Raises:
        UserError: results, comparisons or the floor are missing.
    """
    made = read_results(), read_reference(params), read_provenance(), read_winners()
    return [_build(1, *made), _build(2, *made), build_measures(*made)]


def write_tables(params: Params) -> None:
    """Write reports/tables/table_{3_1,3_2,measures}.{en,uk}.{csv,md,tex}.

    Raises:
        UserError: results, comparisons or the floor are missing.
    """
    for language in i18n.LANGUAGES:
        with i18n.language(language):
            for table in build_tables(params):
                for suffix, write in FORMATS.items():
                    write_text(layout.TABLES / f"{table.name}.{language}.{suffix}", write(table))
