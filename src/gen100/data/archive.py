"""Take a file from a URL or a path, and let nobody see it before its checksum matched."""

import shutil
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import url2pathname

from gen100.data.download import Progress, discard, download
from gen100.errors import UserError
from gen100.files import digest, whole, writing


def _silent(done: int, total: int | None) -> None:
    """The progress that nobody watches."""


def _matches(file: Path, checksum: str) -> bool:
    algorithm, _, expected = checksum.partition(":")
    return digest(file, algorithm) == expected


def _local(source: str) -> Path | None:
    """The path that `source` names, or None for a URL of the web."""
    if "://" not in source:
        return Path(source)
    parts = urlsplit(source)
    if parts.scheme in ("http", "https"):
        return None
    if parts.scheme != "file":
        raise UserError(f"{source}: cannot take '{parts.scheme}' addresses: use http, https, file or a path")
    if parts.netloc not in ("", "localhost"):
        raise UserError(f"{source}: write file:///absolute/path, or a path relative to the workspace")
    return Path(url2pathname(parts.path))


def _mismatch(source: str, checksum: str, file: Path) -> UserError:
    algorithm = checksum.partition(":")[0]
    with file.open("rb") as opened:
        head = opened.read(512).lstrip().lower()
    page = head.startswith((b"<!doctype html", b"<html"))
    return UserError(
        f"{source}: {'an HTML page came instead of the file; ' if page else ''}expected {checksum}, found"
        f" {algorithm}:{digest(file, algorithm)}; correct source or checksum in params.yaml"
        " (of data, or of the weights in metrics)"
    )


def _copy(path: Path, source: str, checksum: str, target: Path) -> None:
    if not path.is_file():
        problem = "is not a file" if path.exists() else "no such file"
        raise UserError(
            f"{source}: {problem} (paths are relative to {Path.cwd()}); correct the source in params.yaml"
        )
    with whole(target) as temporary:
        shutil.copyfile(path, temporary)
        if not _matches(temporary, checksum):
            raise _mismatch(source, checksum, temporary)


def _fetch(source: str, checksum: str, target: Path, progress: Progress) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    partial = target.with_name(f".{target.name}.part")
    # A run that was stopped between the last byte and the rename left a partial file with nothing to ask for.
    if not (partial.is_file() and _matches(partial, checksum)):
        resumed = download(source, partial, progress)
        # Old and new bytes may come from two versions of the file: try once from the first byte.
        if resumed and not _matches(partial, checksum):
            discard(partial)
            download(source, partial, progress)
        if not _matches(partial, checksum):
            error = _mismatch(source, checksum, partial)
            discard(partial)
            raise error
    partial.replace(target)
    discard(partial)


def take(source: str, checksum: str, target: Path, progress: Progress | None = None) -> None:
    """Bring a file to `target`, whole and with the right checksum, or leave `target` as it was.

    A download that was cut goes on at the next call from `.<name>.part` in the target's folder. A target that
    has the checksum already is kept.

    Args:
        source: a URL (http, https, file) or a path, relative to the current directory.
        checksum: `md5:<hex>` or `sha256:<hex>`.
        progress: called with the bytes taken so far and the size of the file, None while unknown.

    Raises:
        UserError: there is no such file or server, the checksum is wrong, or the target cannot be written.
    """
    path = _local(source)
    try:
        with writing(target):
            if target.is_file() and _matches(target, checksum):
                return
            if path is None:
                _fetch(source, checksum, target, progress or _silent)
            else:
                _copy(path, source, checksum, target)
    except OSError as error:
        raise UserError(f"{target}: cannot take {source}: {error.strerror or error}") from None
