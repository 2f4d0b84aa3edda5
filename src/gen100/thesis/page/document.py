"""Writes the page in each language."""

from importlib.resources import files
from pathlib import Path
from typing import Any

import jinja2

from gen100 import i18n, layout
from gen100.config import Params
from gen100.data.arrays import load
from gen100.files import write_text
from gen100.i18n import _
from gen100.report.reference import read_provenance
from gen100.report.results import read_results
from gen100.thesis.forensics.facts import read_forensics
from gen100.thesis.page import sections
from gen100.thesis.page.cell_cards import card, read_images, real_images
from gen100.thesis.page.embedded_files import report_files
from gen100.thesis.page.html_tables import results_table, runs_table
from gen100.thesis.page.versions import versions
from gen100.thesis.tables import build_tables


def _environment() -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("gen100.thesis.page", "."),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals |= {"_": _, "number": i18n.number}
    return environment


def _asset(*path: str) -> str:
    return files("gen100.thesis.page").joinpath(*path).read_text(encoding="utf-8").strip()


def write_pages(params: Params) -> None:
    """Write reports/index.html, and next to it the page in every other language.

    Raises:
        UserError: something that the page shows is missing; names it and the stage that makes it.
    """
    results, facts, mistakes = read_results(), read_provenance(), read_forensics()
    arrays = load(layout.ARRAYS)
    images, real = read_images(params), real_images(params, arrays)
    shared = {
        "seed": params.seeds[0],
        "real": real,
        "params": Path("params.yaml").read_text(encoding="utf-8"),
        "versions": versions(),
        "style": _asset("style.css"),
        "scripts": [_asset("vendor", "sortable.min.js"), _asset("page.js")],
    }
    pages: dict[str, dict[str, Any]] = {}
    # All that can be missing is read before the first page is written.
    for language in i18n.LANGUAGES:
        with i18n.language(language):
            tables = build_tables(params)
            pages[language] = {
                **shared,
                **sections.head(facts, results),
                **sections.question(facts, results),
                "tables": [results_table(table) for table in tables],
                **sections.claims(params.families),
                **sections.plots(),
                **sections.forensics(mistakes),
                **sections.floor(tables[-1], facts),
                **sections.cells([card(each, params, tables[-1]) for each in images]),
                "runs": runs_table(results),
                "downloads": report_files(language),
            }
    template = _environment().get_template("page.html.j2")
    for language, values in pages.items():
        with i18n.language(language):
            write_text(layout.page(language), template.render(**values, **sections.theory(arrays)))
