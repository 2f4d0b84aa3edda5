"""Files that are either whole or absent: written under a temporary name, then renamed."""

import errno
import hashlib
import json
import os
import re
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gen100.errors import UserError

if TYPE_CHECKING:
    from numpy.typing import NDArray

FULL = {
    errno.ENOSPC: "free space",
    errno.EDQUOT: "free space or raise your quota",
    errno.EFBIG: "raise the limit on the size of files (ulimit -f)",
    errno.EROFS: "make its file system writable",
}
"""Errors that only writing can meet, and the way out."""
DENIED = {
    errno.EACCES: "make the file and its folder writable for you (another user may own them)",
    errno.EPERM: "make the file and its folder writable for you (another user may own them)",
    errno.EIO: "check the disk",
    errno.EEXIST: "move away what stands where its folder should be",
    errno.ENOTDIR: "move away what stands where its folder should be",
}
"""Errors that reading another file can meet as well."""
TEMPORARY = re.compile(r"\..+\.\d+\.part(\.\w+)?")
"""The name of a file that `whole` has not finished."""


def _concerns(error: OSError, path: Path) -> bool:
    """Whether the error is of `path`, its temporary, a folder above it or a file in it."""
    if error.filename is None:
        return True
    where = Path(os.fsdecode(error.filename))
    return where in (path, *path.parents) or where.parent == path or where.name.startswith(f".{path.name}.")


def _of_the_disk(error: BaseException | None, path: Path) -> tuple[int, str] | None:
    """The number of the disk's error behind `error` and its way out, if it concerns `path`."""
    # torch raises an error of its own on top of the disk's.
    while error is not None and not isinstance(error, UserError):
        if isinstance(error, OSError) and error.errno is not None:
            if error.errno in FULL:
                return error.errno, FULL[error.errno]
            if error.errno in DENIED and _concerns(error, path):
                return error.errno, DENIED[error.errno]
        error = error.__cause__ or error.__context__
    return None


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """Tell of a full, read-only or failing disk in one line.

    Raises:
        UserError: the block could not write; names `path`, the disk's error and the way out.
    """
    try:
        yield
    except Exception as error:
        found = _of_the_disk(error, path)
        if found is None:
            raise
        number, way_out = found
        raise UserError(f"{path} cannot be written ({os.strerror(number)}): {way_out}, then start again") from None


@contextmanager
def whole(path: Path) -> Iterator[Path]:
    """Give a temporary path in the folder of `path`; rename it to `path` if the block succeeds, else remove it.

    Raises:
        UserError: as `writing`.
    """
    temporary = path.with_name(f".{path.name}.{os.getpid()}.part{path.suffix}")
    with writing(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            yield temporary
            # Some libraries write files that only their owner may read; a study's outputs are for the group too.
            umask = os.umask(0)
            os.umask(umask)
            temporary.chmod(0o666 & ~umask)
            with temporary.open("rb") as written:
                os.fsync(written.fileno())
            temporary.replace(path)
        finally:
            # Where a disk refuses this too, the first error is the one to tell.
            with suppress(OSError):
                temporary.unlink()


def ready(folder: Path) -> None:
    """Make a folder for outputs, and remove what `whole` left in it when its process was killed.

    Nobody else may be writing there. Called before hours of work, it tells of a folder that refuses files in time.

    Raises:
        UserError: as `writing`.
    """
    probe = folder / f".{folder.name}.{os.getpid()}.part"
    with writing(folder):
        folder.mkdir(parents=True, exist_ok=True)
        probe.touch()
        for path in folder.glob(".*.part*"):
            if TEMPORARY.fullmatch(path.name):
                path.unlink(missing_ok=True)


def write_bytes(path: Path, content: bytes | memoryview) -> None:
    with whole(path) as temporary:
        temporary.write_bytes(content)


def write_text(path: Path, text: str) -> None:
    write_bytes(path, text.encode())


def write_json(path: Path, value: Any) -> None:
    """Write `value` with sorted keys; not-a-number is refused (ValueError)."""
    write_text(path, json.dumps(value, indent=2, sort_keys=True, allow_nan=False, ensure_ascii=False) + "\n")


def read_json(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))


def write_arrays(path: Path, arrays: "Mapping[str, NDArray]") -> None:
    """Write an uncompressed .npz file; the same arrays give the same bytes."""
    import numpy as np

    with whole(path) as temporary, temporary.open("wb") as file:
        # numpy dates every entry 1980-01-01, so the bytes depend on the arrays alone.
        np.savez(file, allow_pickle=False, **arrays)


def read_arrays(path: Path, way_out: str) -> "dict[str, NDArray]":
    """All arrays of an .npz file, without running code in it.

    Raises:
        UserError: the file is damaged; names the way out.
    """
    import numpy as np

    try:
        with np.load(path, allow_pickle=False) as stored:
            return dict(stored)
    except (OSError, EOFError, ValueError, KeyError, TypeError, zipfile.BadZipFile, zlib.error) as error:
        raise UserError(f"{path} is damaged ({error}): {way_out}") from None


def digest(path: Path, algorithm: str = "sha256") -> str:
    """The file's checksum in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, algorithm).hexdigest()
