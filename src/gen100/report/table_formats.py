"""A table as CSV, Markdown and LaTeX, in the current language."""

import re

import jinja2
import pandas as pd
from babel.numbers import get_decimal_symbol, get_minus_sign_symbol

from gen100 import i18n
from gen100.i18n import N_, _
from gen100.report.comparisons import Mark
from gen100.report.labels import data_label, devices, extractor_label, split_label
from gen100.report.records import Record
from gen100.report.table import DASH, SIGNS, Column, Table, TableRow

MARKS: dict[Mark, str] = {"best": N_("best"), "tied": N_("within noise of the best")}


def texts(table: Table, row: TableRow) -> list[str]:
    """The numbers of a row as people read them, the distance with the row's mark."""
    return [_text(column, row) for column in table.columns]


def _text(column: Column, row: TableRow) -> str:
    text = row.values[column.key].text
    if column.printed:
        language = i18n.current()
        return text.translate({ord("."): get_decimal_symbol(language), ord("-"): get_minus_sign_symbol(language)})
    return text + SIGNS[row.mark] * (column.key == "fid")


def _first_heads() -> list[str]:
    return [_("Model and loss function"), _("Batch and latent size")]


def as_csv(table: Table) -> str:
    """Numbers in full, with a decimal point in every language; spread and provenance in columns of their own."""
    facts = table.facts
    rows = []
    for row in table.rows:
        entry: Record = dict(zip(_first_heads(), (row.label, row.size), strict=True))
        for column in table.columns:
            value = row.values[column.key]
            if column.printed:
                entry[column.full_head] = None if value.number is None else value.text
            else:
                entry |= {column.full_head: value.number, f"{column.full_head} ±": value.half}
        entry |= {
            _("Within its family and size"): _(MARKS[row.mark]) if row.mark else None,
            _("Seeds"): len(row.runs) if row.cell else None,
            _("Images seen"): row.runs[0]["images_seen"] if row.cell else None,
            _("Samples"): row.runs[0]["samples"],
            _("Device"): devices(row.runs) if row.cell else None,
            _("Data"): data_label(facts.data),
            _("Extractor"): extractor_label(facts.extractor),
            _("Reference"): split_label(facts.reference),
        }
        rows.append(entry)
    return pd.DataFrame(rows, dtype=object).to_csv(index=False, lineterminator="\n")


def as_markdown(table: Table) -> str:
    heads = [column.full_head if column.printed else column.directed_head for column in table.columns]
    rows = [[*_first_heads(), *heads], ["---", "---", *["---:"] * len(table.columns)]]
    rows += [[row.label, row.size, *texts(table, row)] for row in table.rows]
    body = "\n".join("| " + " | ".join(map(for_markdown, row)) + " |" for row in rows)
    return f"**{for_markdown(table.title)}**\n\n{body}\n\n{for_markdown(table.provenance())}\n"


def for_markdown(text: str) -> str:
    """Plain text for Markdown. Brackets and underscores that mean nothing there stay as they are."""
    return re.sub(r"[\\`*<|]|\](?=[(\[])|(?<!\w)_|_(?!\w)", r"\\\g<0>", text)


_GREEK = {
    "αβγδεζηθικλμ": r"\alpha \beta \gamma \delta \varepsilon \zeta \eta \theta \iota \kappa \lambda \mu",
    "νξοπρςστυφχψω": r"\nu \xi o \pi \rho \varsigma \sigma \tau \upsilon \varphi \chi \psi \omega",
    "ϵϑϕϱϖ": r"\epsilon \vartheta \phi \varrho \varpi",
    "ΓΔΘΛΞΠΣΥΦΨΩ": r"\Gamma \Delta \Theta \Lambda \Xi \Pi \Sigma \Upsilon \Phi \Psi \Omega",
    # LaTeX has no commands for those that look like Latin ones.
    "ΑΒΕΖΗΙΚΜΝΟΡΤΧ": " ".join(rf"\mathrm{{{letter}}}" for letter in "ABEZHIKMNOPTX"),
}
_SIGNS = r"\times \cdot \leq \geq \neq {}' \ell"
_LATEX = {
    "\\": r"\textbackslash{}",
    **{sign: f"\\{sign}" for sign in "&%$#_{}"},
    "~": r"\textasciitilde{}",
    '"': "''",  # active in babel's Ukrainian
    "^": r"\textasciicircum{}",
    "±": r"$\pm$",
    "≈": r"$\approx$",
    "→": r"$\to$",
    "∞": r"$\infty$",
    "↓": r"$\downarrow$",
    "↑": r"$\uparrow$",
    "−": "$-$",
    **{sign: f"${command}$" for sign, command in zip("×·≤≥≠′ℓ", _SIGNS.split(), strict=True)},
    **{sign: f"$^{digit}$" for digit, sign in enumerate("⁰¹²³⁴⁵⁶⁷⁸⁹")},
    **{sign: f"$_{digit}$" for digit, sign in enumerate("₀₁₂₃₄₅₆₇₈₉")},
    "…": r"\dots{}",
    DASH: "---",
    "–": "--",
    "\N{NO-BREAK SPACE}": "~",
    **{
        letter: f"${command}$"
        for letters, commands in _GREEK.items()
        for letter, command in zip(letters, commands.split(), strict=True)
    },
}


def for_latex(text: str) -> str:
    """Plain text for LaTeX's text mode, also at the start of a table's row."""
    # There a bracket or an asterisk would belong to the command that ended the row before.
    return "{}" * text.startswith(("[", "*")) + "".join(_LATEX.get(sign, sign) for sign in text)


def _number(text: str) -> str:
    return "---" if text == DASH else for_latex(text.replace("-", "−"))


def as_latex(table: Table) -> str:
    """A float for a document that loads booktabs and speaks the language (babel, T2A fonts for Ukrainian).

    It is wider than narrow text blocks and then stands out evenly on both sides. A table with panels is one
    float for each of them.
    """
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("gen100.report", "."),
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"latex": for_latex, "latex_number": _number}
    panels: dict[int, list[Column]] = {}
    for column in table.columns:
        panels.setdefault(column.panel, []).append(column)
    return environment.get_template("table.tex.j2").render(
        table=table,
        panels=list(panels.values()),
        label=table.name.removeprefix("table_").replace("_", "."),
        heads=_first_heads(),
        language=i18n.current(),
        text=_text,
        _=_,
    )


FORMATS = {"csv": as_csv, "md": as_markdown, "tex": as_latex}
