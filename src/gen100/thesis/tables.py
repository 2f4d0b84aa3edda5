"""Tables 3.1 and 3.2: the thesis' columns with this study's numbers, and the thesis' own beside them."""

from pathlib import Path
from typing import Literal

from gen100 import layout
from gen100.cells import Cell
from gen100.config import Params
from gen100.files import write_text
from gen100.report import words
from gen100.report.best import Verdicts, read_verdicts
from gen100.report.results import Record, read_results
from gen100.report.table import Column, Line, Table, Value, bottom_lines, cell_lines, notes, references, titled
from gen100.report.table_formats import FORMATS
from gen100.report.table_of_measures import build_measures
from gen100.report.words import Text
from gen100.thesis.cells import NUMBERS, PRINTED
from gen100.thesis.cells import experiment as experiment_of


def build(
    experiment: Literal[1, 2], results: list[Record], reference: dict[str, Record], verdicts: Verdicts
) -> Table:
    """Means over seeds with their 95% intervals, in the order of results.csv."""
    floor = reference["real"]
    heads: dict[str, Text] = {
        "fid": words.both(lambda language: words.measure_head("FID", floor["extractor"], language)),
        "is": words.both(lambda language: words.measure_head("IS", floor["extractor"], language)),
        "train_loss": words.HEADS["train_loss"],
        "val_loss": words.HEADS["val_loss"],
    }
    columns = [
        Column(key, head, width) for (key, head), width in zip(heads.items(), (18, 15, 16, 16), strict=True)
    ]
    plain = {**heads, **{key: words.both(lambda _, name=key: name.upper()) for key in ("fid", "is")}}
    columns += [Column(f"thesis_{k}", plain[k], w) for k, w in zip(PRINTED, (12, 8, 14, 15), strict=True)]
    cells = [Cell.parse(text) for text in dict.fromkeys(run["cell"] for run in results)]
    printed = NUMBERS
    lines = []
    for line in cell_lines(
        [cell for cell in cells if experiment_of(cell) == experiment], PRINTED, results, verdicts
    ):
        numbers = printed.get(line.cell, {}) if line.cell else {}
        thesis = {f"thesis_{key}": Value(float(text), text=text) for key, text in numbers.items()}
        lines.append(Line(line.label, line.size, line.values | thesis, line.runs, line.cell, line.mark))
    return Table(
        f"table_3_{experiment}",
        titled(words.TABLE_TITLES[experiment], floor["data"], lines),
        columns,
        [*lines, *bottom_lines(reference, PRINTED)],
        floor,
        notes(lines, floor["extractor"]),
    )


def build_tables(params: Params) -> list[Table]:
    """Tables 3.1 and 3.2 and the table of all measures, of this workspace's results.

    Raises:
        UserError: results, comparisons or the floor are missing.
    """
    results, reference, verdicts = read_results(), references(params), read_verdicts()
    printed = [build(experiment, results, reference, verdicts) for experiment in (1, 2)]
    return [*printed, build_measures(results, reference, verdicts)]


NAMES = ("table_3_1", "table_3_2", "table_measures")


def table_files() -> list[list[Path]]:
    """The files of each table in each language."""
    return [
        [layout.TABLES / f"{name}.{language}.{suffix}" for suffix in FORMATS]
        for name in NAMES
        for language in words.LANGUAGES
    ]


def write_tables(params: Params) -> None:
    """Write reports/tables/table_{3_1,3_2,measures}.{en,uk}.{csv,md,tex}.

    Raises:
        UserError: results, comparisons or the floor are missing.
    """
    for table in build_tables(params):
        for language in words.LANGUAGES:
            for suffix, write in FORMATS.items():
                write_text(layout.TABLES / f"{table.name}.{language}.{suffix}", write(table, language))
