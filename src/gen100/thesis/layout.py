"""The files of the thesis's reports, relative to the workspace: what its stages write, and both engines are told.

Importing this is cheap: the Snakefile does, for every job.
"""

from collections.abc import Iterable
from pathlib import Path

from gen100 import layout
from gen100.i18n import LANGUAGES

TABLE_NAMES = ("table_3_1", "table_3_2", "table_measures")
THEORY_NAMES = (*(f"figure_1_{number}" for number in range(1, 7)), "figure_2_8")


def table(name: str, language: str) -> list[Path]:
    """One of TABLE_NAMES in one language: as data, as text and for LaTeX."""
    return [layout.TABLES / f"{name}.{language}.{suffix}" for suffix in ("csv", "md", "tex")]


def theory_figure(name: str, language: str) -> Path:
    """One of THEORY_NAMES in one language."""
    return layout.FIGURES / f"{name}.{language}.svg"


def family_figures(families: Iterable[str]) -> list[Path]:
    """The figures of these families' cells."""
    return [layout.family_figure(family, language) for family in families for language in LANGUAGES]


FORENSICS = [
    layout.FORENSICS.with_suffix(ending) for ending in (".csv", *(f".{language}.md" for language in LANGUAGES))
]
CLAIMS = [layout.CLAIMS.with_suffix(f".{language}.{kind}") for language in LANGUAGES for kind in ("csv", "md")]
TABLES = [file for name in TABLE_NAMES for language in LANGUAGES for file in table(name, language)]
COST = [layout.plot("cost", language) for language in LANGUAGES]
BIAS = [layout.plot("bias", language) for language in LANGUAGES]
THEORY = [theory_figure(name, language) for name in THEORY_NAMES for language in LANGUAGES]
PAGES = [layout.page(language) for language in LANGUAGES]
