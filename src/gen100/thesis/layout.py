"""The files of the thesis's reports, relative to the workspace: what its stages write, and both engines are told.

Importing this is cheap: the Snakefile does, for every job.
"""

from pathlib import Path

from gen100 import layout
from gen100.i18n import LANGUAGES
from gen100.thesis.cells import APPENDICES, appendix

CLAIMS = layout.CLAIMS
FORENSICS = layout.FORENSICS
PAGE = layout.PAGE
TABLES = ("table_3_1", "table_3_2", "table_measures")
TABLE_FORMATS = ("csv", "md", "tex")
THEORY = (*(f"figure_1_{number}.svg" for number in range(1, 7)), "figure_2_8.svg")


def forensics() -> list[Path]:
    return [FORENSICS.with_suffix(ending) for ending in (".csv", *(f".{language}.md" for language in LANGUAGES))]


def claims() -> list[Path]:
    return [CLAIMS.with_suffix(f".{language}.{kind}") for language in LANGUAGES for kind in ("csv", "md")]


def table(name: str, language: str) -> list[Path]:
    """A table in one language: as data, as text and for LaTeX."""
    return [layout.TABLES / f"{name}.{language}.{suffix}" for suffix in TABLE_FORMATS]


def tables() -> list[Path]:
    return [file for name in TABLES for language in LANGUAGES for file in table(name, language)]


def appendices() -> list[Path]:
    """The figures of each family's cells."""
    return [appendix(family) for family in APPENDICES]


def cost() -> list[Path]:
    return [layout.FIGURES / "cost.svg"]


def bias() -> list[Path]:
    return [layout.FIGURES / "bias.svg"]


def theory() -> list[Path]:
    return [layout.FIGURES / name for name in THEORY]


def page() -> list[Path]:
    return [PAGE]
