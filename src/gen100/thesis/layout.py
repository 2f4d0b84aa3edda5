"""The files of the thesis's reports, relative to the workspace: what its stages write, and both engines are told.

Importing this is cheap: the Snakefile does, for every job.
"""

from collections.abc import Iterable
from pathlib import Path

from gen100 import layout
from gen100.i18n import LANGUAGES

CLAIMS = layout.CLAIMS
FORENSICS = layout.FORENSICS
TABLES = ("table_3_1", "table_3_2", "table_measures")
TABLE_FORMATS = ("csv", "md", "tex")
THEORY = (*(f"figure_1_{number}" for number in range(1, 7)), "figure_2_8")


def forensics() -> list[Path]:
    return [FORENSICS.with_suffix(ending) for ending in (".csv", *(f".{language}.md" for language in LANGUAGES))]


def claims() -> list[Path]:
    return [CLAIMS.with_suffix(f".{language}.{kind}") for language in LANGUAGES for kind in ("csv", "md")]


def table(name: str, language: str) -> list[Path]:
    """A table in one language: as data, as text and for LaTeX."""
    return [layout.TABLES / f"{name}.{language}.{suffix}" for suffix in TABLE_FORMATS]


def tables() -> list[Path]:
    return [file for name in TABLES for language in LANGUAGES for file in table(name, language)]


def family_figures(families: Iterable[str]) -> list[Path]:
    """The figures of these families' cells."""
    return [layout.family_figure(family, language) for family in families for language in LANGUAGES]


def cost() -> list[Path]:
    return [layout.plot("cost", language) for language in LANGUAGES]


def bias() -> list[Path]:
    return [layout.plot("bias", language) for language in LANGUAGES]


def theory_figure(name: str, language: str) -> Path:
    """One of THEORY in one language."""
    return layout.FIGURES / f"{name}.{language}.svg"


def theory() -> list[Path]:
    return [theory_figure(name, language) for name in THEORY for language in LANGUAGES]


def pages() -> list[Path]:
    return [layout.page(language) for language in LANGUAGES]
