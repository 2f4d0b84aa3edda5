"""Taking files: against a real HTTP server that cuts, ignores, fails and lies."""

import re
import threading
from pathlib import Path

import pytest

from gen100.data import archive
from gen100.data.archive import take
from gen100.errors import UserError
from support.http_server import (
    BODY,
    CUT,
    MD5,
    SHA256,
    Answer,
    Handler,
    Server,
    cut,
    full,
    page,
    redirect,
    rest,
    rest_of_another_file,
    status,
    wrong_part,
)


def left(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_download_follows_redirects_and_reports_progress(server: Server, tmp_path: Path) -> None:
    server.script = [redirect, full]
    seen: list[tuple[int, int | None]] = []
    take(server.url, SHA256, tmp_path / "data" / "a.bin", lambda done, total: seen.append((done, total)))
    assert (tmp_path / "data" / "a.bin").read_bytes() == BODY
    assert left(tmp_path / "data") == ["a.bin"]
    assert seen[0] == (0, len(BODY))
    assert seen[-1] == (len(BODY), len(BODY))
    assert [done for done, _ in seen] == sorted(done for done, _ in seen)


def test_target_that_is_right_already_is_not_taken_again(server: Server, tmp_path: Path) -> None:
    target = tmp_path / "a.bin"
    target.write_bytes(BODY)
    take(server.url, MD5, target)
    assert server.ranges == []


def test_cut_download_goes_on_within_one_call(server: Server, tmp_path: Path) -> None:
    server.script = [cut, rest]
    take(server.url, MD5, tmp_path / "a.bin")
    assert (tmp_path / "a.bin").read_bytes() == BODY
    assert server.ranges == [None, f"bytes={CUT}-"]
    assert left(tmp_path) == ["a.bin"]


def test_cut_download_goes_on_in_the_next_call(server: Server, tmp_path: Path) -> None:
    server.script = [cut, status(503), status(500)]
    with pytest.raises(UserError, match="after 3 attempts; run again"):
        take(server.url, MD5, tmp_path / "a.bin")
    assert (tmp_path / ".a.bin.part").read_bytes() == BODY[:CUT]
    assert not (tmp_path / "a.bin").exists()
    server.script = [rest]
    take(server.url, MD5, tmp_path / "a.bin")
    assert (tmp_path / "a.bin").read_bytes() == BODY
    assert server.ranges[-1] == f"bytes={CUT}-"


def test_complete_partial_file_needs_no_server(server: Server, tmp_path: Path) -> None:
    (tmp_path / ".a.bin.part").write_bytes(BODY)
    take(server.url, MD5, tmp_path / "a.bin")
    assert server.ranges == []
    assert left(tmp_path) == ["a.bin"]


@pytest.mark.parametrize(
    ("script", "ranges"),
    [
        ([cut, full], [None, f"bytes={CUT}-"]),
        ([cut, status(416), full], [None, f"bytes={CUT}-", None]),
        ([cut, wrong_part, full], [None, f"bytes={CUT}-", None]),
        ([cut, rest_of_another_file, full], [None, f"bytes={CUT}-", None]),
        ([status(500), full], [None, None]),
    ],
    ids=["range ignored", "416", "wrong part", "file changed", "500"],
)
def test_begins_anew_where_going_on_is_unsafe(
    server: Server, tmp_path: Path, script: list[Answer], ranges: list[str | None]
) -> None:
    server.script = list(script)
    take(server.url, MD5, tmp_path / "a.bin")
    assert (tmp_path / "a.bin").read_bytes() == BODY
    assert server.ranges == ranges
    assert left(tmp_path) == ["a.bin"]


def test_partial_file_of_another_file_is_not_kept(server: Server, tmp_path: Path) -> None:
    (tmp_path / ".a.bin.part").write_bytes(bytes(CUT))
    server.script = [rest, full]
    take(server.url, MD5, tmp_path / "a.bin")
    assert (tmp_path / "a.bin").read_bytes() == BODY
    assert server.ranges == [f"bytes={CUT}-", None]
    assert left(tmp_path) == ["a.bin"]


def test_a_download_goes_on_from_another_address(server: Server, tmp_path: Path) -> None:
    server.script = [cut, status(404), rest]
    with pytest.raises(UserError, match="404"):
        take(server.url, MD5, tmp_path / "a.bin")
    take(f"{server.url}?mirror", MD5, tmp_path / "a.bin")
    assert server.ranges[-1] == f"bytes={CUT}-"
    assert (tmp_path / "a.bin").read_bytes() == BODY


def test_silent_server_times_out_and_the_rest_follows(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(archive, "TIMEOUT", 0.3)
    release = threading.Event()

    def stall(handler: Handler) -> None:
        cut(handler)
        handler.wfile.flush()
        release.wait(5)

    server.script = [stall, rest]
    take(server.url, MD5, tmp_path / "a.bin")
    release.set()
    assert (tmp_path / "a.bin").read_bytes() == BODY
    assert server.ranges[1] is not None


def test_html_page_is_named_and_removed(server: Server, tmp_path: Path) -> None:
    server.script = [page]
    with pytest.raises(UserError, match=f"HTML page.*expected {MD5}, found md5:.*source or checksum"):
        take(server.url, MD5, tmp_path / "a.bin")
    assert left(tmp_path) == []


def test_wrong_checksum_names_both_and_keeps_the_old_target(server: Server, tmp_path: Path) -> None:
    target = tmp_path / "a.bin"
    target.write_bytes(b"old")
    server.script = [full]
    wrong = "sha256:" + "0" * 64
    with pytest.raises(UserError) as raised:
        take(server.url, wrong, target)
    assert server.url in str(raised.value)
    assert wrong in str(raised.value)
    assert SHA256 in str(raised.value)
    assert "\n" not in str(raised.value)
    assert target.read_bytes() == b"old"
    assert left(tmp_path) == ["a.bin"]


def test_missing_file_on_the_server_is_not_tried_again(server: Server, tmp_path: Path) -> None:
    server.script = [status(404)]
    with pytest.raises(UserError, match="404"):
        take(server.url, MD5, tmp_path / "a.bin")
    assert len(server.ranges) == 1


def test_unreachable_server_is_one_line(server: Server, tmp_path: Path) -> None:
    url = server.url
    server.server_close()
    with pytest.raises(UserError, match="cannot reach the server") as raised:
        take(url, MD5, tmp_path / "a.bin")
    assert url in str(raised.value)
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize("form", ["relative", "absolute", "url"])
def test_local_file_is_copied(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, form: str) -> None:
    monkeypatch.chdir(tmp_path)
    Path("my file.bin").write_bytes(BODY)
    path = tmp_path / "my file.bin"
    source = {"relative": "my file.bin", "absolute": str(path), "url": path.as_uri()}[form]
    take(source, SHA256, Path("data/a.bin"))
    assert Path("data/a.bin").read_bytes() == BODY
    assert path.read_bytes() == BODY
    assert left(tmp_path / "data") == ["a.bin"]


def test_local_file_with_wrong_checksum_is_refused_and_kept(tmp_path: Path) -> None:
    (tmp_path / "source.bin").write_bytes(BODY[:-1])
    with pytest.raises(UserError, match=f"expected {MD5}, found md5:"):
        take(str(tmp_path / "source.bin"), MD5, tmp_path / "a.bin")
    assert left(tmp_path) == ["source.bin"]


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("absent.tar.gz", "no such file"),
        (".", "is not a file"),
        ("file:///absent/absent.tar.gz", "no such file"),
        ("file://data/a.tar.gz", "file:///absolute/path"),
        ("ftp://example.org/a.tar.gz", "cannot take 'ftp'"),
        ("http://", "http://"),
        ("http://a b/", "no usable address"),
    ],
)
def test_unusable_source_is_one_line_that_names_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, source: str, message: str
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UserError) as raised:
        take(source, MD5, Path("a.bin"))
    assert message in str(raised.value)
    assert source in str(raised.value)
    assert "\n" not in str(raised.value)
    assert left(tmp_path) == []


def test_unwritable_target_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "source.bin").write_bytes(BODY)
    (tmp_path / "data").write_text("a file where a folder should be")
    with pytest.raises(UserError, match=re.escape(str(tmp_path / "data" / "a.bin"))):
        take(str(tmp_path / "source.bin"), MD5, tmp_path / "data" / "a.bin")
