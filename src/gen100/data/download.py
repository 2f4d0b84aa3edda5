"""HTTP downloads that go on where they were cut."""

import json
import re
import ssl
import time
from collections.abc import Callable
from http.client import HTTPException, HTTPResponse, InvalidURL
from pathlib import Path
from urllib.error import HTTPError, URLError
from urllib.request import Request, urlopen

from gen100.errors import UserError
from gen100.files import write_json

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
    """The attempt failed in a way that another one may mend; `restart` if it must begin at byte 0."""

    def __init__(self, problem: str, restart: bool = False) -> None:
        super().__init__(problem)
        self.restart = restart


def _note(partial: Path) -> Path:
    """Where the URL and the validator of a partial file are kept."""
    return partial.with_name(f"{partial.name}.json")


def discard(partial: Path) -> None:
    """Remove a partial file and what is known of it."""
    partial.unlink(missing_ok=True)
    _note(partial).unlink(missing_ok=True)


def _resumable(url: str, partial: Path) -> tuple[int, str]:
    """The length and validator of what an earlier attempt left of `url`; (0, "") if that is of no use."""
    try:
        note = json.loads(_note(partial).read_text(encoding="utf-8"))
        if note["url"] == url and note["validator"]:
            return partial.stat().st_size, note["validator"]
    except (OSError, ValueError, KeyError, TypeError):
        pass
    return 0, ""


def _validator(response: HTTPResponse) -> str:
    """What If-Range may hold: a strong ETag, else the time of the last change, else nothing."""
    tag = response.headers.get("ETag", "")
    return tag if tag.startswith('"') else response.headers.get("Last-Modified", "")


def _open(url: str, offset: int, validator: str) -> HTTPResponse:
    headers = {"User-Agent": "gen100"}
    restart = False
    if offset:
        headers |= {"Range": f"bytes={offset}-", "If-Range": validator}
    try:
        return urlopen(Request(url, headers=headers), timeout=TIMEOUT)
    except HTTPError as error:
        error.close()
        restart = error.code == 416 and offset > 0
        again = restart or error.code >= 500 or error.code in (408, 429)
        problem = f"the server answered {error.code} {error.reason}"
    except URLError as error:
        transient = isinstance(error.reason, ConnectionError | TimeoutError)
        again = transient and not isinstance(error.reason, ConnectionRefusedError)
        problem = f"cannot reach the server ({error.reason})"
    except (InvalidURL, ValueError) as error:
        again, problem = False, f"is no usable address ({error})"
    except (ConnectionError, TimeoutError, ssl.SSLError, HTTPException) as error:
        again, problem = True, _reason(error)
    if again:
        raise _CutError(problem, restart)
    raise UserError(f"{url}: {problem}; correct the source in params.yaml, or give the path of a file you have")


def _reason(error: Exception) -> str:
    return "time-out" if isinstance(error, TimeoutError) else f"connection cut ({error})"


def _extent(response: HTTPResponse, offset: int) -> tuple[int, int | None]:
    """From which byte the body goes on, and the size of the whole file.

    A server that ignores Range, or whose file has changed, answers 200 with the whole file.

    Raises:
        _CutError: the server sent another part than asked for.
    """
    if response.status != 206:
        return 0, response.length
    match = re.fullmatch(r"bytes (\d+)-\d+/(\d+)", response.headers.get("Content-Range", ""))
    if match is None or int(match[1]) != offset:
        raise _CutError("the server sent another part of the file than asked for", restart=True)
    return offset, int(match[2])


def _attempt(url: str, partial: Path, progress: Progress) -> bool:
    """Take the rest of the file; whether it began behind an earlier attempt's bytes."""
    offset, validator = _resumable(url, partial)
    with _open(url, offset, validator) as response:
        start, total = _extent(response, offset)
        if not start:
            partial.unlink(missing_ok=True)
            write_json(_note(partial), {"url": url, "validator": _validator(response)})
        done = start
        with partial.open("ab") as file:
            progress(done, total)
            told = time.monotonic()
            while chunk := _read(response):
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


def _read(response: HTTPResponse) -> bytes:
    """What has come, at most CHUNK bytes: of a slow server too, every byte is kept when the process is killed."""
    try:
        return response.read1(CHUNK)
    except (ConnectionError, TimeoutError, ssl.SSLError, HTTPException) as error:
        raise _CutError(_reason(error)) from error


def download(url: str, partial: Path, progress: Progress) -> bool:
    """Complete `partial` from a URL (http, https), going on behind the bytes it holds where that is safe.

    The partial file stays when the download fails, for the next run to go on.

    Returns:
        Whether the file holds bytes of an earlier connection.

    Raises:
        UserError: the address or the server is at fault, or several attempts failed.
    """
    for wait in (*WAITS, None):
        try:
            return _attempt(url, partial, progress)
        except _CutError as cut:
            if cut.restart:
                discard(partial)
            if wait is None:
                raise UserError(
                    f"{url}: {cut}, after {len(WAITS) + 1} attempts; run again to go on from there, or set"
                    " the source in params.yaml to a file you have"
                ) from None
            time.sleep(wait)
    raise AssertionError("unreachable")
