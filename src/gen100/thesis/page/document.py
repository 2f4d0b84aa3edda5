"""Writes the page in each language: gathers what the template shows, as names and values."""

import platform
from collections import Counter
from dataclasses import replace
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from babel import Locale

from gen100 import __version__, i18n, layout
from gen100.cells import Cell
from gen100.config import Params
from gen100.data.arrays import load, sample_labels
from gen100.errors import UserError
from gen100.families.registry import FAMILIES
from gen100.files import read_json, write_text
from gen100.report.grid import examples, spread
from gen100.report.labels import caveat, data_label, device, extractor_label
from gen100.report.loss_graph import COLUMNS as LOSSES
from gen100.report.loss_graph import both_losses, choose_scale, loss_names
from gen100.report.neighbours import read_pairs
from gen100.report.reference import read_levels, read_provenance
from gen100.report.results import read_curve, read_results
from gen100.report.samples import read_samples
from gen100.report.style import plain
from gen100.report.table import DASH, Table, made_with
from gen100.report.table_formats import texts
from gen100.thesis import stages
from gen100.thesis.claims.claim import VERDICTS
from gen100.thesis.claims.report import COLUMNS
from gen100.thesis.forensics.facts import read_forensics
from gen100.thesis.forensics.report import report_values
from gen100.thesis.forensics.verdict import HIGH, LOW
from gen100.thesis.page.pictures import data_address, drawn, loss_graph, photograph, read_plot, tiles
from gen100.thesis.tables import build_tables
from gen100.thesis.templates import render
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
SHOWN = 32
"""Images of a cell."""
NEIGHBOUR_ROWS = 2


def write_pages(params: Params) -> None:
    """Write reports/index.html, and next to it the page in every other language.

    Raises:
        UserError: something that the page shows is missing; names it and the stage that makes it.
    """
    results, facts, mistakes = read_results(), read_provenance(), read_forensics()
    reference, arrays = read_json(layout.REFERENCE), load(layout.ARRAYS)
    distances = [run["fid"] for run in results]
    labels = sample_labels(params.sampling.images)
    cells = [_cell(Cell.parse(name), params) for name in params.cells]
    functions = {"plain": plain, "texts": texts, "device": device, "zip": zip}
    shared = functions | {
        "seed": params.seeds[0],
        "results": results,
        "dash": DASH,
        "params": Path("params.yaml").read_text(encoding="utf-8"),
        "versions": _versions(),
        "fid": {"low": LOW, "high": HIGH, "best": min(distances), "worst": max(distances), **read_levels()},
        "check": reference.get("check") or {},
        "family_titles": {cell["cell"].family: FAMILIES[cell["cell"].family].title for cell in cells},
        # Of the classes that the cells' pictures show, in the same order.
        "real": tiles(examples(arrays.train_images, arrays.train_labels, labels[_shown(params)])),
        "verdict_titles": VERDICTS,
    }
    pages = {}
    # All that can be missing is read before the first page is written.
    for language in i18n.LANGUAGES:
        with i18n.language(language):
            tables = build_tables(params)
            claims = _claims(params.families, language)
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
                "tables": tables,
                "cards": [cell | _card(cell, tables[-1]) for cell in cells],
                "claims": claims,
                "verdicts": Counter(claim["verdict"] for claim in claims),
                "forensics": report_values(mistakes),
                "floor": _floor(tables[-1]),
                "made_with": " ".join(made_with(facts, [])),
                "plots": {name: read_plot(layout.plot(name, language)) for name in ("cost", "bias")},
                "theory": [(drawn(figure), caption) for _name, figure, caption in draw_all(arrays)],
                "downloads": _downloads(language),
            }
            pages[layout.page(language)] = render("page/page.html.j2", shown)
    for file, text in pages.items():
        write_text(file, text)


def _shown(params: Params) -> np.ndarray:
    """Which samples of a cell."""
    return spread(sample_labels(params.sampling.images), SHOWN)


def _cell(cell: Cell, params: Params) -> Values:
    """What is the same of a cell in every language: its pictures, and its curves, one per seed.

    Raises:
        UserError: samples, a picture of neighbours or a curve is missing or broken.
    """
    seed = params.seeds[0]
    curves = [read_curve(cell, each) for each in params.seeds]
    return {
        "cell": cell,
        "batch": params.batch_size(cell),
        "curves": curves,
        "scale": choose_scale(both_losses(curves)),
        "samples": tiles(read_samples(cell, seed, _shown(params))),
        "neighbours": photograph(read_pairs(layout.run(cell, seed) / "neighbours.png", NEIGHBOUR_ROWS)),
    }


def _card(shown: Values, measures: Table) -> Values:
    """What else the page shows of a cell, in the current language.

    Args:
        measures: the table of all measures.
    """
    cell, curves = shown["cell"], shown["curves"]
    line = next(line for line in measures.rows if line.cell == cell)
    # Both losses at the start and the end of the first curve.
    start, end = (" / ".join(plain(float(curves[0][name].iloc[row]), 4) for name in LOSSES) for row in (0, -1))
    return {
        "measures": [
            (column.head, line.values[column.key].text)
            for column in measures.columns
            if column.key in ("fid", "is")
        ],
        "losses": loss_names(cell.family),
        "graph": loss_graph(curves, cell.family),
        "start": start,
        "end": end,
    }


def _floor(measures: Table) -> Table:
    """Real images, noise and one flat colour, by every measure they have, out of the table of all measures."""
    rows = [row for row in measures.rows if not row.cell]
    measured = {key for row in rows for key, value in row.values.items() if value.number is not None}
    return replace(measures, rows=rows, columns=[column for column in measures.columns if column.key in measured])


def _claims(families: list[str], language: str) -> list[dict[str, str]]:
    """The rows of claims.<language>.csv, each with `target`: the id of the part of the page that shows its figure.

    Args:
        families: those whose cells the page shows; a figure of another has no target.

    Raises:
        UserError: the table is missing or unreadable.
    """
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
        row["target"] = targets.get(Path(row["figure"]).name, "")
    return rows


def _versions() -> dict[str, str]:
    """Name and version of the program and of PACKAGES, a dash where one is not installed."""
    found = {"gen100": f"{__version__} ({commit()})", "Python": platform.python_version()}
    for package in PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            found[package] = DASH
    return found


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
