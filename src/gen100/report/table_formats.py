"""A table as CSV, Markdown and LaTeX, in the current language."""

import pandas as pd
from babel.numbers import get_decimal_symbol

from gen100 import i18n
from gen100.i18n import N_, _
from gen100.report.best import Mark
from gen100.report.labels import data_label, extractor_label, split_label
from gen100.report.records import Record
from gen100.report.table import DASH, SIGNS, Column, Table, TableRow, devices

MARKS: dict[Mark, str] = {"best": N_("best"), "tied": N_("within noise of the best")}


def texts(table: Table, row: TableRow) -> list[str]:
    """The numbers of a row as people read them, the distance with the row's mark."""
    return [_text(column, row) for column in table.columns]


def _text(column: Column, row: TableRow) -> str:
    value = row.values.get(column.key)
    if value is None:
        return DASH
    if column.printed:
        return value.text.replace(".", get_decimal_symbol(i18n.current()))
    return value.text + SIGNS[row.mark] * (column.key == "fid")


def _first_heads() -> list[str]:
    return [_("Model and loss function"), _("Batch and latent size")]


def as_csv(table: Table) -> str:
    """Numbers in full, with a decimal point in every language; spread and provenance in columns of their own."""
    facts = table.facts
    label_head, size_head = _first_heads()
    rows = []
    for row in table.rows:
        entry: Record = {label_head: row.label, size_head: row.size}
        for column in table.columns:
            value = row.values.get(column.key)
            entry[column.full_head] = value and (value.text if column.printed else value.number)
            if not column.printed:
                entry[f"{column.full_head} ±"] = value and value.half
        entry[_("Within its family and size")] = _(MARKS[row.mark]) if row.mark else None
        entry[_("Seeds")] = len(row.runs) if row.cell else None
        entry[_("Images seen")] = row.runs[0]["images_seen"] if row.cell else None
        entry[_("Samples")] = row.runs[0]["samples"]
        entry[_("Device")] = devices(row.runs) if row.cell else None
        entry[_("Data")] = data_label(facts.data)
        entry[_("Extractor")] = extractor_label(facts.extractor)
        entry[_("Reference")] = split_label(facts.reference)
        rows.append(entry)
    return pd.DataFrame(rows, dtype=object).to_csv(index=False, lineterminator="\n")


def as_markdown(table: Table) -> str:
    heads = [column.full_head if column.printed else column.directed_head for column in table.columns]
    rows = [[*_first_heads(), *heads], ["---", "---", *["---:"] * len(table.columns)]]
    rows += [[row.label, row.size, *texts(table, row)] for row in table.rows]
    body = "\n".join("| " + " | ".join(_plain(text) for text in row) + " |" for row in rows)
    return f"**{table.title}**\n\n{body}\n\n{_plain(table.provenance())}\n"


def _plain(text: str) -> str:
    return text.replace("|", "\\|").replace("*", "\\*")


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
    DASH: "---",
    "–": "--",
    "\N{NO-BREAK SPACE}": "~",
}


def escaped(text: str) -> str:
    """`text` for LaTeX's text mode."""
    return "".join(_LATEX.get(sign, sign) for sign in text)


def _latex_number(text: str) -> str:
    return escaped(text).replace("-", "$-$") if text != DASH else "---"


def _box(text: str, width: int, place: str = "b", how: str = r"\centering") -> str:
    # TeX never hyphenates the first word of a paragraph, unless something stands before it.
    return rf"\parbox[{place}]{{{width}mm}}{{{how}\hspace{{0pt}}{escaped(text)}}}"


def as_latex(table: Table) -> str:
    """A float for a document that loads booktabs and speaks the language (babel, T2A fonts for Ukrainian).

    It is wider than narrow text blocks and then stands out evenly on both sides. A table with panels is one
    float for each of them.
    """
    panels = sorted({column.panel for column in table.columns})
    return "\n".join(_float(table, panel, len(panels)) for panel in panels)


def _float(table: Table, panel: int, panels: int) -> str:
    columns = [column for column in table.columns if column.panel == panel]
    title = escaped(table.title)
    label = table.name.removeprefix("table_").replace("_", ".")
    if panels > 1:
        title, label = f"{title} ({panel + 1}/{panels})", f"{label}-{panel + 1}"
    label_head, size_head = _first_heads()
    heads = [
        _box(label_head, 32, how=r"\raggedright"),
        _box(size_head, 21),
        *(_box(column.directed_head, column.width) for column in columns),
    ]
    lines = []
    for number, row in enumerate(table.rows):
        if row.cell is None and number and table.rows[number - 1].cell:
            lines.append(r"    \midrule")
        name = escaped(row.label) if row.cell else _box(row.label, 32, "t", r"\raggedright")
        found = dict(zip((column.key for column in table.columns), texts(table, row), strict=True))
        numbers = [_latex_number(found[column.key]) for column in columns]
        lines.append("    " + " & ".join([name, escaped(row.size), *numbers]) + r" \\")
    return "\n".join(
        [
            r"\begin{table}[htbp]",
            r"  \centering",
            rf"  \caption{{{title}}}",
            rf"  \label{{tab:{label}-{i18n.current()}}}",
            r"  \scriptsize",
            r"  \setlength{\tabcolsep}{2.5pt}",
            r"  \makebox[\textwidth][c]{%",
            rf"  \begin{{tabular}}{{@{{}}lc{'r' * len(columns)}@{{}}}}",
            r"    \toprule",
            *_group(columns),
            "    " + " & ".join(heads) + r" \\",
            r"    \midrule",
            *lines,
            r"    \bottomrule",
            r"  \end{tabular}}",
            "",
            r"  \smallskip",
            rf"  \parbox{{\textwidth}}{{{escaped(table.provenance(columns))}}}",
            r"\end{table}",
            "",
        ]
    )


def _group(columns: list[Column]) -> list[str]:
    """The line above the heads that says which numbers are the thesis's."""
    printed = sum(column.printed for column in columns)
    if not printed:
        return []
    first = 3 + len(columns) - printed
    head = rf"\multicolumn{{{printed}}}{{c}}{{{escaped(_('Thesis'))}}}"
    return ["    " + "& " * (first - 1) + head + r" \\", rf"    \cmidrule(l){{{first}-{first + printed - 1}}}"]


FORMATS = {"csv": as_csv, "md": as_markdown, "tex": as_latex}
