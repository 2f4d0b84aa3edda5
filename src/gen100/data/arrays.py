"""CIFAR-100 as arrays: out of the archive of the official binary version, checked, into one .npz."""

import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np

from gen100.data.members import FOLDER, read_members
from gen100.errors import UserError
from gen100.files import whole
from gen100.provenance import DataFacts

FINE, COARSE = 100, 20
RECORD = 2 + 3 * 32 * 32
"""Bytes of a record: coarse label, fine label, then the red, green and blue plane."""
_NAMES_LIMIT = 1 << 16


@dataclass(frozen=True, eq=False)
class Cifar100:
    """The data set, or what stands in for it.

    Attributes:
        train_images, test_images: uint8, N x 3 x 32 x 32, contiguous.
        train_labels, test_labels: int64, N, in [0, 100); every class equally often.
        train_coarse, test_coarse: int64, N, in [0, 20).
        fine_names, coarse_names: 100 and 20 names, with underscores between words.
        facts: what it is.
    """

    train_images: np.ndarray
    train_labels: np.ndarray
    train_coarse: np.ndarray
    test_images: np.ndarray
    test_labels: np.ndarray
    test_coarse: np.ndarray
    fine_names: list[str]
    coarse_names: list[str]
    facts: DataFacts


def _names(text: bytes, count: int, place: str) -> list[str]:
    try:
        names = [line.strip() for line in text.decode("utf-8").splitlines() if line.strip()]
    except UnicodeDecodeError:
        raise UserError(f"{place}: is not text") from None
    if len(names) != count or len(set(names)) != count:
        raise UserError(f"{place}: has {len(set(names))} different names, expected {count}")
    return names


def _split(data: bytes, place: str) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Images, fine and coarse labels of a file of records."""
    records = np.frombuffer(data, np.uint8).reshape(-1, RECORD)
    labels = []
    for column, (kind, count) in enumerate((("coarse", COARSE), ("fine", FINE))):
        values = records[:, column].astype(np.int64)
        if values.max() >= count:
            first = int(np.argmax(values >= count))
            raise UserError(
                f"{place}: record {first} has {kind} label {values[first]}, allowed are 0 to {count - 1}"
            )
        labels.append(values)
    coarse, fine = labels
    frequency = np.bincount(fine, minlength=FINE)
    if frequency.min() != frequency.max():
        low, high = int(frequency.argmin()), int(frequency.argmax())
        raise UserError(
            f"{place}: classes are not balanced: fine label {low} occurs {frequency[low]} times,"
            f" {high} {frequency[high]} times"
        )
    return np.ascontiguousarray(records[:, 2:]).reshape(-1, 3, 32, 32), fine, coarse


def _check_coarse(parts: Mapping[str, tuple[np.ndarray, np.ndarray, np.ndarray]], archive: Path) -> None:
    """Each fine label must come with one and the same coarse label in every record of both splits."""
    _, fine, coarse = parts["train"]
    expected = np.zeros(FINE, np.int64)
    expected[fine] = coarse
    for split, (_, fine, coarse) in parts.items():
        wrong = expected[fine] != coarse
        if wrong.any():
            first = int(np.argmax(wrong))
            raise UserError(
                f"{archive}: {FOLDER}/{split}.bin: record {first} puts fine label {fine[first]} under coarse"
                f" label {coarse[first]}, others under {expected[fine[first]]}"
            )


def prepare(archive: Path, target: Path, facts: DataFacts) -> None:
    """Check the archive of CIFAR-100's binary version and write its arrays as one uncompressed .npz.

    Nothing is unpacked to disk. The same archive and facts give the same bytes.

    Args:
        facts: what the data is, and how many training and test images there must be.

    Raises:
        UserError: the archive is missing, damaged or not what it should be; names the member and record.
    """
    counts = facts.train, facts.test
    sizes = {
        "train.bin": counts[0] * RECORD,
        "test.bin": counts[1] * RECORD,
        "fine_label_names.txt": _NAMES_LIMIT,
        "coarse_label_names.txt": _NAMES_LIMIT,
    }
    members = read_members(archive, sizes)
    parts = {}
    for split, count in zip(("train", "test"), counts, strict=True):
        place, data = f"{archive}: {FOLDER}/{split}.bin", members.pop(f"{split}.bin")
        if len(data) != count * RECORD:
            raise UserError(f"{place}: has {len(data):,} bytes, expected {count:,} records of {RECORD:,} bytes")
        parts[split] = _split(data, place)
    _check_coarse(parts, archive)
    names = {
        kind: _names(members[f"{kind}_label_names.txt"], count, f"{archive}: {FOLDER}/{kind}_label_names.txt")
        for kind, count in (("fine", FINE), ("coarse", COARSE))
    }
    arrays: dict[str, Any] = {
        f"{split}_{kind}": values
        for split, part in parts.items()
        for kind, values in zip(("images", "labels", "coarse"), part, strict=True)
    }
    arrays |= {f"{kind}_names": np.array(values) for kind, values in names.items()}
    with whole(target) as temporary, temporary.open("wb") as file:
        # numpy dates every entry 1980-01-01, so the bytes depend on the arrays alone.
        np.savez(file, allow_pickle=False, facts=np.array(facts.model_dump_json()), **arrays)


def load(path: Path) -> Cifar100:
    """Read what `prepare` wrote.

    Raises:
        UserError: the file is missing or damaged.
    """
    try:
        with np.load(path, allow_pickle=False) as stored:
            arrays = {field.name: stored[field.name] for field in fields(Cifar100)}
    except FileNotFoundError:
        raise UserError(f"no {path}: run the stage prepare first") from None
    except (OSError, EOFError, ValueError, KeyError, AttributeError, zipfile.BadZipFile, zlib.error) as error:
        raise UserError(f"{path} is damaged ({error}): delete it and run the stage prepare again") from None
    for split in ("train", "test"):
        images, labels, coarse = (arrays[f"{split}_{kind}"] for kind in ("images", "labels", "coarse"))
        fits = images.shape == (len(labels), 3, 32, 32) and labels.shape == coarse.shape == (len(labels),)
        if not fits or (images.dtype, labels.dtype, coarse.dtype) != (np.uint8, np.int64, np.int64):
            raise UserError(f"{path} is damaged ({split}): delete it and run the stage prepare again")
    names: dict[str, Any] = {name: arrays.pop(name).tolist() for name in ("fine_names", "coarse_names")}
    try:
        facts = DataFacts.model_validate_json(arrays.pop("facts").item())
    except ValueError:
        raise UserError(f"{path} is damaged (facts): delete it and run the stage prepare again") from None
    return Cifar100(**arrays, **names, facts=facts)
