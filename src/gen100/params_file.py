"""params.yaml as it is written: what every YAML reader takes alike, and the line of each key."""

import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import yaml
from yaml import MappingNode, Node, ScalarNode, SequenceNode

from gen100.errors import UserError

VALUES = 100_000
"""Keys and values that a file may hold, those that an alias repeats counted each time."""
PLAIN = {
    "int": re.compile(r"[-+]?(0|[1-9][0-9]*)"),
    "float": re.compile(r"[^_:]+"),
    "bool": re.compile(r"true|false"),
}
"""How numbers and switches are written."""
NUMBER = re.compile(r"[-+]?([0-9]+(\.[0-9]*)?|\.[0-9]+)[eE][-+]?[0-9]+$")


class _Loader(yaml.SafeLoader):
    """Reads 1e-4 and 1.0e4 as numbers, as YAML 1.2 does; PyYAML takes them for texts."""


_Loader.add_implicit_resolver("tag:yaml.org,2002:float", NUMBER, list("-+.0123456789"))


class ParamsFile:
    """A file of YAML.

    Attributes:
        values: what it holds, as plain values.

    Raises:
        UserError: the file is missing or not valid YAML, repeats a key, or is far larger than any params.yaml.
    """

    def __init__(self, file: Path) -> None:
        self._file = file
        try:
            loader = _Loader(file.read_text(encoding="utf-8"))
            self._node = loader.get_single_node()
            self._check(self._node, loader, {})
            self.values: Any = None if self._node is None else loader.construct_document(self._node)
        except FileNotFoundError:
            raise UserError(f"no {file} here: run in a workspace, a folder that holds a params.yaml") from None
        except (yaml.YAMLError, ValueError) as error:  # ValueError: of dates, huge numbers and of Unicode
            raise UserError(f"{file} is not valid YAML: {' '.join(str(error).split())}") from None
        except RecursionError:
            raise UserError(f"{file} is nested too deeply: write plain keys and values") from None

    def _check(self, node: Node | None, loader: _Loader, sizes: dict[int, int]) -> int:
        """The number of values in a node; refuses repeated keys, and more values than allowed."""
        if id(node) in sizes:
            # Still being counted: it holds an alias of itself.
            if not sizes[id(node)]:
                raise UserError(f"{self._place(node)}: holds itself: write out its values instead of an alias")
            return sizes[id(node)]
        sizes[id(node)] = 0
        size = 1
        if isinstance(node, MappingNode):
            self._check_keys(node, loader)
            size += sum(self._check(value, loader, sizes) for pair in node.value for value in pair)
        elif isinstance(node, SequenceNode):
            size += sum(self._check(value, loader, sizes) for value in node.value)
        elif isinstance(node, ScalarNode):
            self._check_value(node)
        if size > VALUES:
            raise UserError(
                f"{self._place(node)}: holds more than {VALUES:,} values, aliases counted each time: write plain"
                " keys and values"
            )
        sizes[id(node)] = size
        return size

    def _check_value(self, node: ScalarNode) -> None:
        """Refuse what some readers of YAML take for another value than others: 010, 1:30, 0x10, yes."""
        kind = node.tag.rpartition(":")[2]
        plain = PLAIN.get(kind)
        if plain and node.style is None and not plain.fullmatch(node.value):
            raise UserError(
                f"{self._place(node)}: readers of YAML differ in what {node.value} is: write a number in plain"
                " digits, a switch as true or false, and a text in quotes"
            )

    def _check_keys(self, node: MappingNode, loader: _Loader) -> None:
        lines: dict[Any, int] = {}
        for key, _ in node.value:
            if not isinstance(key, ScalarNode):
                continue
            # A merge, `<<`, is not a value of its own.
            value = key.value if key.tag.endswith(":merge") else loader.construct_object(key)
            line = key.start_mark.line + 1
            if value in lines:
                raise UserError(
                    f"{self._file}:{line}: the key {key.value} is in line {lines[value]} already: remove one"
                )
            lines[value] = line

    def _place(self, node: Node | None) -> str:
        return str(self._file) if node is None else f"{self._file}:{node.start_mark.line + 1}"

    def place(self, location: Iterable[int | str]) -> str:
        """`params.yaml:12`: the line of a dotted key, or of the last of its parts that is in the file."""
        node, line = self._node, None
        for part in location:
            found = None
            if isinstance(node, MappingNode):
                # The last one counts: merged ones stand before a mapping's own.
                found = next((pair for pair in reversed(node.value) if pair[0].value == str(part)), None)
            elif isinstance(node, SequenceNode) and isinstance(part, int) and part < len(node.value):
                found = (node.value[part], node.value[part])
            if found is not None:
                line, node = found[0].start_mark.line + 1, found[1]
        return str(self._file) if line is None else f"{self._file}:{line}"
