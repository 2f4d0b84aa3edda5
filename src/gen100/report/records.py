"""Flat JSON files of runs, read with one-line errors."""

import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pandas as pd
from pydantic import ValidationError

from gen100.errors import UserError
from gen100.files import read_json
from gen100.provenance import Provenance

Record = dict[str, Any]


def advice(stage: str, name: str = "", seed: int = 0) -> str:
    """ "run stage evaluate <cell> <seed>": the way out of a missing file."""
    return f"run stage {stage} {name} {seed}" if name else f"run stage {stage}"


@contextmanager
def reading(file: Path, way_out: str, kind: str = "") -> Iterator[None]:
    """Read a file within the block.

    Raises:
        UserError: it is missing, or what is read is not what it should be; names the file and the way out.
    """
    try:
        yield
    except FileNotFoundError:
        raise UserError(f"{file} is missing: {way_out}") from None
    except (KeyError, TypeError, ValueError):  # of json, pandas and Unicode too
        raise UserError(f"{file} is not readable{kind}: remove it and {way_out}") from None


def read_table(file: Path, way_out: str, needed: Sequence[str] = (), dtype: Any = None) -> pd.DataFrame:
    """A CSV file that has the columns `needed`.

    Raises:
        UserError: the file is missing, unreadable or lacks a column.
    """
    with reading(file, way_out, " CSV"):
        table = pd.read_csv(file, dtype=dtype)
    if lacking := [name for name in needed if name not in table]:
        raise UserError(f"{file} lacks {', '.join(lacking)}: remove it and {way_out}")
    return table


def read_mapping(file: Path, way_out: str) -> Record:
    """A JSON file that holds a mapping.

    Raises:
        UserError: the file is missing or holds something else; names the file and the way out.
    """
    with reading(file, way_out, " JSON"):
        return dict(**read_json(file))


def check_numbers(record: Record, keys: list[str], file: Path, way_out: str) -> None:
    """Refuse a record that lacks one of the numbers, or holds one that is not finite.

    Raises:
        UserError: names the file, the key and the way out.
    """
    for key in keys:
        if key not in record:
            raise UserError(f"{file} has no '{key}': remove it and {way_out}")
        if not isinstance(record[key], int | float) or not math.isfinite(record[key]):
            raise UserError(f"{file} holds {key} = {record[key]}, not a finite number: remove it and {way_out}")


def read_record(file: Path, numbers: list[str], texts: list[str], way_out: str) -> Record:
    """Read a flat JSON file whose `numbers` must be finite and whose `texts` must be filled.

    Raises:
        UserError: the file or a key is missing, or a value is not finite; names the file and the way out.
    """
    record = read_mapping(file, way_out)
    check_numbers(record, numbers, file, way_out)
    for key in texts:
        if not isinstance(record.get(key), str) or not record[key]:
            raise UserError(f"{file} has no text under '{key}': remove it and {way_out}")
    return record


def provenance_of(record: Record, file: Path, way_out: str) -> Provenance:
    """What the numbers of a record were measured with.

    Raises:
        UserError: the record does not say, or an older version wrote it; names the file and the way out.
    """
    try:
        return Provenance.model_validate(record["provenance"])
    except (KeyError, ValidationError):
        raise UserError(f"{file} has no valid 'provenance': remove it and {way_out}") from None
