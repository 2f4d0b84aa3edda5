"""Texts for people: English in the code, other languages in locale/<language>.po (gettext), numbers by Babel.

The language is that of the surrounding `language(...)` block, English outside of any. Reports are written once
for each of LANGUAGES.
"""

import gettext as gnu_gettext
import io
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from importlib.resources import files

from babel import Locale
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.numbers import format_decimal

LANGUAGES = ("en", "uk")

_current: ContextVar[str] = ContextVar("language", default="en")


@contextmanager
def language(code: str) -> Iterator[None]:
    """Speak one of LANGUAGES within the block."""
    token = _current.set(code)
    try:
        yield
    finally:
        _current.reset(token)


def current() -> str:
    """The code of the language that is spoken."""
    return _current.get()


def _(message: str) -> str:
    """The message in the current language. Values are filled in afterwards, by `.format`."""
    return _catalogue(current()).gettext(message)


def ngettext(singular: str, plural: str, count: int) -> str:
    """The form of a message that fits a count, in the current language."""
    return _catalogue(current()).ngettext(singular, plural, count)


def N_(message: str) -> str:  # noqa: N802
    """Mark a constant as a message, to be translated with `_` where it is shown."""
    return message


def number(value: float, digits: int | None = None) -> str:
    """As the current language writes it, 1,234.5 or 1 234,5; `digits` stand after the decimal mark, if any."""
    return format_decimal(value, "#,##0" if not digits else "#,##0." + "0" * digits, Locale.parse(current()))


def significant(value: float, digits: int) -> str:
    """A number with so many significant digits, as the current language writes it."""
    return format_decimal(value, "@" * digits, Locale.parse(current()))


@cache
def _catalogue(code: str) -> gnu_gettext.NullTranslations:
    """The messages of a language. Compiled in memory: what the .po file says is what is shown, without a build."""
    if code == "en":
        return gnu_gettext.NullTranslations()
    compiled = io.BytesIO()
    with files("gen100").joinpath(f"locale/{code}.po").open("rb") as file:
        write_mo(compiled, read_po(file, locale=code, abort_invalid=True))
    compiled.seek(0)
    return gnu_gettext.GNUTranslations(compiled)
