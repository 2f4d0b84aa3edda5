"""Files of runs, read with one-line errors."""

import math
from collections.abc import Collection, Iterator, Sequence
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
    """Read a file within the block; UserError where it is missing, or what is read is not what it should be."""
    try:
        yield
    except FileNotFoundError:
        raise UserError(f"{file} is missing: {way_out}") from None
    except (KeyError, TypeError, ValueError):  # of json, pandas and Unicode too
        raise UserError(f"{file} is not readable{kind}: remove it and {way_out}") from None


def read_table(file: Path, way_out: str, needed: Sequence[str] = (), dtype: Any = None) -> pd.DataFrame:
    """A CSV file; UserError where it is missing, unreadable or lacks one of the columns `needed`."""
    with reading(file, way_out, " CSV"):
        table = pd.read_csv(file, dtype=dtype)
    if lacking := [name for name in needed if name not in table]:
        raise UserError(f"{file} lacks {', '.join(lacking)}: remove it and {way_out}")
    return table


def check_numbers(
    record: Record, keys: Sequence[str], file: Path, way_out: str, may_be_empty: Collection[str] = ()
) -> None:
    """Refuse (UserError) a file's record that lacks a number or holds one that is not finite.

    Those in `may_be_empty` may be None.
    """
    for key in keys:
        if key not in record:
            raise UserError(f"{file} has no '{key}': remove it and {way_out}")
        if record[key] is None and key in may_be_empty:
            continue
        if not isinstance(record[key], int | float) or not math.isfinite(record[key]):
            raise UserError(f"{file} holds {key} = {record[key]}, not a finite number: remove it and {way_out}")


def read_record(file: Path, numbers: Sequence[str], texts: Sequence[str], way_out: str) -> Record:
    """A JSON file that holds a mapping; UserError unless all `numbers` of it are finite and all `texts` are
    filled."""
    with reading(file, way_out, " JSON"):
        record = dict(**read_json(file))
    check_numbers(record, numbers, file, way_out)
    for key in texts:
        if not isinstance(record.get(key), str) or not record[key]:
            raise UserError(f"{file} has no text under '{key}': remove it and {way_out}")
    return record


def provenance_of(record: Record, file: Path, way_out: str) -> Provenance:
    """What a file's numbers were measured with; UserError where it does not say, or an older version wrote it."""
    try:
        return Provenance.model_validate(record["provenance"])
    except (KeyError, ValidationError):
        raise UserError(f"{file} has no valid 'provenance': remove it and {way_out}") from None
