"""Claims with their verdicts, and the mistakes of measuring with what they give."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
from markdown_it import MarkdownIt
from markdown_it.token import Token
from markupsafe import Markup

from gen100 import layout
from gen100.errors import UserError
from gen100.report import words
from gen100.report.table import DASH
from gen100.report.words import Text
from gen100.thesis.cells import APPENDICES, appendix
from gen100.thesis.claims import VERDICTS as JUDGED
from gen100.thesis.page.prose import SAY, VERDICTS
from gen100.thesis.page.views import Place, View


@dataclass(frozen=True)
class Claim:
    """A claim of the thesis; `target` is where on the page its figure is, or nothing."""

    name: str
    text: Text
    verdict: str
    said: Text
    evidence: Text
    target: str


def _read(file: Path, stage: str) -> list[dict[str, Any]]:
    try:
        frame = pd.read_csv(file)
    except FileNotFoundError:
        raise UserError(f"{file} is missing: run stage {stage}") from None
    except (pd.errors.EmptyDataError, pd.errors.ParserError):
        raise UserError(f"{file} is no readable CSV: remove it and run stage {stage}") from None
    return frame.astype(object).where(frame.notna(), None).to_dict("records")  # pyright: ignore[reportReturnType]


def _verdict(text: str) -> Text:
    return (JUDGED | VERDICTS).get(text) or dict.fromkeys(words.LANGUAGES, text)


def _targets() -> dict[str, str]:
    """By the figures' names: the appendices' contents are the page's cells."""
    appendices = {appendix(model).name: f"cells-{model}" for model in APPENDICES}
    return appendices | {"cost.svg": "cost", "bias.svg": "bias"}


def read_claims() -> list[Claim]:
    """The rows of claims.csv.

    Raises:
        UserError: missing or unreadable.
    """
    targets = _targets()
    return [
        Claim(
            row["id"],
            {"en": row["claim_en"], "uk": row["claim_uk"]},
            row["verdict"],
            _verdict(row["verdict"]),
            {"en": row["evidence_en"] or DASH, "uk": row["evidence_uk"] or DASH},
            targets.get(Path(row["figure"] or "").name, ""),
        )
        for row in _read(layout.CLAIMS.with_suffix(".csv"), "claims")
    ]


def _markdown() -> MarkdownIt:
    return MarkdownIt("commonmark", {"html": False}).enable("table")


def _parsed(markdown: MarkdownIt, file: Path, stage: str) -> list[Token]:
    try:
        return markdown.parse(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise UserError(f"{file} is missing: run stage {stage}") from None


def closing(file: Path, stage: str, last: tuple[str, ...]) -> Markup:
    """What a Markdown text says after the last of its blocks of the kinds `last`, as HTML.

    Raises:
        UserError: the text is missing.
    """
    markdown = _markdown()
    tokens = _parsed(markdown, file, stage)
    ends = [place for place, token in enumerate(tokens) if token.type in {f"{kind}_close" for kind in last}]
    return Markup(markdown.renderer.render(tokens[ends[-1] + 1 if ends else 0 :], markdown.options, {}))


def findings(file: Path, stage: str) -> Markup:
    """What a Markdown text says beside its title and its tables, as HTML whose headings rank below the page's.

    Raises:
        UserError: the text is missing.
    """
    markdown = _markdown()
    kept: list[Token] = []
    inside = ""
    for token in _parsed(markdown, file, stage):
        if not inside and (token.type == "table_open" or (token.type, token.tag) == ("heading_open", "h1")):
            inside = token.type.replace("open", "close")
        if not inside:
            if token.type.startswith("heading"):
                token.tag = "h3"
            kept.append(token)
        if token.type == inside:
            inside = ""
    return Markup(markdown.renderer.render(kept, markdown.options, {}))


def claims_rule() -> dict[words.Language, Markup]:
    """How the claims were judged."""
    return {
        lang: closing(layout.CLAIMS.with_suffix(f".{lang}.md"), "claims", ("table", "bullet_list"))
        for lang in words.LANGUAGES
    }


def _images(text: str) -> Text:
    """What a row of forensics.csv was measured on."""
    if text.startswith("samples of "):
        return {"en": text, "uk": f"зображення {text.removeprefix('samples of ')}"}
    known = {"real test images": "справжні тестові зображення", "real training images": "справжні навчальні"}
    return {"en": text, "uk": known.get(text, text)}


def _answer(value: Any) -> Place:
    said = SAY["yes" if value else "no"]
    return Place(said, str(int(bool(value))))


@dataclass(frozen=True)
class Forensics:
    """The table of mistakes, and what follows from it."""

    view: View
    conclusion: dict[words.Language, Markup]


def read_forensics() -> Forensics:
    """forensics.csv as a table, and what forensics.{en,uk}.md says beside its own tables.

    Raises:
        UserError: missing or unreadable.
    """
    rows = _read(layout.FORENSICS.with_suffix(".csv"), "forensics")
    heads = [SAY["mistake"], SAY["images"], *(dict.fromkeys(words.LANGUAGES, name) for name in ("IS", "FD"))]
    heads += [SAY[name] for name in ("over_noise", "prints", "in_range", "verdict")]
    heads += [words.HEADS[name] for name in ("extractor", "samples")]
    lines = [
        [
            Place({"en": row["title_en"], "uk": row["title_uk"]}, row["title_en"]),
            Place(_images(row["images"]), row["images"]),
            Place.number(row["is"], 4),
            Place.number(row["fid"], 2),
            Place.number(row["fid_over_noise"], 3),
            _answer(row["is_prints_100"]),
            _answer(row["fid_in_range"]),
            Place(_verdict(row["verdict"]), row["verdict"]),
            Place.of(row["extractor"]),
            Place.number(row["samples"], 0),
        ]
        for row in rows
    ]
    data = dict.fromkeys(row["data"] for row in rows)
    references = dict.fromkeys(row["reference"] for row in rows)
    note = words.both(
        lambda language: (
            f"{words.HEADS['data'][language]}: {words.translated('; '.join(data), language)}. "
            f"{words.HEADS['reference'][language]}: {words.translated('; '.join(references), language)}."
        )
    )
    conclusion: dict[words.Language, Markup] = {
        lang: findings(layout.FORENSICS.with_suffix(f".{lang}.md"), "forensics") for lang in words.LANGUAGES
    }
    return Forensics(View("forensics-table", SAY["forensics"], heads, lines, [], note), conclusion)
