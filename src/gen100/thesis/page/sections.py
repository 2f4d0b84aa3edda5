"""What the sections of the page are filled with, in the current language: names and values for the template."""

from typing import Any

from babel import Locale

from gen100 import i18n, layout
from gen100.data.arrays import Cifar100
from gen100.families.registry import FAMILIES
from gen100.files import read_json
from gen100.i18n import _
from gen100.provenance import Provenance
from gen100.report.labels import caveat, data_label, extractor_label, split_label
from gen100.report.records import Record
from gen100.report.style import plain
from gen100.report.table import Table
from gen100.thesis.cells import NUMBERS
from gen100.thesis.claims.report import RULE
from gen100.thesis.forensics.facts import ForensicsFacts
from gen100.thesis.forensics.report import sections as forensics_sections
from gen100.thesis.page import pictures
from gen100.thesis.page.cell_cards import CellCard
from gen100.thesis.page.claims import count, read_claims
from gen100.thesis.page.html_tables import reference_table
from gen100.thesis.page.mistakes import mistakes_table
from gen100.thesis.theory import draw_all

Values = dict[str, Any]
PLOTS = ("cost", "bias")


def head(facts: Provenance, results: list[Record]) -> Values:
    """The language, the links to the page in other languages, and the title's parts."""
    others = [code for code in i18n.LANGUAGES if code != i18n.current()]
    return {
        "language": i18n.current(),
        "other_pages": [
            (code, layout.page(code).name, (Locale.parse(code).get_display_name(code) or code).capitalize())
            for code in others
        ],
        "data": data_label(facts.data),
        "caveat": caveat(facts.data, [run["images_seen"] for run in results]),
    }


def question(facts: Provenance, results: list[Record]) -> Values:
    """What the thesis asks, and the first answer, with its numbers."""
    printed = [float(numbers["fid"]) for numbers in NUMBERS.values()]
    measured = [run["fid"] for run in results]
    levels = read_json(layout.REFERENCE)
    numbers = {
        "low": min(printed),
        "high": max(printed),
        "best": min(measured),
        "worst": max(measured),
        **{kind: levels[kind]["fid"] for kind in ("real", "noise", "constant")},
    }
    return {
        "extractor": extractor_label(facts.extractor),
        "fid": {name: i18n.number(value, 2) for name, value in numbers.items()},
    }


def cells(cards: list[CellCard]) -> Values:
    """The cards of each family, and by what they can be chosen."""
    families = dict.fromkeys(card.cell.family for card in cards)
    return {
        "families": {
            name: (FAMILIES[name].title, [card for card in cards if card.cell.family == name]) for name in families
        },
        "choices": {
            "family": (_("Family"), {name: FAMILIES[name].title for name in families}),
            "loss": (_("Loss"), dict.fromkeys(card.cell.loss_title for card in cards)),
            "size": (_("Latent size"), dict.fromkeys(sorted({card.cell.latent for card in cards}))),
        },
    }


def claims(families: list[str]) -> Values:
    """The claims, how many of them have each verdict, and how they were judged."""
    found = read_claims(families)
    return {"claims": found, "verdicts": count(found), "claims_rule": _(RULE)}


def forensics(facts: ForensicsFacts) -> Values:
    """What the report on evaluation mistakes says in words, and a table of all its measurements."""
    said = [section for section in forensics_sections(facts) if section.items]
    return {"forensics": said, "mistakes": mistakes_table(facts)}


def floor(measures: Table, facts: Provenance) -> Values:
    """What no model made, and the numbers of the self-check."""
    note = _("Data: {data}. Extractor: {extractor}. Reference: {reference}.").format(
        data=data_label(facts.data),
        extractor=extractor_label(facts.extractor),
        reference=split_label(facts.reference),
    )
    check: Values = read_json(layout.REFERENCE).get("check") or {}
    numbers = {name: plain(value, 4) if isinstance(value, int | float) else value for name, value in check.items()}
    return {"floor": reference_table(measures, note), "check": numbers}


def plots() -> Values:
    """Cost and bias: pictures with their captions."""
    return {"plots": {name: pictures.read_plot(layout.plot(name, i18n.current())) for name in PLOTS}}


def theory(arrays: Cifar100) -> Values:
    """The theory figures, with their captions."""
    return {"theory": [(pictures.drawn(figure), caption) for _name, figure, caption in draw_all(arrays)]}
