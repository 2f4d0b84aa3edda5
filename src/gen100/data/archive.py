"""Take a file from a URL or a path, and let nobody see it before its checksum matched.

Downloads go on where they were cut.
"""

import re
import shutil
import ssl
import time
from collections.abc import Callable
from http.client import HTTPException, InvalidURL
from pathlib import Path
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit
from urllib.request import Request, url2pathname, urlopen

from gen100.errors import UserError
from gen100.files import digest, whole, writing

Progress = Callable[[int, int | None], None]
"""Called with the bytes taken so far and, where it is known, the size of the whole file."""

WAITS = (1.0, 2.0, 4.0)
"""Seconds before each further attempt."""
TIMEOUT = 30.0
"""Seconds without a byte after which a connection counts as cut."""
CHUNK = 1 << 18
INTERVAL = 1.0
"""Seconds between two reports of progress."""


class _CutError(Exception):
    """A failure that another attempt may mend."""


def _attempt(url: str, partial: Path, progress: Progress) -> bool:
    """Take the rest of the file; returns whether it resumed after the bytes of an earlier attempt."""
    offset = partial.stat().st_size if partial.exists() else 0
    headers = {"User-Agent": "gen100"} | ({"Range": f"bytes={offset}-"} if offset else {})
    with urlopen(Request(url, headers=headers), timeout=TIMEOUT) as response:
        # A server that ignores Range answers 200 with the whole file.
        start, total = 0, response.length
        if response.status == 206:
            match = re.fullmatch(r"bytes (\d+)-\d+/(\d+)", response.headers.get("Content-Range", ""))
            if match is None or int(match[1]) != offset:
                partial.unlink(missing_ok=True)
                raise _CutError("the server sent another part of the file than asked for")
            start, total = offset, int(match[2])
        done = start
        with partial.open("ab" if start else "wb") as file:
            progress(done, total)
            told = time.monotonic()
            # At most CHUNK bytes, but what has come: of a slow server too, every byte is kept when killed.
            while chunk := response.read1(CHUNK):
                file.write(chunk)
                file.flush()
                done += len(chunk)
                if time.monotonic() - told >= INTERVAL:
                    progress(done, total)
                    told = time.monotonic()
            progress(done, total)
    if total is not None and done < total:
        raise _CutError(f"connection cut at {done:,} of {total:,} bytes")
    return start > 0


def _download(url: str, partial: Path, progress: Progress) -> bool:
    """Complete `partial` from a URL (http, https), resuming after the bytes that it holds where the server can.

    The caller checks that the bytes of several connections are one file. The partial file stays when the download
    fails, for the next run to go on.

    Returns:
        Whether the file holds bytes of an earlier connection.

    Raises:
        UserError: the address or the server is at fault, or several attempts failed.
    """
    problem = ""
    for wait in (0.0, *WAITS):
        time.sleep(wait)
        try:
            return _attempt(url, partial, progress)
        except HTTPError as error:
            error.close()
            problem = f"the server answered {error.code} {error.reason}"
            beyond = error.code == 416 and partial.exists()
            if beyond:
                partial.unlink()
            again = beyond or error.code >= 500 or error.code in (408, 429)
        except URLError as error:
            problem = f"cannot reach the server ({error.reason})"
            cut = isinstance(error.reason, ConnectionError | TimeoutError)
            again = cut and not isinstance(error.reason, ConnectionRefusedError)
        except (InvalidURL, ValueError) as error:
            problem, again = f"is no usable address ({error})", False
        except TimeoutError:
            problem, again = "time-out", True
        except (ConnectionError, ssl.SSLError, HTTPException) as error:
            problem, again = f"connection cut ({error})", True
        except _CutError as error:
            problem, again = str(error), True
        if not again:
            raise UserError(
                f"{url}: {problem}; correct the source in params.yaml, or give the path of a file you have"
            )
    raise UserError(
        f"{url}: {problem}, after {len(WAITS) + 1} attempts; run again to go on from there, or set"
        " the source in params.yaml to a file you have"
    )


def _matches(file: Path, checksum: str) -> bool:
    algorithm, _, expected = checksum.partition(":")
    return file.is_file() and digest(file, algorithm) == expected


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


def _check(file: Path, source: str, checksum: str) -> None:
    if _matches(file, checksum):
        return
    algorithm = checksum.partition(":")[0]
    with file.open("rb") as opened:
        head = opened.read(512).lstrip().lower()
    page = head.startswith((b"<!doctype html", b"<html"))
    raise UserError(
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
        _check(temporary, source, checksum)


def _fetch(source: str, checksum: str, target: Path, progress: Progress) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    partial = target.with_name(f".{target.name}.part")
    # A run that was stopped between the last byte and the rename left a partial file with nothing to ask for.
    resumed = not _matches(partial, checksum) and _download(source, partial, progress)
    # What earlier connections gave may be of another file, or of another version: once more, from the first byte.
    if resumed and not _matches(partial, checksum):
        partial.unlink()
        _download(source, partial, progress)
    try:
        _check(partial, source, checksum)
    except UserError:
        partial.unlink()
        raise
    partial.replace(target)


def take(source: str, checksum: str, target: Path, progress: Progress = lambda _done, _total: None) -> None:
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
            if _matches(target, checksum):
                return
            if path is None:
                _fetch(source, checksum, target, progress)
            else:
                _copy(path, source, checksum, target)
    except OSError as error:
        raise UserError(f"{target}: cannot take {source}: {error.strerror or error}") from None
