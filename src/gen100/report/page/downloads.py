"""The reports' own files, inside the page."""

from dataclasses import dataclass
from pathlib import Path

from gen100 import layout
from gen100.report import words
from gen100.report.page.pictures import data_address
from gen100.report.tables import table_files

KINDS = {".csv": "text/csv", ".md": "text/markdown", ".tex": "application/x-tex", ".json": "application/json"}


@dataclass(frozen=True)
class Download:
    """A file: its name when saved, its address, and the table or language it is listed under."""

    name: str
    address: str
    size: int


def _download(file: Path) -> Download:
    content = file.read_bytes()
    return Download(file.name, data_address(content, KINDS[file.suffix]), len(content))


def downloads() -> list[list[Download]]:
    """Every table, first as data, then as read, one list a row of the page."""
    texts = [
        [base.with_suffix(f".{language}.md") for language in words.LANGUAGES]
        for base in (layout.CLAIMS, layout.FORENSICS)
    ]
    rows = [
        [layout.RESULTS, layout.REFERENCE, layout.COMPARISONS],
        [layout.CLAIMS.with_suffix(".csv"), *texts[0], layout.FORENSICS.with_suffix(".csv"), *texts[1]],
        *table_files(),
    ]
    return [[_download(file) for file in row] for row in rows]
