"""Servers that cut, fail, trickle or answer something else, through `gen100 fetch` over real HTTP."""

import time
from collections.abc import Callable
from pathlib import Path

import pytest

from support.faults import MAIN, Started, disk, refusal, start, tiny, until
from support.http_server import BODY, CUT, MD5, Handler, Server, cut, full, page, rest, status
from support.processes import Process

# The program as it is, but for shorter waits.
PROGRAM = f"from gen100.data import archive; archive.WAITS = 0.0, 0.0; archive.TIMEOUT = 3.0; {MAIN}"
PARTIAL = "data/.archive.tar.gz.part"


@pytest.fixture
def workspace(tmp_path: Path, write_params: Callable[..., None], server: Server) -> Path:
    """A workspace whose data set comes from the server."""
    write_params(tmp_path, **tiny(data={"source": server.url, "checksum": MD5}))
    return tmp_path


def fetch(workspace: Path) -> Started:
    return start(workspace, "fetch", program=PROGRAM)


def whole(workspace: Path) -> bool:
    names = [path.name for path in (workspace / "data").iterdir()]
    return names == ["archive.tar.gz"] and (workspace / "data/archive.tar.gz").read_bytes() == BODY


def trickle(handler: Handler) -> None:
    """A byte's worth of patience: small pieces, each well before the time-out."""
    handler.answer(200, len(BODY))
    for begin in range(0, len(BODY), 20_000):
        handler.wfile.write(BODY[begin : begin + 20_000])
        handler.wfile.flush()
        time.sleep(0.03)


def silent(handler: Handler) -> None:
    """Some bytes, then none for longer than the time-out."""
    cut(handler)
    handler.wfile.flush()
    time.sleep(4)


def broken_pipe(answer: Callable[[Handler], None]) -> Callable[[Handler], None]:
    """The answer to a client that may be gone before the end."""

    def guarded(handler: Handler) -> None:
        try:
            answer(handler)
        except ConnectionError:
            handler.close_connection = True

    return guarded


@pytest.mark.parametrize("failures", [[cut, status(500), status(503)], [status(500), cut, status(500)]])
def test_a_cut_download_goes_on_at_the_next_start(
    workspace: Path, server: Server, gen100: Process, failures: list[Callable[[Handler], None]]
) -> None:
    server.script = list(failures)
    said = refusal(fetch(workspace))
    assert server.url in said
    assert "after 3 attempts; run again to go on from there, or set the source in params.yaml" in said
    assert not (workspace / "data/archive.tar.gz").exists()
    assert (workspace / PARTIAL).read_bytes() == BODY[:CUT]
    server.script = [rest]
    gen100(workspace, "fetch")
    assert server.ranges[-1] == f"bytes={CUT}-"
    assert whole(workspace)


def test_a_server_that_fails_is_named(workspace: Path, server: Server) -> None:
    server.script = [status(500)] * 3
    said = refusal(fetch(workspace))
    assert f"{server.url}: the server answered 500" in said
    assert list((workspace / "data").iterdir()) == []


def test_a_page_instead_of_the_file_is_not_kept(workspace: Path, server: Server) -> None:
    server.script = [page]
    said = refusal(fetch(workspace))
    assert f"{server.url}: an HTML page came instead of the file; expected {MD5}" in said
    assert "correct source or checksum in params.yaml" in said
    assert list((workspace / "data").iterdir()) == []


def test_a_slow_server_is_waited_for(workspace: Path, server: Server) -> None:
    server.script = [trickle]
    process = fetch(workspace)
    _, said = process.communicate(timeout=60)
    assert process.returncode == 0, said
    assert "taken: " in said
    assert whole(workspace)


def test_a_silent_server_counts_as_cut(workspace: Path, server: Server) -> None:
    server.script = [broken_pipe(silent), rest]
    process = fetch(workspace)
    _, said = process.communicate(timeout=60)
    assert process.returncode == 0, said
    assert server.ranges[1] == f"bytes={CUT}-"
    assert whole(workspace)


def test_a_killed_download_keeps_what_a_slow_server_sent(workspace: Path, server: Server, gen100: Process) -> None:
    server.script = [broken_pipe(trickle), rest]
    process = fetch(workspace)
    partial = workspace / PARTIAL
    # Less than one read of a fast connection has come by then.
    until(lambda: partial.exists() and partial.stat().st_size >= 40_000)
    process.kill()
    process.communicate()
    kept = partial.stat().st_size
    assert partial.read_bytes() == BODY[:kept]
    gen100(workspace, "fetch")
    assert server.ranges[-1] == f"bytes={kept}-"
    assert whole(workspace)


def test_a_download_onto_a_full_disk_goes_on_once_there_is_space(
    workspace: Path, server: Server, gen100: Process
) -> None:
    server.script = [broken_pipe(full), rest]
    with disk(workspace / "data", "512k"):
        said = refusal(fetch(workspace))
        assert "data/archive.tar.gz cannot be written (No space left on device): free space" in said
        kept = (workspace / PARTIAL).read_bytes()
        assert kept == BODY[: len(kept)]
    gen100(workspace, "fetch")
    assert server.ranges[-1] == f"bytes={len(kept)}-"
    assert whole(workspace)
