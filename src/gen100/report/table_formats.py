"""A table as CSV, Markdown and LaTeX, in one language."""

import pandas as pd

from gen100.report import words
from gen100.report.results import Record
from gen100.report.table import DASH, SIGNS, Column, Line, Table, devices
from gen100.report.words import Language


def texts(table: Table, line: Line) -> list[str]:
    """The numbers of a line as people read them, the distance with the line's mark."""
    return [
        line.values[column.key].text + SIGNS[line.mark] * (column.key == "fid")
        if column.key in line.values
        else DASH
        for column in table.columns
    ]


def _heads(table: Table, language: Language) -> list[str]:
    first = [words.HEADS["label"][language], words.HEADS["size"][language]]
    return [*first, *(column.full_head(language) for column in table.columns)]


def as_csv(table: Table, language: Language) -> str:
    """Numbers in full, their spread and their provenance in columns of their own."""

    def named(key: str) -> str:
        return words.HEADS[key][language]

    rows = []
    for line in table.lines:
        row: Record = {named("label"): line.label[language], named("size"): line.size}
        for column in table.columns:
            head, value = column.full_head(language), line.values.get(column.key)
            row[head] = value and (value.text if column.printed else value.number)
            if not column.printed:
                row[f"{head} ±"] = value and value.half
        row[named("mark")] = words.MARKS[line.mark][language] if line.mark else None
        row[named("seeds")] = len(line.runs) if line.cell else None
        row[named("images_seen")] = line.runs[0]["images_seen"] if line.cell else None
        row[named("samples")] = line.runs[0]["samples"]
        row[named("device")] = devices(line.runs) if line.cell else None
        for key in ("data", "extractor", "reference"):
            row[named(key)] = table.floor[key]
        rows.append(row)
    return pd.DataFrame(rows, dtype=object).to_csv(index=False, lineterminator="\n")


def as_markdown(table: Table, language: Language) -> str:
    rows = [_heads(table, language), ["---", "---", *["---:"] * len(table.columns)]]
    rows += [[line.label[language], line.size, *texts(table, line)] for line in table.lines]
    body = "\n".join("| " + " | ".join(_plain(text) for text in row) + " |" for row in rows)
    return f"**{table.title[language]}**\n\n{body}\n\n{_plain(table.provenance(language))}\n"


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


def as_latex(table: Table, language: Language) -> str:
    """A float for a document that loads booktabs and speaks `language` (babel, T2A fonts for Ukrainian).

    It is wider than narrow text blocks and then stands out evenly on both sides. A table with panels is a float
    for each of them.
    """
    panels = sorted({column.panel for column in table.columns})
    return "\n".join(_float(table, panel, len(panels), language) for panel in panels)


def _float(table: Table, panel: int, panels: int, language: Language) -> str:
    columns = [column for column in table.columns if column.panel == panel]
    title = escaped(table.title[language])
    label = table.name.removeprefix("table_").replace("_", ".")
    if panels > 1:
        title, label = f"{title} ({panel + 1}/{panels})", f"{label}-{panel + 1}"
    heads = [
        _box(words.HEADS["label"][language], 32, how=r"\raggedright"),
        _box(words.HEADS["size"][language], 21),
        *(_box(column.head[language], column.width) for column in columns),
    ]
    lines = []
    for number, line in enumerate(table.lines):
        if line.cell is None and number and table.lines[number - 1].cell:
            lines.append(r"    \midrule")
        name = escaped(line.label[language]) if line.cell else _box(line.label[language], 32, "t", r"\raggedright")
        found = dict(zip((column.key for column in table.columns), texts(table, line), strict=True))
        numbers = [_latex_number(found[column.key]) for column in columns]
        lines.append("    " + " & ".join([name, escaped(line.size), *numbers]) + r" \\")
    return "\n".join(
        [
            r"\begin{table}[htbp]",
            r"  \centering",
            rf"  \caption{{{title}}}",
            rf"  \label{{tab:{label}-{language}}}",
            r"  \scriptsize",
            r"  \setlength{\tabcolsep}{2.5pt}",
            r"  \makebox[\textwidth][c]{%",
            rf"  \begin{{tabular}}{{@{{}}lc{'r' * len(columns)}@{{}}}}",
            r"    \toprule",
            *_group(columns, language),
            "    " + " & ".join(heads) + r" \\",
            r"    \midrule",
            *lines,
            r"    \bottomrule",
            r"  \end{tabular}}",
            "",
            r"  \smallskip",
            rf"  \parbox{{\textwidth}}{{{escaped(table.provenance(language, columns))}}}",
            r"\end{table}",
            "",
        ]
    )


def _group(columns: list[Column], language: Language) -> list[str]:
    """The line above the heads that says which numbers are the thesis'."""
    printed = sum(column.printed for column in columns)
    if not printed:
        return []
    first = 3 + len(columns) - printed
    head = rf"\multicolumn{{{printed}}}{{c}}{{{escaped(words.THESIS[language])}}}"
    return ["    " + "& " * (first - 1) + head + r" \\", rf"    \cmidrule(l){{{first}-{first + printed - 1}}}"]


FORMATS = {"csv": as_csv, "md": as_markdown, "tex": as_latex}
