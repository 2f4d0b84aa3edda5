"""Tables 3.1 and 3.2: the thesis's columns with this study's numbers, and the thesis's own next to them."""

from dataclasses import replace

from gen100 import i18n, layout
from gen100.cells import Cell
from gen100.config import Params
from gen100.files import write_text
from gen100.i18n import N_, _
from gen100.report.best import read_winners
from gen100.report.labels import network_head
from gen100.report.reference import read_provenance, read_reference
from gen100.report.results import read_results
from gen100.report.table import Column, Table, Value, cell_rows, notes, reference_rows, titled
from gen100.report.table_formats import FORMATS
from gen100.report.table_of_measures import build_measures
from gen100.thesis.cells import NUMBERS, experiment

TITLES = {
    1: N_("Table 3.1. Comparison of the quality of the images generated in experiment 1"),
    2: N_("Table 3.2. Comparison of the results of experiment 2"),
}


def build_tables(params: Params) -> list[Table]:
    """Tables 3.1 and 3.2 and the table of all measures, of this workspace's results, in the current language.

    They hold means over seeds with their 95% intervals, of the thesis's cells in the order of results.csv. Next to
    them are the thesis's numbers, digit by digit as printed.

    Raises:
        UserError: results, comparisons or the floor are missing.
    """
    results, reference = read_results(), read_reference(params)
    facts, winners = read_provenance(), read_winners()
    own = [
        Column("fid", network_head(facts.extractor.distance, facts.extractor), 18, digits=2),
        Column("is", network_head("IS", facts.extractor), 15, digits=2),
        Column("train_loss", _("Training Loss"), 16, significant=4),
        Column("val_loss", _("Validation Loss"), 16, significant=4),
    ]
    heads = {"fid": ("FID", 12), "is": ("IS", 8), "train_loss": (own[2].head, 14), "val_loss": (own[3].head, 15)}
    printed = [Column(f"thesis_{key}", *head) for key, head in heads.items()]
    tables = []
    for number, title in TITLES.items():
        cells = map(Cell.parse, dict.fromkeys(run["cell"] for run in results))
        rows = []
        for row in cell_rows([cell for cell in cells if experiment(cell) == number], own, results, winners):
            numbers = NUMBERS[row.cell] if row.cell else {}
            values = {f"thesis_{key}": Value(float(text), text=text) for key, text in numbers.items()}
            rows.append(replace(row, values=row.values | values))
        made = [*rows, *reference_rows(reference, own, facts)]
        head = titled(_(title), facts, rows)
        tables.append(Table(f"table_3_{number}", head, [*own, *printed], made, facts, notes(rows, facts)))
    return [*tables, build_measures(results, reference, facts, winners)]


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
