"""What the source keeps apart: families, the thesis, and texts in other languages than English."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from gen100.families.registry import FAMILIES
from support.processes import ROOT

PACKAGE = ROOT / "src/gen100"
APART = ("families", "thesis")
"""The folders that may name a family."""
TEXT = {".py", ".j2", ".js", ".css", ".html", ".yaml", ".toml", ".csv", ".md"}
CYRILLIC = re.compile("[\u0400-\u052f]")


def family_names() -> re.Pattern[str]:
    """A family's name, its title, or its name within an identifier: `stable_diffusion`, `StableDiffusion`."""
    names = {part for name, family in FAMILIES.items() for part in (name, name.replace("_", ""), family.title)}
    return re.compile("|".join(map(re.escape, sorted(names))), re.IGNORECASE)


def found(pattern: re.Pattern[str], file: Path) -> Iterator[str]:
    """Where a pattern occurs in a file: path, line number and line."""
    for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), start=1):
        if pattern.search(line):
            yield f"{file.relative_to(ROOT)}:{number}: {line.strip()}"


def imports_thesis(source: str, module: str) -> bool:
    """Whether a module imports gen100.thesis, or names it in a string from which it could be imported.

    Args:
        module: its dotted name, to resolve relative imports.
    """
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Import(names=names):
                imported = [alias.name for alias in names]
            case ast.ImportFrom(module=origin, names=names, level=level):
                above = module.split(".")[:-level] if level else []
                start = ".".join([*above, *([origin] if origin else [])])
                imported = [start, *(f"{start}.{alias.name}" for alias in names)]
            case ast.Constant(value=str(text)):
                imported = [text]
            case _:
                continue
        if any(name == "gen100.thesis" or name.startswith("gen100.thesis.") for name in imported):
            return True
    return False


def test_no_family_is_named_outside_its_folder() -> None:
    pattern = family_names()
    core = [
        file
        for file in sorted(PACKAGE.rglob("*"))
        if file.suffix in TEXT and file.relative_to(PACKAGE).parts[0] not in APART
    ]
    assert len(core) > 50
    named = [place for file in core for place in found(pattern, file)]
    assert not named, "\n".join(named)
    paths = [str(file.relative_to(PACKAGE)) for file in core if pattern.search(file.stem)]
    assert not paths


@pytest.mark.parametrize(
    "text", ["# as in vae-elbo-128", "StableDiffusion()", '"stable_diffusion"', "DALL-E's loss", "is_dalle = True"]
)
def test_a_familys_name_is_found_in_any_form(text: str) -> None:
    assert family_names().search(text)
    assert not family_names().search("a family's losses, variables and stability")


def test_the_core_never_imports_the_thesis() -> None:
    core = [
        file
        for file in sorted(PACKAGE.rglob("*.py"))
        if file.relative_to(PACKAGE).parts[0] not in ("thesis", "cli.py")
    ]
    importing = []
    for file in core:
        module = ".".join(("gen100", *file.relative_to(PACKAGE).with_suffix("").parts))
        if imports_thesis(file.read_text(encoding="utf-8"), module):
            importing.append(str(file.relative_to(ROOT)))
    assert not importing, "\n".join(importing)


@pytest.mark.parametrize(
    "source",
    [
        "import gen100.thesis.cells",
        "from gen100 import thesis",
        "from gen100.thesis.cells import CELLS",
        "def f():\n    from gen100.thesis import claims",
        "from ..thesis import cells",
        "from .. import thesis",
        "files('gen100.thesis')",
    ],
)
def test_an_import_of_the_thesis_is_found_in_any_form(source: str) -> None:
    assert imports_thesis(source, "gen100.stages.report")


@pytest.mark.parametrize("source", ["from gen100.report import table", "from . import thesis", "# gen100.thesis"])
def test_other_imports_are_not_taken_for_the_thesis(source: str) -> None:
    assert not imports_thesis(source, "gen100.stages.report")


def test_no_cyrillic_in_python() -> None:
    lines = [place for file in sorted(ROOT.glob("src/**/*.py")) for place in found(CYRILLIC, file)]
    assert not lines, "\n".join(lines)
    assert CYRILLIC.search("".join(map(chr, (0x457, 0x436, 0x430, 0x43A))))
