"""The stages of the thesis's reports and the files that they write, as both engines are told of them.

Importing this is cheap: the Snakefile does, for every job.
"""

from collections.abc import Iterable
from pathlib import Path

from gen100 import layout
from gen100.config import Params
from gen100.engines import keys
from gen100.engines.stages import Output, Stage, every_run, in_git
from gen100.i18n import LANGUAGES
from gen100.layout import ARRAYS, COMPARISONS, REFERENCE, RESULTS

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


def stages(params: Params) -> list[Stage]:
    """In an order in which they can run."""
    figures = [*family_figures(params.families), *COST, *BIAS]
    shown = (
        *(ARRAYS, RESULTS, REFERENCE, COMPARISONS),
        *every_run(params, "curve.csv", "samples.npy", "neighbours.png"),
        *(*CLAIMS, *FORENSICS, *TABLES, *figures, *THEORY),
    )
    samples = (ARRAYS, layout.extractor("metric"), REFERENCE, *every_run(params, "samples.npy"))
    judged = (ARRAYS, RESULTS, REFERENCE, *every_run(params, "curve.csv", "samples.npy", "resamples.csv"))
    return [
        Stage("forensics", (), samples, in_git(FORENSICS), keys.forensics(params)),
        Stage("claims", (), judged, in_git(CLAIMS), keys.report(params)),
        Stage("tables", (), (RESULTS, REFERENCE, COMPARISONS), in_git(TABLES), {}),
        Stage("figures", (), judged, in_git(figures), keys.report(params)),
        Stage("theory", (), (ARRAYS,), in_git(THEORY), {}),
        Stage("page", (), shown, tuple(Output(path) for path in PAGES), keys.page(params)),
    ]
