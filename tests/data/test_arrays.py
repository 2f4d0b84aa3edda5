"""Archive to arrays: the round trip, and archives that are damaged, wrong or hostile."""

import gzip
import io
import tarfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from gen100.config import ArchiveData
from gen100.data import arrays
from gen100.data.arrays import Cifar100, load, prepare
from gen100.errors import UserError
from support.archives import COUNT, FACTS, FOLDER, Contents, archive_contents, entry, pack, records

FULL = ArchiveData(source="cifar-100-binary.tar.gz", checksum="md5:" + "0" * 32).facts


def test_round_trip(tmp_path: Path) -> None:
    archive = pack(tmp_path / "a.tar.gz", archive_contents(), (entry(f"{FOLDER}/readme.html", size=5), b"hello"))
    prepare(archive, tmp_path / "a.npz", FACTS)
    data = load(tmp_path / "a.npz")
    assert data.facts == FACTS
    assert data.fine_names == [f"class_{k:02}" for k in range(100)]
    assert data.coarse_names == [f"group_{k:02}" for k in range(20)]
    splits = (
        (records(COUNT[0], 0), data.train_images, data.train_labels, data.train_coarse),
        (records(COUNT[1], 1), data.test_images, data.test_labels, data.test_coarse),
    )
    for made, images, labels, coarse in splits:
        assert images.dtype == np.uint8
        assert images.flags.c_contiguous
        assert labels.dtype == coarse.dtype == np.int64
        np.testing.assert_array_equal(images, made[:, 2:].reshape(-1, 3, 32, 32))
        np.testing.assert_array_equal(labels, made[:, 1])
        np.testing.assert_array_equal(coarse, made[:, 0])
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.npz", "a.tar.gz"]


def test_same_archive_same_bytes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    archive = pack(tmp_path / "a.tar.gz", archive_contents())
    prepare(archive, tmp_path / "a.npz", FACTS)
    monkeypatch.setattr("time.time", lambda: 2e9)
    monkeypatch.setattr("time.localtime", lambda *_: (2033, 5, 18, 3, 33, 20, 2, 138, 0))
    prepare(archive, tmp_path / "b.npz", FACTS)
    assert (tmp_path / "a.npz").read_bytes() == (tmp_path / "b.npz").read_bytes()


@pytest.mark.parametrize(
    ("member", "content", "message"),
    [
        (entry(f"{FOLDER}/link", tarfile.SYMTYPE, "/etc/passwd"), b"", "neither a plain file nor a folder"),
        (entry(f"{FOLDER}/train.bin", tarfile.SYMTYPE, "other"), b"", "neither a plain file nor a folder"),
        (entry(f"{FOLDER}/hard", tarfile.LNKTYPE, "other"), b"", "neither a plain file nor a folder"),
        (entry(f"{FOLDER}/device", tarfile.CHRTYPE), b"", "neither a plain file nor a folder"),
        (entry(f"{FOLDER}/pipe", tarfile.FIFOTYPE), b"", "neither a plain file nor a folder"),
        (entry(f"{FOLDER}/../../train.bin", size=2), b"ab", "leads out of the archive's folder"),
        (entry("/train.bin", size=2), b"ab", "leads out of the archive's folder"),
        (entry(f"{FOLDER}/test.bin", size=3074), bytes(3074), "occurs twice"),
        (entry(f"./{FOLDER}/test.bin", size=3074), bytes(3074), "occurs twice"),
        (entry(f"{FOLDER}/train.bin", size=201 * 3074), bytes(201 * 3074), "at most 614,800 are expected"),
        (entry(f"{FOLDER}/fine_label_names.txt", size=70_000), bytes(70_000), "at most 65,536 are expected"),
    ],
)
def test_hostile_member_is_refused(tmp_path: Path, member: tarfile.TarInfo, content: bytes, message: str) -> None:
    archive = pack(tmp_path / "a.tar.gz", archive_contents(), (member, content))
    with pytest.raises(UserError, match=message) as raised:
        prepare(archive, tmp_path / "a.npz", FACTS)
    assert member.name.removeprefix("./") in str(raised.value)
    assert [path.name for path in tmp_path.iterdir()] == ["a.tar.gz"]


def test_bomb_is_refused_without_unpacking_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(arrays, "SLACK", 1 << 20)
    size = 64 << 20
    archive = pack(tmp_path / "a.tar.gz", archive_contents(), (entry(f"{FOLDER}/zeros", size=size), bytes(size)))
    with pytest.raises(UserError, match="unpacks to more than"):
        prepare(archive, tmp_path / "a.npz", FACTS)


def test_header_that_claims_gigabytes_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """tarfile reads an extended header into memory whole: the bound must stand below it."""
    monkeypatch.setattr(arrays, "SLACK", 1 << 20)
    header = entry("x", tarfile.XHDTYPE, size=8 << 30).tobuf(tarfile.GNU_FORMAT)
    with gzip.open(tmp_path / "a.tar.gz", "wb", compresslevel=1) as zipped:
        zipped.write(header + bytes(16 << 20))
    with pytest.raises(UserError, match="unpacks to more than"):
        prepare(tmp_path / "a.tar.gz", tmp_path / "a.npz", FACTS)


def set_byte(name: str, record: int, column: int, value: int) -> Callable[[Contents], None]:
    def change(files: Contents) -> None:
        data = bytearray(files[name])
        data[record * 3074 + column] = value
        files[name] = bytes(data)

    return change


def recolour(files: Contents) -> None:
    """Class 7 of the test split under another superclass than in training."""
    data = np.frombuffer(files["test.bin"], np.uint8).reshape(-1, 3074).copy()
    data[data[:, 1] == 7, 0] = 9
    files["test.bin"] = data.tobytes()


def replace(name: str, content: Callable[[bytes], bytes]) -> Callable[[Contents], None]:
    def change(files: Contents) -> None:
        files[name] = content(files[name])

    return change


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (set_byte("train.bin", 17, 1, 100), r"train\.bin: record 17 has fine label 100, allowed are 0 to 99"),
        (set_byte("test.bin", 3, 0, 20), r"test\.bin: record 3 has coarse label 20, allowed are 0 to 19"),
        (
            set_byte("train.bin", 0, 1, (records(COUNT[0], 0)[0, 1] + 1) % 100),
            r"train\.bin: classes are not bal",
        ),
        (recolour, r"test\.bin: record \d+ puts fine label 7 under coarse label 9, others under 1"),
        (
            replace("train.bin", lambda data: data[:-3074]),
            r"train\.bin: has 611,726 bytes, expected 200 records",
        ),
        (replace("test.bin", lambda data: data[:-1]), r"test\.bin: has 307,399 bytes, expected 100 records"),
        (
            replace("fine_label_names.txt", lambda data: data.replace(b"class_03\n", b"")),
            "has 99 different names, expected 100",
        ),
        (
            replace("coarse_label_names.txt", lambda data: data.replace(b"03", b"04")),
            "has 19 different names, expected 20",
        ),
        (
            replace("coarse_label_names.txt", lambda data: data + b"\xff"),
            "coarse_label_names.txt: is not text",
        ),
        (lambda files: files.pop("test.bin"), f"has no {FOLDER}/test.bin; take the binary version"),
    ],
)
def test_wrong_content_is_named(tmp_path: Path, change: Callable[[Contents], None], message: str) -> None:
    files = archive_contents()
    change(files)
    archive = pack(tmp_path / "a.tar.gz", files)
    with pytest.raises(UserError, match=message) as raised:
        prepare(archive, tmp_path / "a.npz", FACTS)
    assert str(archive) in str(raised.value)
    assert not (tmp_path / "a.npz").exists()


def test_real_counts_are_the_default(tmp_path: Path) -> None:
    archive = pack(tmp_path / "a.tar.gz", archive_contents())
    with pytest.raises(UserError, match="expected 50,000 records"):
        prepare(archive, tmp_path / "a.npz", FULL)
    assert FULL.name == "CIFAR-100"


@pytest.mark.parametrize("kept", [0.0, 0.5, 0.999])
def test_truncated_archive_is_refused(tmp_path: Path, kept: float) -> None:
    archive = pack(tmp_path / "a.tar.gz", archive_contents())
    data = archive.read_bytes()
    archive.write_bytes(data[: int(kept * len(data))])
    with pytest.raises(UserError, match=r"is not a complete tar\.gz"):
        prepare(archive, tmp_path / "a.npz", FACTS)


def test_flipped_bit_is_refused(tmp_path: Path) -> None:
    archive = pack(tmp_path / "a.tar.gz", archive_contents())
    data = bytearray(archive.read_bytes())
    data[-6] ^= 1  # gzip's checksum, behind the last member
    archive.write_bytes(data)
    with pytest.raises(UserError, match=r"is not a complete tar\.gz"):
        prepare(archive, tmp_path / "a.npz", FACTS)


def test_missing_archive_and_arrays_name_the_stage(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"no .*a\.tar\.gz: run the stage fetch"):
        prepare(tmp_path / "a.tar.gz", tmp_path / "a.npz", FULL)
    with pytest.raises(UserError, match=r"no .*a\.npz: run the stage prepare"):
        load(tmp_path / "a.npz")


def test_damaged_arrays_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.npz"
    prepare(pack(tmp_path / "a.tar.gz", archive_contents()), path, FACTS)
    whole = path.read_bytes()
    flipped = bytearray(whole)
    flipped[5000] ^= 1
    pickled = io.BytesIO()
    np.savez(pickled, train_images=np.array([{"a": 1}], dtype=object))
    for content in (whole[:-100], bytes(flipped), b"", b"text", pickled.getvalue()):
        path.write_bytes(content)
        with pytest.raises(UserError, match=r"is damaged .* run the stage prepare again"):
            load(path)


def test_the_real_archive(cifar100: Cifar100) -> None:
    data = cifar100
    assert (len(data.train_images), len(data.test_images)) == (FULL.train, FULL.test)
    mean = data.train_images.mean((0, 2, 3)) / 255
    np.testing.assert_allclose(mean, [0.5071, 0.4865, 0.4409], atol=1e-4)
    assert data.fine_names[47] == "maple_tree"
    assert data.coarse_names[17] == "trees"
    assert set(data.test_coarse[data.test_labels == 47]) == {17}
