"""Tables 3.1 and 3.2: the thesis' columns with this study's numbers, and the thesis' own beside them."""

import io
from collections import Counter
from dataclasses import dataclass
from importlib.resources import files
from statistics import mean, stdev

import numpy as np
import pandas as pd

from gen100 import layout
from gen100.cells import FAMILIES, Cell
from gen100.config import Params
from gen100.files import write_text
from gen100.report import words
from gen100.report.aggregate import Record, read_reference, read_results
from gen100.report.words import Language

MEASURES = ("fid", "is", "train_loss", "val_loss")
DASH = "—"


@dataclass(frozen=True)
class Line:
    """One line of a table.

    Attributes:
        cell: None for the floor.
        values: mean and, with several seeds, standard deviation of each measure; absent where not measured.
        thesis: the thesis' numbers, as printed; empty where it has none.
        runs: the rows of results.csv behind it; none for the floor.
    """

    cell: Cell | None
    values: dict[str, tuple[float, float | None]]
    thesis: dict[str, str]
    runs: list[Record]


@dataclass(frozen=True)
class Table:
    """Table 3.1 (experiment 1) or 3.2 (experiment 2): a line a cell, then the floor."""

    experiment: int
    lines: list[Line]
    floor: Record

    @property
    def runs(self) -> list[Record]:
        return [run for line in self.lines for run in line.runs]


def thesis_numbers() -> dict[Cell, dict[str, str]]:
    """The thesis' results, each number as printed."""
    text = files("gen100.report").joinpath("thesis.csv").read_text(encoding="utf-8")
    rows = pd.read_csv(io.StringIO(text), dtype=str).to_dict("records")
    return {
        Cell(row["model"], row["loss"], int(row["latent_size"])): {name: row[name] for name in MEASURES}
        for row in rows
    }


def summary(runs: list[Record], name: str) -> tuple[float, float | None]:
    """Mean and, of several runs, sample standard deviation."""
    values = [float(run[name]) for run in runs]
    return mean(values), stdev(values) if len(values) > 1 else None


def build(experiment: int, results: list[Record], floor: Record) -> Table:
    """Means and sample standard deviations over seeds, in the order of results.csv."""
    printed = thesis_numbers()
    lines = []
    for text in dict.fromkeys(run["cell"] for run in results):
        cell, runs = Cell.parse(text), [run for run in results if run["cell"] == text]
        if cell.experiment == experiment:
            values = {name: summary(runs, name) for name in MEASURES if runs[0][name] is not None}
            lines.append(Line(cell, values, printed.get(cell, {}), runs))
    bottom = {name: summary([floor], name) for name in ("fid", "is") if name in floor}
    return Table(experiment, [*lines, Line(None, bottom, {}, [])], floor)


def title(table: Table, language: Language) -> str:
    """The title as printed, and what must be admitted of the data and the budget."""
    told = words.caveat(table.floor["data"], [run["images_seen"] for run in table.runs], language)
    return words.admitted(words.TABLE_TITLES[table.experiment][language], told)


def provenance(table: Table, language: Language) -> str:
    """Data, extractor, sample counts, reference, budget, seeds and device, in a few sentences."""
    floor, runs = table.floor, table.runs
    said = [("data", floor["data"]), ("extractor", floor["extractor"]), ("reference", floor["reference"])]
    sentences = [f"{words.HEADS[key][language]}: {words.translated(text, language)}." for key, text in said]
    if runs:
        models = dict.fromkeys(run["model"] for run in runs)
        budgets = [
            f"{FAMILIES[model].title} "
            + words.span((run["images_seen"] for run in runs if run["model"] == model), language)
            for model in models
        ]
        seeds = Counter(run["cell"] for run in runs)
        pairs = [
            ("samples", words.span((run["samples"] for run in runs), language)),
            ("images_seen", "; ".join(budgets)),
            ("seeds", words.span(seeds.values(), language)),
            ("device", words.translated(devices(runs), language)),
        ]
        sentences += [f"{words.HEADS[key][language]}: {text}." for key, text in pairs]
        sentences += [words.SPREAD_NOTE[language]] if max(seeds.values()) > 1 else []
        sentences += [words.GAN_NOTE[language]] if "stylegan2" in models else []
    return " ".join(sentences)


def devices(runs: list[Record]) -> str:
    return "; ".join(dict.fromkeys(run["device"] for run in runs))


def heads(table: Table, language: Language) -> list[str]:
    """The ten columns: label, size, four measures, the thesis' four."""
    extractor = table.floor["extractor"]
    losses = [words.HEADS[name][language] for name in ("train_loss", "val_loss")]
    measured = [words.measure_head(name, extractor, language) for name in ("FID", "IS")]
    named = [f"{words.THESIS[language]} {name}" for name in ("FID", "IS", *losses)]
    return [words.HEADS["label"][language], words.HEADS["size"][language], *measured, *losses, *named]


def _digits(name: str, value: float) -> str:
    if name in ("fid", "is") or abs(value) >= 1000:
        return f"{value:.2f}"
    return np.format_float_positional(value, precision=4, fractional=False, trim="k")


def _said(name: str, line: Line) -> str:
    if name not in line.values:
        return DASH
    middle, deviation = line.values[name]
    return _digits(name, middle) + (f" ± {_digits(name, deviation)}" if deviation is not None else "")


def label(table: Table, line: Line, language: Language) -> str:
    """The cell, or what the floor compares and how many images it measured."""
    if line.cell:
        return line.cell.title
    split = table.floor["reference"].partition(",")[0]
    return f"{words.FLOOR[split][language]} (N = {words.number(table.floor['samples'], language)})"


def size(line: Line) -> str:
    return f"({line.runs[0]['batch_size']}, {line.cell.latent})" if line.cell else DASH


def texts(table: Table, language: Language) -> list[list[str]]:
    """The ten columns of every line, as people read them."""
    return [
        [
            label(table, line, language),
            size(line),
            *(_said(name, line) for name in MEASURES),
            *(line.thesis.get(name, DASH) for name in MEASURES),
        ]
        for line in table.lines
    ]


def as_csv(table: Table, language: Language) -> str:
    """Numbers in full, their spread and their provenance in columns of their own."""
    head = heads(table, language)
    rows = []
    for line, text in zip(table.lines, texts(table, language), strict=True):
        row: Record = {head[0]: text[0], head[1]: text[1]}
        for name, column in zip(MEASURES, head[2:6], strict=True):
            row[column], row[f"{column} ±"] = line.values.get(name, (None, None))
        for name, column in zip(MEASURES, head[6:], strict=True):
            row[column] = line.thesis.get(name)
        row[words.HEADS["seeds"][language]] = len(line.runs) or None
        row[words.HEADS["images_seen"][language]] = line.runs[0]["images_seen"] if line.runs else None
        row[words.HEADS["samples"][language]] = (line.runs or [table.floor])[0]["samples"]
        row[words.HEADS["device"][language]] = devices(line.runs)
        for key in ("data", "extractor", "reference"):
            row[words.HEADS[key][language]] = table.floor[key]
        rows.append(row)
    frame = pd.DataFrame(rows, dtype=object)
    return frame.to_csv(index=False, lineterminator="\n")


def as_markdown(table: Table, language: Language) -> str:
    rows = [heads(table, language), ["---", "---", *["---:"] * 8], *texts(table, language)]
    body = "\n".join("| " + " | ".join(text.replace("|", "\\|") for text in row) + " |" for row in rows)
    return f"**{title(table, language)}**\n\n{body}\n\n{provenance(table, language)}\n"


_LATEX = {
    "\\": r"\textbackslash{}",
    **{sign: f"\\{sign}" for sign in "&%$#_{}"},
    "~": r"\textasciitilde{}",
    '"': "''",  # active in babel's Ukrainian
    "^": r"\textasciicircum{}",
    "±": r"$\pm$",
    DASH: "---",
    "–": "--",
    "\N{NO-BREAK SPACE}": "~",
}


def escaped(text: str) -> str:
    """`text` for LaTeX's text mode."""
    return "".join(_LATEX.get(sign, sign) for sign in text)


def _latex_number(text: str) -> str:
    return escaped(text).replace("-", "$-$") if text != DASH else "---"


def as_latex(table: Table, language: Language) -> str:
    """A float for a document that loads booktabs and speaks `language` (babel, T2A fonts for Ukrainian).

    It is wider than narrow text blocks and then stands out evenly on both sides.
    """
    head = heads(table, language)
    thesis = escaped(words.THESIS[language])
    widths = (0, 22, 20, 15, 15, 15)
    boxes = [
        rf"\parbox[b]{{{width}mm}}{{\centering {escaped(text)}}}"
        for text, width in zip(head[1:6], widths[1:], strict=True)
    ]
    printed = [
        rf"\parbox[b]{{{width}mm}}{{\centering {escaped(text.removeprefix(words.THESIS[language]).strip())}}}"
        for text, width in zip(head[6:], (12, 8, 14, 14), strict=True)
    ]
    lines = []
    for line, row in zip(table.lines, texts(table, language), strict=True):
        if line.cell is None:
            lines += [r"    \midrule"] if len(table.lines) > 1 else []
            row[0] = rf"\parbox[t]{{32mm}}{{\raggedright {escaped(row[0])}}}"
        else:
            row[0] = escaped(row[0])
        lines.append("    " + " & ".join([row[0], escaped(row[1]), *map(_latex_number, row[2:])]) + r" \\")
    return "\n".join(
        [
            r"\begin{table}[htbp]",
            r"  \centering",
            rf"  \caption{{{escaped(title(table, language))}}}",
            rf"  \label{{tab:3.{table.experiment}-{language}}}",
            r"  \scriptsize",
            r"  \setlength{\tabcolsep}{3pt}",
            r"  \makebox[\textwidth][c]{%",
            r"  \begin{tabular}{@{}lcrrrrrrrr@{}}",
            r"    \toprule",
            rf"    & & & & & & \multicolumn{{4}}{{c}}{{{thesis}}} \\",
            r"    \cmidrule(l){7-10}",
            "    " + " & ".join([escaped(head[0]), *boxes, *printed]) + r" \\",
            r"    \midrule",
            *lines,
            r"    \bottomrule",
            r"  \end{tabular}}",
            "",
            r"  \smallskip",
            rf"  \parbox{{\textwidth}}{{{escaped(provenance(table, language))}}}",
            r"\end{table}",
            "",
        ]
    )


FORMATS = {"csv": as_csv, "md": as_markdown, "tex": as_latex}


def build_tables(params: Params) -> list[Table]:
    """Tables 3.1 and 3.2 of this workspace's results.

    Raises:
        UserError: results or the floor are missing.
    """
    results, floor = read_results(), read_reference(params)
    return [build(experiment, results, floor) for experiment in (1, 2)]


def write_tables(params: Params) -> None:
    """Write reports/tables/table_3_{1,2}.{en,uk}.{csv,md,tex}.

    Raises:
        UserError: results or the floor are missing.
    """
    for table in build_tables(params):
        for language in words.LANGUAGES:
            for suffix, write in FORMATS.items():
                name = f"table_3_{table.experiment}.{language}.{suffix}"
                write_text(layout.TABLES / name, write(table, language))
