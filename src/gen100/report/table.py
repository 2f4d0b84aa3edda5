"""What a table is made of: lines of cells and of what no model made, columns of means with their intervals."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from gen100.cells import Cell
from gen100.config import Params
from gen100.families.registry import FAMILIES
from gen100.report import words
from gen100.report.best import Mark, Verdicts, mark_cells
from gen100.report.results import Kind, Record, read_reference
from gen100.report.statistics import mean_interval
from gen100.report.words import Language, Text

DASH = "—"
SIGNS: dict[Mark, str] = {"": "", "best": " *", "tied": " ≈"}


@dataclass(frozen=True)
class Value:
    """What stands in one place of a table: the mean over seeds, half the width of its interval, and a text."""

    number: float | None = None
    half: float | None = None
    text: str = DASH


@dataclass(frozen=True)
class Column:
    """A column of numbers.

    Attributes:
        key: of results.csv; `thesis_<key>` for what the thesis printed.
        head: what it measures.
        width: in LaTeX, in mm.
        panel: wide tables are several in LaTeX, one a panel.
        note: what the head has no room for.
    """

    key: str
    head: Text
    width: int
    panel: int = 0
    note: Text | None = None

    @property
    def printed(self) -> bool:
        return self.key.startswith("thesis_")

    def full_head(self, language: Language) -> str:
        """The head where nothing above it says whose numbers these are."""
        return f"{words.THESIS[language]} {self.head[language]}" if self.printed else self.head[language]


@dataclass(frozen=True)
class Line:
    """One line of a table.

    Attributes:
        label: the cell, or what a line at the bottom compares.
        size: (batch, latent), as the thesis writes it.
        values: by the columns' keys; absent where not measured.
        runs: the rows of results.csv behind it, or the one of reference.json.
        cell: None at the bottom.
        mark: of its distance, within its model and latent size.
    """

    label: Text
    size: str
    values: dict[str, Value]
    runs: list[Record]
    cell: Cell | None = None
    mark: Mark = ""


@dataclass(frozen=True)
class Table:
    """A line a cell, then real images (the floor), noise and a flat colour (the ceilings)."""

    name: str
    title: Text
    columns: list[Column]
    lines: list[Line]
    floor: Record
    notes: list[Text] = field(default_factory=list)

    @property
    def runs(self) -> list[Record]:
        return [run for line in self.lines if line.cell for run in line.runs]

    def provenance(self, language: Language, columns: list[Column] | None = None) -> str:
        """Data, extractor, sample counts, reference, budget, seeds and device, then what signs and heads mean."""
        shown = self.columns if columns is None else columns
        told = [*self.notes, *(column.note for column in shown if column.note)]
        return " ".join([*_made(self, language), *(note[language] for note in told)])


def summary(runs: list[Record], name: str) -> tuple[float, float | None]:
    """Mean and, of several runs, half the width of its 95% interval."""
    return mean_interval([float(run[name]) for run in runs])


def devices(runs: list[Record]) -> str:
    return "; ".join(dict.fromkeys(run["device"] for run in runs))


def digits(name: str, value: float) -> str:
    """A number as people read it: two digits after the point, or the first three or four that are not zero."""
    if name.startswith(("fid", "is", "reconstruction", "fd")) or abs(value) >= 1000:
        return f"{value:.2f}"
    return _significant(value, 4 if name.endswith("_loss") else 3)


def _significant(value: float, count: int) -> str:
    if value == 0:
        return "0"
    return np.format_float_positional(value, precision=count, unique=False, fractional=False, trim="-")


def value_of(name: str, runs: list[Record]) -> Value:
    """A measure of some runs; nothing where one of them lacks it."""
    if any(run.get(name) is None for run in runs):
        return Value()
    middle, half = summary(runs, name)
    around = "" if half is None else f" ± {_significant(half, 2)}"
    return Value(middle, half, digits(name, middle) + around)


def cell_lines(cells: list[Cell], keys: Sequence[str], results: list[Record], verdicts: Verdicts) -> list[Line]:
    """A line a cell with the mean of each column, in the order of `cells`."""
    lines = {}
    for cell in cells:
        runs = [run for run in results if run["cell"] == str(cell)]
        title: Text = dict.fromkeys(words.LANGUAGES, cell.title)
        size = f"({runs[0]['batch_size']}, {cell.latent})"
        lines[cell] = Line(title, size, {key: value_of(key, runs) for key in keys}, runs, cell)
    distances = {cell: line.values["fid"].number or 0.0 for cell, line in lines.items()}
    marks = mark_cells(distances, verdicts)
    return [Line(line.label, line.size, line.values, line.runs, cell, marks[cell]) for cell, line in lines.items()]


def references(params: Params) -> dict[str, Record]:
    """What no model made, by its name in reference.json.

    Raises:
        UserError: missing or not finite.
    """
    kinds: tuple[Kind, ...] = ("real", "noise", "constant")
    return {kind: read_reference(params, kind) for kind in kinds}


def bottom_lines(reference: dict[str, Record], keys: Sequence[str]) -> list[Line]:
    """Real images, noise and one flat colour, against the reference split."""
    split = reference["real"]["reference"].partition(",")[0]
    other = {"train": "test", "test": "train"}[split]
    lines = []
    for name, texts in {"real": words.FLOOR[split], **words.CEILINGS}.items():
        record = reference[name]
        label: Text = {
            language: f"{texts[language]} (N = {words.number(record['samples'], language)})"
            for language in words.LANGUAGES
        }
        own = record | {key: record.get(key.replace("_other", f"_{other}")) for key in keys}
        lines.append(Line(label, DASH, {key: value_of(key, [own]) for key in keys}, [record]))
    return lines


def notes(lines: list[Line], extractor: str) -> list[Text]:
    """What ± and the marks mean, where they occur, and what StyleGAN2's losses are."""
    said = [words.SPREAD_NOTE] if any(len(line.runs) > 1 for line in lines) else []
    marks = {line.mark for line in lines}
    name = words.measure_head("FID", extractor).partition(" (")[0]
    for mark in ("best", "tied"):
        if mark in marks:
            said.append({lang: words.MARK_NOTES[mark][lang].format(name) for lang in words.LANGUAGES})
    if any(line.cell and line.cell.family == "stylegan2" for line in lines):
        said.append(words.GAN_NOTE)
    return said


def titled(title: Text, data: str, lines: list[Line]) -> Text:
    """A title, and what must be admitted of the data and the budget."""
    seen = [run["images_seen"] for line in lines if line.cell for run in line.runs]
    return {
        language: words.admitted(title[language], words.caveat(data, seen, language))
        for language in words.LANGUAGES
    }


def _made(table: Table, language: Language) -> list[str]:
    floor, runs = table.floor, table.runs
    said = [(key, words.translated(floor[key], language)) for key in ("data", "extractor", "reference")]
    if runs:
        models = dict.fromkeys(run["family"] for run in runs)
        budgets = [
            f"{FAMILIES[model].title} "
            + words.span((run["images_seen"] for run in runs if run["family"] == model), language)
            for model in models
        ]
        seeds = Counter(run["cell"] for run in runs)
        others = dict.fromkeys(run["other"] for run in runs if run["other"])
        said += [("other", words.translated(text, language)) for text in others]
        said += [
            ("samples", words.span((run["samples"] for run in runs), language)),
            ("images_seen", "; ".join(budgets)),
            ("seeds", words.span(seeds.values(), language)),
            ("device", words.translated(devices(runs), language)),
        ]
    return [f"{words.HEADS[key][language]}: {text}." for key, text in said]
