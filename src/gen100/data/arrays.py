"""CIFAR-100 as arrays: out of the archive of the official binary version, checked, into one .npz."""

import gzip
import io
import tarfile
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np

from gen100.errors import UserError
from gen100.files import read_arrays, write_arrays
from gen100.provenance import DataFacts

FINE, COARSE = 100, 20
RECORD = 2 + 3 * 32 * 32
"""Bytes of a record: coarse label, fine label, then the red, green and blue plane."""
FOLDER = "cifar-100-binary"
SLACK = 1 << 24
"""Bytes an archive may unpack to beyond its members: headers, padding, a readme."""
_NAMES_LIMIT = 1 << 16


def sample_labels(count: int) -> np.ndarray:
    """The class that sample i of a model is drawn for, N: all equally often, in turn.

    Where 100 does not divide `count`, the remaining samples get classes spread evenly over all 100, so that no
    part of the alphabetical order is drawn more often than another.
    """
    rest = count % FINE
    return np.concatenate([np.arange(count - rest) % FINE, np.arange(rest) * FINE // max(rest, 1)])


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

    @cached_property
    def repeated(self) -> np.ndarray:
        """Which test images, bool, are training images too, pixel by pixel."""
        trained = {image.tobytes() for image in self.train_images}
        return np.array([image.tobytes() in trained for image in self.test_images])


def _read_members(archive: Path, sizes: Mapping[str, int]) -> dict[str, bytes]:
    """The contents of `cifar-100-binary/<name>` for each name in `sizes`, trusting nothing in the archive.

    Links, devices and paths out of the folder are refused wherever they stand, since no such archive is the
    one meant; other plain files are passed over unread. Nothing is written to disk.

    Args:
        sizes: for each name, the most bytes it may have.

    Raises:
        UserError: the archive is missing, damaged, too big, or holds something else than expected.
    """
    wanted = {f"{FOLDER}/{name}": name for name in sizes}
    found: dict[str, bytes] = {}
    limit = sum(sizes.values()) + SLACK
    try:
        # Bounded before tarfile sees it, which reads some headers whole, whatever length they claim.
        with gzip.open(archive) as stream:
            unpacked = stream.read(limit + 1)
        if len(unpacked) > limit:
            raise UserError(f"{archive}: unpacks to more than CIFAR-100 can hold; it is another archive")
        with tarfile.open(fileobj=io.BytesIO(unpacked), mode="r:") as tar:
            for member in tar:
                place, path = f"{archive}: {member.name}", PurePosixPath(member.name)
                if path.is_absolute() or ".." in path.parts:
                    raise UserError(f"{place}: the path leads out of the archive's folder; refused")
                plain = member.type in (tarfile.REGTYPE, tarfile.AREGTYPE) and not member.issparse()
                if not (plain or member.isdir()):
                    raise UserError(f"{place}: is neither a plain file nor a folder; refused")
                name = wanted.get(str(path))
                if name is None or member.isdir():
                    continue
                if name in found:
                    raise UserError(f"{place}: occurs twice; refused")
                if member.size > sizes[name]:
                    raise UserError(f"{place}: has {member.size:,} bytes, at most {sizes[name]:,} are expected")
                content = tar.extractfile(member)
                found[name] = content.read() if content else b""
    except FileNotFoundError:
        raise UserError(f"no {archive}: run the stage fetch first") from None
    except (OSError, EOFError, ValueError, zlib.error, tarfile.TarError) as error:
        raise UserError(
            f"{archive}: is not a complete tar.gz file ({error}); delete it and run the stage fetch again"
        ) from None
    missing = sorted(set(sizes) - set(found))
    if missing:
        raise UserError(f"{archive}: has no {FOLDER}/{missing[0]}; take the binary version of CIFAR-100")
    return found


def _names(text: bytes, count: int, place: str) -> list[str]:
    try:
        names = [line.strip() for line in text.decode("utf-8").splitlines() if line.strip()]
    except UnicodeDecodeError:
        raise UserError(f"{place}: is not text") from None
    if len(names) != count or len(set(names)) != count:
        raise UserError(f"{place}: has {len(set(names))} different names, expected {count}")
    return names


def _split(data: bytes, place: str, count: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Images, fine and coarse labels of a file of records."""
    if len(data) != count * RECORD:
        raise UserError(f"{place}: has {len(data):,} bytes, expected {count:,} records of {RECORD:,} bytes")
    records = np.frombuffer(data, np.uint8).reshape(-1, RECORD)
    coarse, fine = records[:, :2].T.astype(np.int64)
    for kind, values, labels in (("coarse", coarse, COARSE), ("fine", fine, FINE)):
        if values.max() >= labels:
            first = int(np.argmax(values >= labels))
            raise UserError(
                f"{place}: record {first} has {kind} label {values[first]}, allowed are 0 to {labels - 1}"
            )
    frequency = np.bincount(fine, minlength=FINE)
    if frequency.min() != frequency.max():
        low, high = int(frequency.argmin()), int(frequency.argmax())
        raise UserError(
            f"{place}: classes are not balanced: fine label {low} occurs {frequency[low]} times,"
            f" {high} {frequency[high]} times"
        )
    return np.ascontiguousarray(records[:, 2:]).reshape(-1, 3, 32, 32), fine, coarse


def prepare(archive: Path, target: Path, facts: DataFacts) -> None:
    """Check the archive of CIFAR-100's binary version and write its arrays as one uncompressed .npz.

    Nothing is unpacked to disk. The same archive and facts give the same bytes.

    Args:
        facts: what the data is, and how many training and test images there must be.

    Raises:
        UserError: the archive is missing, damaged or not what it should be; names the member and record.
    """
    counts, kinds = {"train": facts.train, "test": facts.test}, {"fine": FINE, "coarse": COARSE}
    sizes = {f"{split}.bin": count * RECORD for split, count in counts.items()}
    members = _read_members(archive, sizes | {f"{kind}_label_names.txt": _NAMES_LIMIT for kind in kinds})
    arrays: dict[str, np.ndarray] = {"facts": np.array(facts.model_dump_json())}
    expected = np.full(FINE, -1)
    for split, count in counts.items():
        place = f"{archive}: {FOLDER}/{split}.bin"
        images, fine, coarse = _split(members.pop(f"{split}.bin"), place, count)
        if (images == images[0]).all():
            raise UserError(f"{place}: all {count:,} images are the same one; take the data set itself")
        if split == "train":
            expected[fine] = coarse
        wrong = expected[fine] != coarse
        if wrong.any():
            first = int(np.argmax(wrong))
            raise UserError(
                f"{place}: record {first} puts fine label {fine[first]} under coarse"
                f" label {coarse[first]}, others under {expected[fine[first]]}"
            )
        arrays |= {f"{split}_images": images, f"{split}_labels": fine, f"{split}_coarse": coarse}
    for kind, count in kinds.items():
        file = f"{kind}_label_names.txt"
        arrays[f"{kind}_names"] = np.array(_names(members[file], count, f"{archive}: {FOLDER}/{file}"))
    write_arrays(target, arrays)


def load(path: Path) -> Cifar100:
    """Read what `prepare` wrote.

    Raises:
        UserError: the file is missing or damaged.
    """
    if not path.exists():
        raise UserError(f"no {path}: run the stage prepare first")
    again = "delete it and run the stage prepare again"
    arrays: dict[str, Any] = read_arrays(path, again)
    part = "facts"
    try:
        facts = DataFacts.model_validate_json(arrays.pop("facts").item())
        for part in ("train", "test"):
            images, labels, coarse = (arrays[f"{part}_{kind}"] for kind in ("images", "labels", "coarse"))
            fits = images.shape == (len(labels), 3, 32, 32) and labels.shape == coarse.shape == (len(labels),)
            if not fits or (images.dtype, labels.dtype, coarse.dtype) != (np.uint8, np.int64, np.int64):
                raise ValueError
        part = "names"
        names: dict[str, Any] = {name: arrays.pop(name).tolist() for name in ("fine_names", "coarse_names")}
        return Cifar100(**arrays, **names, facts=facts)
    except (KeyError, TypeError, ValueError):
        raise UserError(f"{path} is damaged ({part}): {again}") from None
