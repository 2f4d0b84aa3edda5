"""Every message of the program has a translation that fits it, and nothing else stands in a catalogue."""

import ast
import csv
import io
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from string import Formatter
from typing import Any, BinaryIO

import pytest
from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import denormalize, read_po

from gen100.i18n import LANGUAGES
from support.processes import ROOT

PACKAGE = ROOT / "src/gen100"
KEYWORDS = {"_": None, "N_": None, "gettext": None, "ngettext": (1, 2)}
MISTAKES, CLAIMS = "thesis/forensics/mistakes.csv", "thesis/claims/claims.csv"
COLUMNS = ("title", "seen", "text")
"""Of tables of messages: those that hold some."""


def table_messages(file: BinaryIO, *_: Any, **_options: Any) -> Iterator[tuple[int, str, str, list[str]]]:
    """The messages of a table, as one of Babel's methods of extraction finds them."""
    for number, row in enumerate(csv.DictReader(io.TextIOWrapper(file, "utf-8")), start=2):
        yield from ((number, "_", row[column], []) for column in COLUMNS if column in row)


METHODS: list[Any] = [
    *(("**.py", "python"), ("**.j2", "jinja2")),
    *((table, table_messages) for table in (MISTAKES, CLAIMS)),
]
ENTRY = re.compile(r'^msgid ((?:[ \t]*".*"\s*?(?:\n|\Z))+)', re.M)
PERCENT = re.compile(r"%\((\w+)\)")

Message = str | tuple[str, ...]
"""An English message, or its singular and plural."""
TRANSLATIONS = [code for code in LANGUAGES if code != "en"]


def messages(package: Path = PACKAGE) -> dict[Message, str]:
    """Every message that the code and the templates mark, and where it is first used."""
    found: dict[Message, str] = {}
    for file, line, message, _, _ in extract_from_dir(package, METHODS, keywords=KEYWORDS):
        found.setdefault(message, f"{file}:{line}")
    return found


def catalogue_file(language: str) -> Path:
    return PACKAGE / f"locale/{language}.po"


def read(language: str) -> Catalog:
    with catalogue_file(language).open("rb") as file:
        return read_po(file, locale=language, abort_invalid=True)


def ids(catalogue: str) -> Counter[str]:
    """How often each message stands in the text of a catalogue, obsolete ones aside."""
    return Counter(denormalize(quoted.rstrip("\n")) for quoted in ENTRY.findall(catalogue))


def fields(text: str) -> set[str]:
    """The names of the values to be filled in: `{count}` of str.format, `%(count)s` of Jinja's blocks."""
    return {name for _, name, _, _ in Formatter().parse(text) if name is not None} | set(PERCENT.findall(text))


def forms(text: Any) -> tuple[str, ...]:
    """The forms of a message or translation as a catalogue holds it: one, or one for each plural."""
    return (text,) if isinstance(text, str) else tuple(text)


def misfits(message: tuple[str, ...], translation: tuple[str, ...]) -> list[str]:
    """The forms of a translation that are empty or have other fields than the message.

    All plural forms need the fields of the English plural: in some languages the first form serves 21, too.
    """
    wanted = fields(message[-1])
    return [form for form in translation if not form.strip() or fields(form) != wanted]


def computed_messages(source: str) -> Iterator[int]:
    """The lines where a message is computed, so that no catalogue can hold it."""
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Call(func=ast.Name(id="_" | "N_" | "ngettext" as keyword), args=arguments):
                for argument in arguments[: 2 if keyword == "ngettext" else 1]:
                    literal = isinstance(argument, ast.Constant)
                    if not literal and (
                        keyword != "_" or isinstance(argument, ast.JoinedStr | ast.BinOp | ast.Call)
                    ):
                        yield node.lineno


def test_messages_are_found() -> None:
    found = messages()
    assert len(found) > 10
    assert found["FID of logits"].startswith(MISTAKES)
    assert found["the FID of every cell is at least 989, the lowest printed"].startswith(CLAIMS)


def test_messages_are_literals() -> None:
    places = [
        f"{file.relative_to(ROOT)}:{line}"
        for file in sorted(PACKAGE.rglob("*.py"))
        for line in computed_messages(file.read_text(encoding="utf-8"))
    ]
    assert not places, "\n".join(places)


@pytest.mark.parametrize("language", TRANSLATIONS)
def test_every_message_is_translated(language: str) -> None:
    catalogue = read(language)
    missing = [f"{place}: {message!r}" for message, place in messages().items() if message not in catalogue]
    assert not missing, "\n".join(missing)


@pytest.mark.parametrize("language", TRANSLATIONS)
def test_every_translation_has_the_fields_of_its_message(language: str) -> None:
    catalogue = read(language)
    wrong = [
        f"{message.id!r}: {form!r}"
        for message in catalogue
        if message.id
        for form in misfits(forms(message.id), forms(message.string))
    ]
    assert not wrong, "\n".join(wrong)
    plurals = [message for message in catalogue if message.id and not isinstance(message.id, str)]
    assert all(len(forms(message.string)) == catalogue.num_plurals for message in plurals)


@pytest.mark.parametrize("language", TRANSLATIONS)
def test_no_translation_is_obsolete_or_fuzzy(language: str) -> None:
    catalogue, used = read(language), messages()
    unused = [message.id for message in catalogue if message.id and message.id not in used]
    assert not unused, "\n".join(map(repr, unused))
    assert not catalogue.obsolete
    assert not [message.id for message in catalogue if message.fuzzy]


@pytest.mark.parametrize("language", TRANSLATIONS)
def test_no_message_is_translated_twice(language: str) -> None:
    counts = ids(catalogue_file(language).read_text(encoding="utf-8"))
    assert len(counts) == len(read(language)) + 1, "the header is an entry, too"
    assert not [message for message, count in counts.items() if count > 1]


def test_messages_of_code_and_templates_are_found(tmp_path: Path) -> None:
    (tmp_path / "code.py").write_text(
        'TITLE = N_("a title")\nprint(_("two " "parts"), ngettext("{n} run", "{n} runs", 3))\n'
    )
    (tmp_path / "page.html.j2").write_text('<p>{{ _("a paragraph") }}{% trans %}a block{% endtrans %}</p>')
    assert set(messages(tmp_path)) == {"a title", "two parts", ("{n} run", "{n} runs"), "a paragraph", "a block"}


@pytest.mark.parametrize(
    ("message", "translation", "wrong"),
    [
        ("{count} images", "{count} B", 0),
        ("{count} images", "{number} B", 1),
        ("{count} images", "B", 1),
        ("images", "", 1),
        ("{low} to {high}", "{high}, {low}", 0),
        (("one run", "{n} runs"), ("{n} A", "{n} B", "{n} C"), 0),
        (("one run", "{n} runs"), ("A", "{n} B", "C"), 2),
        ("%(n)s runs", "runs", 1),
    ],
)
def test_a_translation_that_does_not_fit_is_found(message: Message, translation: Message, wrong: int) -> None:
    assert len(misfits(forms(message), forms(translation))) == wrong


def test_a_message_that_stands_twice_is_found() -> None:
    text = 'msgid ""\nmsgstr ""\n\nmsgid "a b"\nmsgstr "x"\n\nmsgid ""\n"a "\n"b"\nmsgstr "y"'
    assert ids(text) == {"": 1, "a b": 2}


@pytest.mark.parametrize("source", ["_(f'{n} runs')", "_('a' + b)", "_('{n}'.format(n=1))", "N_(title)"])
def test_a_computed_message_is_found(source: str) -> None:
    assert list(computed_messages(source)) == [1]
    assert not list(computed_messages("_('{n} runs').format(n=1); _(family.title); N_('title')"))
