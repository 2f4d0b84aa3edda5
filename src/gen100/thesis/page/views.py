"""Tables as the page shows them: sortable, with what stays at the bottom."""

import re
from dataclasses import dataclass

from gen100.report import words
from gen100.report.results import Record
from gen100.report.table import DASH, Line, Table, Value, bottom_lines
from gen100.report.table_formats import texts
from gen100.report.words import Text
from gen100.thesis.page.prose import SAY


@dataclass(frozen=True)
class Place:
    """What stands in a place of a table, and what it is sorted by; nothing comes last."""

    text: Text
    key: str

    @classmethod
    def of(cls, text: object, key: object = None) -> "Place":
        """The same in both languages, but for the words that labels share."""
        said = DASH if text is None else str(text)
        return cls(words.both(lambda lang: words.translated(said, lang)), str(said if key is None else key))

    @classmethod
    def number(cls, value: float | None, digits: int) -> "Place":
        if value is None:
            return cls.of(DASH, "")
        return cls.of(f"{value:,.{digits}f}", value)


@dataclass(frozen=True)
class View:
    """A table: heads, rows that are sorted, rows that stay at the bottom, and a note.

    Attributes:
        thesis: how many of the last columns are the thesis'.
    """

    name: str
    title: Text
    heads: list[Text]
    rows: list[list[Place]]
    bottom: list[list[Place]]
    note: Text
    thesis: int = 0

    def is_text(self, column: int) -> bool:
        """Whether a column is read from the left."""
        keys = [row[column].key for row in self.rows if row[column].key]
        return not all(re.fullmatch(r"-?[\d.e+-]+", key) for key in keys)


def _key(value: Value | None) -> str:
    return "" if value is None or value.number is None else str(value.number)


def _named(line: Line) -> Place:
    return Place(
        words.both(lambda lang: line.label[lang].replace(" = ", "\N{NO-BREAK SPACE}=\N{NO-BREAK SPACE}")),
        line.label["en"],
    )


def _row(table: Table, line: Line) -> list[Place]:
    numbers = [line.values.get(column.key) for column in table.columns]
    size = line.cell.latent if line.cell else ""
    return [
        _named(line),
        Place.of(line.size, size),
        *(
            Place(dict.fromkeys(words.LANGUAGES, text), _key(value))
            for text, value in zip(texts(table, line), numbers, strict=True)
        ),
    ]


def table_view(table: Table) -> View:
    """Table 3.1, 3.2 or that of all measures."""
    return View(
        table.name,
        table.title,
        [words.HEADS["label"], words.HEADS["size"], *(column.head for column in table.columns)],
        [_row(table, line) for line in table.lines if line.cell],
        [_row(table, line) for line in table.lines if not line.cell],
        words.both(table.provenance),
        sum(column.printed for column in table.columns),
    )


def floor_view(reference: dict[str, Record]) -> View:
    """Real images, noise and one flat colour, by every measure they have."""
    first = reference["real"]
    heads = {
        name.lower(): words.both(lambda lang, name=name: words.measure_head(name, first["extractor"], lang))
        for name in words.NAMES
    }
    split = first["reference"].partition(",")[0]
    for key in ("precision", "recall"):
        heads[key] = words.both(
            lambda lang, key=key: words.MEASURES[key][lang].format(split=words.translated(split, lang))
        )
    lines = bottom_lines(reference, list(heads))
    shown = [key for key in heads if any(line.values[key].number is not None for line in lines)]
    rows = [
        [
            _named(line),
            *(Place.of(line.values[key].text, _key(line.values[key])) for key in shown),
        ]
        for line in lines
    ]
    note = words.both(
        lambda lang: " ".join(
            f"{words.HEADS[key][lang]}: {words.translated(first[key], lang)}."
            for key in ("data", "extractor", "reference")
        )
    )
    return View("floor-table", SAY["floor"], [SAY["images"], *(heads[key] for key in shown)], rows, [], note)


def runs_view(results: list[Record]) -> View:
    """What every run took, and with what."""
    heads = [
        SAY[key] for key in ("cell", "seed", "images_seen", "seconds", "speed", "autoencoder_seconds", "memory")
    ]
    heads += [SAY["device"], dict.fromkeys(words.LANGUAGES, "torch"), SAY["commit"]]
    rows = [
        [
            Place.of(row["cell"]),
            Place.of(row["seed"]),
            Place.number(row["images_seen"], 0),
            Place.number(row["seconds"], 1),
            Place.number(row["seconds"] and row["images_seen"] / row["seconds"], 0),
            Place.number(row["autoencoder_seconds"] or None, 1),
            Place.number(row["memory"] and row["memory"] / 2**30, 2),
            Place.of(row["device"]),
            Place.of(row["torch"]),
            Place.of(row["commit"]),
        ]
        for row in results
    ]
    return View("runs-table", SAY["every_run"], heads, rows, [], {"en": "", "uk": ""})
