"""Writes the page in each language: gathers what the template shows, as names and values."""

import platform
from collections import Counter
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import jinja2
import pandas as pd
from babel import Locale

from gen100 import __version__, i18n, layout
from gen100.config import Params
from gen100.data.arrays import load
from gen100.errors import UserError
from gen100.families.registry import FAMILIES
from gen100.files import read_json, write_text
from gen100.i18n import _
from gen100.report.labels import caveat, data_label, extractor_label
from gen100.report.records import Record
from gen100.report.reference import read_levels, read_provenance
from gen100.report.results import read_results
from gen100.report.style import plain
from gen100.report.table import DASH, made_with
from gen100.thesis import stages
from gen100.thesis.cells import NUMBERS
from gen100.thesis.claims.claim import VERDICTS
from gen100.thesis.claims.report import COLUMNS, RULE
from gen100.thesis.forensics.facts import read_forensics
from gen100.thesis.forensics.report import sections as forensics_sections
from gen100.thesis.page.cell_cards import cell_card, cell_pictures, real_images
from gen100.thesis.page.html_tables import mistakes_table, reference_table, results_table, runs_table
from gen100.thesis.page.pictures import data_address, drawn, read_plot
from gen100.thesis.tables import build_tables
from gen100.thesis.theory import draw_all
from gen100.version import commit

Values = dict[str, Any]

PACKAGES = ("torch", "torchvision", "torch-fidelity", "numpy", "scipy", "pandas", "matplotlib")
"""What the numbers depend on."""
MEDIA_TYPES = {
    ".csv": "text/csv",
    ".md": "text/markdown",
    ".tex": "application/x-tex",
    ".json": "application/json",
}


def write_pages(params: Params) -> None:
    """Write reports/index.html, and next to it the page in every other language.

    Raises:
        UserError: something that the page shows is missing; names it and the stage that makes it.
    """
    results, facts, mistakes = read_results(), read_provenance(), read_forensics()
    reference, arrays = read_json(layout.REFERENCE), load(layout.ARRAYS)
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("gen100.thesis.page", "."),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    template = environment.get_template("page.html.j2", globals={"_": _})
    pictures = {name: cell_pictures(name, params) for name in params.cells}
    shared = {
        "seed": params.seeds[0],
        "real": real_images(params, arrays),
        "params": Path("params.yaml").read_text(encoding="utf-8"),
        "versions": _versions(),
    }
    pages = {}
    # All that can be missing is read before the first page is written.
    for language in i18n.LANGUAGES:
        with i18n.language(language):
            tables = build_tables(params)
            shown = {
                **shared,
                "language": language,
                "other_pages": [
                    (code, layout.page(code).name, str(Locale.parse(code).display_name).capitalize())
                    for code in i18n.LANGUAGES
                    if code != language
                ],
                "data": data_label(facts.data),
                "caveat": caveat(facts.data, [run["images_seen"] for run in results]),
                "extractor": extractor_label(facts.extractor),
                "fid": _distances(results),
                "tables": [results_table(table) for table in tables],
                **_cells([cell_card(name, params, tables[-1]) | pictures[name] for name in params.cells]),
                **_claims(params.families),
                "forensics": [section for section in forensics_sections(mistakes) if section.items],
                "mistakes": mistakes_table(mistakes),
                "floor": reference_table(tables[-1], " ".join(made_with(facts, []))),
                "check": {
                    name: plain(value, 4) if isinstance(value, int | float) else value
                    for name, value in (reference.get("check") or {}).items()
                },
                "plots": {name: read_plot(layout.plot(name, language)) for name in ("cost", "bias")},
                "runs": runs_table(results),
                "theory": [(drawn(figure), caption) for _name, figure, caption in draw_all(arrays)],
                "downloads": _downloads(language),
            }
            pages[layout.page(language)] = template.render(shown)
    for file, text in pages.items():
        write_text(file, text)


def _versions() -> dict[str, str]:
    """Name and version of the program and of PACKAGES, a dash where one is not installed."""
    found = {"gen100": f"{__version__} ({commit()})", "Python": platform.python_version()}
    for package in PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            found[package] = DASH
    return found


def _distances(results: list[Record]) -> dict[str, str]:
    """The range that the thesis printed, that of this study, and what no model made."""
    printed = [float(numbers["fid"]) for numbers in NUMBERS.values()]
    measured = [run["fid"] for run in results]
    ends = {"low": min(printed), "high": max(printed), "best": min(measured), "worst": max(measured)}
    return {name: i18n.number(value, 2) for name, value in (ends | read_levels()).items()}


def _cells(cards: list[Values]) -> Values:
    """The cards of each family, and by what they can be chosen."""
    cells = [card["cell"] for card in cards]
    titles = {cell.family: FAMILIES[cell.family].title for cell in cells}
    return {
        "families": {
            name: (title, [card for card in cards if card["cell"].family == name])
            for name, title in titles.items()
        },
        "choices": {
            "family": (_("Family"), titles),
            "loss": (_("Loss"), dict.fromkeys(cell.loss_title for cell in cells)),
            "size": (_("Latent size"), dict.fromkeys(sorted({cell.latent for cell in cells}))),
        },
    }


def _claims(families: list[str]) -> Values:
    """The claims as the stage `claims` judged them, how many have each verdict, and how they were judged.

    Each is its row of claims.<language>.csv, with `title` of its verdict and `target`, the id of the part of the
    page that shows its figure, or nothing.

    Args:
        families: those whose cells the page shows.

    Raises:
        UserError: the table is missing or unreadable.
    """
    language = i18n.current()
    file = layout.CLAIMS.with_suffix(f".{language}.csv")
    try:
        rows = pd.read_csv(file, keep_default_na=False, dtype=str, usecols=COLUMNS).to_dict("records")
    except FileNotFoundError:
        raise UserError(f"{file} is missing: run stage claims") from None
    except ValueError:
        raise UserError(f"{file} is not a table of claims: remove it and run stage claims") from None
    targets = {layout.family_figure(family, language).name: f"cells-{family}" for family in families}
    targets |= {layout.plot(name, language).name: name for name in ("cost", "bias")}
    for row in rows:
        if row["verdict"] not in VERDICTS:
            raise UserError(f"{file} holds the verdict '{row['verdict']}': remove it and run stage claims")
        row |= {"title": _(VERDICTS[row["verdict"]]), "target": targets.get(Path(row["figure"]).name, "")}
    counted = Counter(row["verdict"] for row in rows)
    return {"claims": rows, "verdicts": {key: counted[key] for key in VERDICTS}, "claims_rule": _(RULE)}


def _downloads(language: str) -> list[dict[str, str]]:
    """The files on each line of the page: their names, and addresses that hold their content."""
    lines = [
        [layout.RESULTS, layout.REFERENCE, layout.COMPARISONS],
        # Their texts are on the page itself.
        [layout.CLAIMS.with_suffix(f".{language}.csv"), layout.FORENSICS.with_suffix(".csv")],
        *(stages.table(name, language) for name in stages.TABLE_NAMES),
    ]
    return [
        {file.name: data_address(file.read_bytes(), MEDIA_TYPES[file.suffix]) for file in line} for line in lines
    ]
