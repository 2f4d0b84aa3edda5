"""One static page of everything, in English and Ukrainian, that needs no other file and no network."""

import platform
from importlib.metadata import PackageNotFoundError, version
from importlib.resources import files
from pathlib import Path
from typing import Any

import jinja2

from gen100 import __version__, layout
from gen100.config import Params
from gen100.data.arrays import load
from gen100.families.registry import FAMILIES
from gen100.files import read_json, write_text
from gen100.report import words
from gen100.report.results import Record, read_results
from gen100.report.table import devices, digits, references
from gen100.thesis import theory
from gen100.thesis.cells import NUMBERS
from gen100.thesis.page import pictures
from gen100.thesis.page.cells import cell_views, real_images
from gen100.thesis.page.conclusions import claims_rule, read_claims, read_forensics
from gen100.thesis.page.downloads import downloads
from gen100.thesis.page.prose import LOSS_NAMES, SAY, SCALES
from gen100.thesis.page.views import floor_view, runs_view, table_view
from gen100.thesis.tables import build_tables
from gen100.version import commit

PACKAGES = ("torch", "torchvision", "torch-fidelity", "numpy", "scipy", "pandas", "matplotlib")


def _versions() -> dict[str, str]:
    found = {"gen100": f"{__version__} ({commit()})", "Python": platform.python_version()}
    for package in PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            found[package] = "—"
    return found


def _asked(results: list[Record], reference: dict[str, Record], claims: list[Any]) -> list[words.Text]:
    """The question, and the first answers, with their numbers."""
    printed = [float(numbers["fid"]) for numbers in NUMBERS.values()]
    ranges = {name: digits("fid", record["fid"]) for name, record in reference.items()}
    measured = [row["fid"] for row in results]
    verdicts = [claim.verdict for claim in claims]

    def say(key: str, **values: str | int) -> words.Text:
        return words.both(lambda language: SAY[key][language].format(**values))

    answer = words.both(
        lambda language: SAY["question_here"][language].format(
            extractor=words.translated(reference["real"]["extractor"], language),
            best=digits("fid", min(measured)),
            worst=digits("fid", max(measured)),
            **ranges,
        )
    )
    judged = say(
        "question_claims",
        total=len(verdicts),
        holds=verdicts.count("holds"),
        fails=verdicts.count("fails"),
        open=verdicts.count("cannot be told"),
    )
    return [say("question_asked", low=f"{min(printed):.2f}", high=f"{max(printed):.2f}"), answer, judged]


def _asset(*path: str) -> str:
    return files("gen100.thesis.page").joinpath(*path).read_text(encoding="utf-8").strip()


def _theory(arrays: Any) -> list[tuple[pictures.Picture, words.Text]]:
    return [(pictures.drawn(figure, caption), caption.title) for _, figure, caption in theory.draw_all(arrays)]


def write_page(params: Params) -> None:
    """Write reports/index.html.

    Raises:
        UserError: something that the page shows is missing; names it and the stage that makes it.
    """
    results, reference, arrays = read_results(), references(params), load(layout.ARRAYS)
    claims, forensics = read_claims(), read_forensics()
    floor = reference["real"]
    data = words.both(lambda language: words.translated(floor["data"], language))
    caveat = words.both(lambda lang: words.caveat(floor["data"], [row["images_seen"] for row in results], lang))
    views, titles = cell_views(params, results), FAMILIES.items()
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("gen100.thesis.page", "."),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    html = environment.get_template("page.html.j2").render(
        say=SAY,
        data=data,
        caveat=caveat,
        asked=_asked(results, reference, claims),
        tables=[table_view(table) for table in build_tables(params)],
        models={name: (family.title, [v for v in views if v.cell.family == name]) for name, family in titles},
        choices={
            "model": {name: FAMILIES[name].title for name in dict.fromkeys(v.cell.family for v in views)},
            "loss": {FAMILIES[v.cell.family].losses[v.cell.loss]: v.loss for v in views},
            "size": {str(size): str(size) for size in sorted({v.cell.latent for v in views})},
        },
        seed=params.seeds[0],
        real=real_images(params, arrays),
        loss_names=LOSS_NAMES,
        scales=SCALES,
        claims=claims,
        claims_rule=claims_rule(),
        thesis=words.THESIS,
        forensics=forensics,
        floor=floor_view(reference),
        check=read_json(layout.REFERENCE)["check"],
        plots=[pictures.vector(layout.FIGURES / f"{name}.svg", "figures") for name in ("cost", "bias")],
        theory=_theory(arrays),
        runs=runs_view(results),
        devices=words.both(lambda language: words.translated(devices(results), language)),
        params=Path("params.yaml").read_text(encoding="utf-8"),
        versions=_versions(),
        downloads=downloads(),
        style=_asset("style.css"),
        scripts=[_asset("vendor", "sortable.min.js"), _asset("page.js")],
    )
    write_text(layout.PAGE, html)
