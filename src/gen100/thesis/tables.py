"""Tables 3.1 and 3.2: the thesis's columns with this study's numbers, and the thesis's own next to them."""

from gen100 import i18n, layout
from gen100.config import Params
from gen100.files import write_text
from gen100.i18n import N_, _
from gen100.report.comparisons import read_winners
from gen100.report.labels import network_head
from gen100.report.reference import read_provenance, read_reference
from gen100.report.results import by_cell, read_results
from gen100.report.table import Column, Table, build_table
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
    them are the thesis's numbers, digit by digit as printed. UserError where results, comparisons or the floor are
    missing.
    """
    cells, reference = by_cell(read_results()), read_reference(params)
    facts, winners = read_provenance(), read_winners()
    training, validation = _("Training Loss"), _("Validation Loss")
    columns = [
        Column("fid", network_head(facts.extractor.distance, facts.extractor), 18, digits=2),
        Column("is", network_head("IS", facts.extractor), 15, digits=2),
        Column("train_loss", training, 16, significant=4),
        Column("val_loss", validation, 16, significant=4),
    ]
    heads = {"fid": ("FID", 12), "is": ("IS", 8), "train_loss": (training, 14), "val_loss": (validation, 15)}
    for key, head in heads.items():
        printed = {cell: numbers[key] for cell, numbers in NUMBERS.items()}
        columns.append(Column(f"thesis_{key}", *head, quoted=printed))
    tables = []
    for number, title in TITLES.items():
        shown = {cell: runs for cell, runs in cells.items() if experiment(cell) == number}
        tables.append(build_table(f"table_3_{number}", _(title), columns, shown, reference, facts, winners))
    return [*tables, build_measures(cells, reference, facts, winners)]


def write_tables(params: Params) -> None:
    """Write reports/tables/table_{3_1,3_2,measures}.{en,uk}.{csv,md,tex}; UserError as in `build_tables`."""
    for language in i18n.LANGUAGES:
        with i18n.language(language):
            for table in build_tables(params):
                for suffix, write in FORMATS.items():
                    write_text(layout.TABLES / f"{table.name}.{language}.{suffix}", write(table))
