"""The reports' own files, inside the page."""

from dataclasses import dataclass
from pathlib import Path

from gen100 import layout
from gen100.thesis import layout as thesis
from gen100.thesis.page.pictures import data_address

MEDIA_TYPES = {
    ".csv": "text/csv",
    ".md": "text/markdown",
    ".tex": "application/x-tex",
    ".json": "application/json",
}


@dataclass(frozen=True)
class EmbeddedFile:
    """A file's name when saved, and its address, which holds its content."""

    name: str
    address: str


def embed(file: Path) -> EmbeddedFile:
    return EmbeddedFile(file.name, data_address(file.read_bytes(), MEDIA_TYPES[file.suffix]))


def report_files(language: str) -> list[list[EmbeddedFile]]:
    """The data files and those of one language, one list per line of the page."""
    lines = [
        [layout.RESULTS, layout.REFERENCE, layout.COMPARISONS],
        # Their texts are on the page itself.
        [layout.CLAIMS.with_suffix(f".{language}.csv"), layout.FORENSICS.with_suffix(".csv")],
        *(thesis.table(name, language) for name in thesis.TABLES),
    ]
    return [[embed(file) for file in line] for line in lines]
