"""The table of all measures: what tables 3.1 and 3.2 have no room for."""

from gen100.cells import Cell
from gen100.report import words
from gen100.report.best import Verdicts
from gen100.report.results import Record
from gen100.report.table import Column, Table, bottom_lines, cell_lines, notes, titled
from gen100.report.words import Text

PANELS: tuple[tuple[str, ...], ...] = (
    ("fid", "fid_other", "fid_se", "fid_limit", "reconstruction_fid", "fd_dinov2"),
    ("is", "is_std", "kid", "kid_std", "kid_other"),
    ("precision", "recall", "precision_other", "recall_other"),
    ("neighbour_ratio", "neighbour_closer", "class_accuracy"),
)
"""Columns of results.csv, as LaTeX divides them."""


def _head(key: str, floor: Record, other: str) -> Text:
    """What a column measures, against which split."""
    splits = {"split": floor["reference"].partition(",")[0], "other": other}

    def said(language: words.Language) -> str:
        measures = {name.lower(): words.measure_head(name, floor["extractor"], language) for name in words.NAMES}
        named = {name: words.translated(split, language) for name, split in splits.items()}
        return words.MEASURES[key][language].format(**measures, **named)

    return words.both(said)


def build_measures(results: list[Record], reference: dict[str, Record], verdicts: Verdicts) -> Table:
    """A line a cell, in the order of results.csv; a column that nothing was measured for is left out."""
    floor = reference["real"]
    keys = [key for panel in PANELS for key in panel]
    cells = [Cell.parse(text) for text in dict.fromkeys(run["cell"] for run in results)]
    lines = [*cell_lines(cells, keys, results, verdicts), *bottom_lines(reference, keys)]
    other = results[0]["other"].partition(",")[0]
    columns = [
        Column(key, _head(key, floor, other), 17, panel, words.MEASURE_NOTES.get(key))
        for panel, names in enumerate(PANELS)
        for key in names
        if any(line.values[key].number is not None for line in lines)
    ]
    return Table(
        "table_measures",
        titled(words.MEASURES_TITLE, floor["data"], lines),
        columns,
        lines,
        floor,
        notes(lines, floor["extractor"]),
    )
