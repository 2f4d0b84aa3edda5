"""One static page of everything: tables, appendices, theory figures, and how the numbers were made."""

import base64
import platform
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import jinja2

from gen100 import __version__, layout
from gen100.cells import FAMILIES
from gen100.config import Params
from gen100.errors import UserError
from gen100.files import write_text
from gen100.report import tables, theory, words
from gen100.report.formats import texts
from gen100.report.lines import Table, devices
from gen100.report.style import Caption, read_caption

PACKAGES = ("torch", "torchvision", "torch-fidelity", "numpy", "pandas", "matplotlib")
KINDS = {".png": "image/png", ".svg": "image/svg+xml"}


@dataclass(frozen=True)
class Picture:
    """A figure's file inside the page."""

    address: str
    caption: Caption


@dataclass(frozen=True)
class Section:
    """A table as the page shows it."""

    title: words.Text
    heads: list[str]
    thesis_heads: list[str]
    rows: list[list[str]]
    provenance: str


def picture(file: Path, stage: str) -> Picture:
    """A figure with its caption, embedded.

    Raises:
        UserError: the file is missing.
    """
    try:
        content = base64.b64encode(file.read_bytes()).decode()
    except FileNotFoundError:
        raise UserError(f"{file} is missing: run stage {stage}") from None
    return Picture(f"data:{KINDS[file.suffix]};base64,{content}", read_caption(file))


def section(table: Table) -> Section:
    heads = [words.HEADS["label"], words.HEADS["size"], *(column.head for column in table.columns)]
    named = [head["en"] if head["en"] == head["uk"] else f"{head['uk']} / {head['en']}" for head in heads]
    return Section(
        title=table.title,
        heads=named[:6],
        thesis_heads=[head["en"] for head in heads[6:]],
        rows=[[line.label["en"], line.size, *texts(table, line)] for line in table.lines],
        provenance=table.provenance("en"),
    )


def _versions() -> dict[str, str]:
    found = {"gen100": __version__, "Python": platform.python_version()}
    for package in PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            found[package] = "not installed"
    return found


def write_page(params: Params) -> None:
    """Write reports/index.html: no scripts, no other files, no network.

    Raises:
        UserError: results, the floor or a figure are missing.
    """
    built = tables.build_tables(params)[:2]
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("gen100.report", "."),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    runs = [run for table in built for run in table.runs]
    floor = built[0].floor
    html = environment.get_template("page.html.j2").render(
        caveat=words.caveat(floor["data"], [run["images_seen"] for run in runs], "en"),
        floor=floor,
        runs=len(runs),
        devices=devices(runs),
        sections=[section(table) for table in built],
        thesis=f"{words.THESIS['uk']} / {words.THESIS['en']}",
        appendices=[picture(layout.appendix(model), "figures") for model in FAMILIES],
        theory=[picture(layout.FIGURES / name, "theory") for name in theory.NAMES],
        params=Path("params.yaml").read_text(encoding="utf-8"),
        versions=_versions(),
    )
    write_text(layout.PAGE, html)
