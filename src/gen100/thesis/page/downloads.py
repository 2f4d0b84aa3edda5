"""The reports' own files, inside the page."""

from dataclasses import dataclass
from pathlib import Path

from gen100 import layout
from gen100.thesis.page.pictures import data_address
from gen100.thesis.tables import table_files

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
    rows = [
        [layout.RESULTS, layout.REFERENCE, layout.COMPARISONS],
        # Their texts are the page's own.
        [layout.CLAIMS.with_suffix(".csv"), layout.FORENSICS.with_suffix(".csv")],
        *table_files(),
    ]
    return [[_download(file) for file in row] for row in rows]
