"""Archives that are cut, damaged or hostile, through `gen100 fetch` and `gen100 prepare`."""

import tarfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from gen100.data.arrays import load
from gen100.files import digest
from support.archives import COUNT, FOLDER, archive_contents, entry, pack
from support.faults import refusal, start, tiny
from support.processes import Process

Write = Callable[..., None]


def describe(archive: Path) -> dict[str, Any]:
    """`data` of params.yaml for an archive, with the checksum it has."""
    checksum = f"sha256:{digest(archive)}"
    return {"source": archive.name, "checksum": checksum, "train": COUNT[0], "test": COUNT[1]}


def left(workspace: Path) -> list[str]:
    return sorted(path.name for path in (workspace / "data").iterdir())


def test_an_archive_cut_before_it_is_taken(tmp_path: Path, write_params: Write, gen100: Process) -> None:
    """It has not the checksum that params.yaml names, so nothing is taken; the whole one then is."""
    archive = pack(tmp_path / "a.tar.gz", archive_contents())
    data = describe(archive)
    write_params(tmp_path, **tiny(data=data))
    whole = archive.read_bytes()
    archive.write_bytes(whole[:-1000])
    said = refusal(start(tmp_path, "fetch"))
    assert f"gen100: a.tar.gz: expected {data['checksum']}, found sha256:{digest(archive)};" in said
    assert "correct source or checksum in params.yaml" in said
    assert left(tmp_path) == []
    archive.write_bytes(whole)
    gen100(tmp_path, "fetch")
    gen100(tmp_path, "prepare")
    assert len(load(tmp_path / "data/cifar100.npz").train_images) == COUNT[0]


@pytest.mark.parametrize("damage", ["cut", "flipped"])
def test_an_archive_damaged_after_it_was_taken(
    tmp_path: Path, write_params: Write, gen100: Process, damage: str
) -> None:
    write_params(tmp_path, **tiny(data=describe(pack(tmp_path / "a.tar.gz", archive_contents()))))
    gen100(tmp_path, "fetch")
    archive = tmp_path / "data/archive.tar.gz"
    content = bytearray(archive.read_bytes())
    if damage == "cut":
        del content[len(content) // 2 :]
    else:
        content[len(content) // 2] ^= 255
    archive.write_bytes(content)
    said = refusal(start(tmp_path, "prepare"))
    assert "gen100: data/archive.tar.gz" in said
    assert left(tmp_path) == ["archive.tar.gz"]
    gen100(tmp_path, "fetch")
    gen100(tmp_path, "prepare")
    assert len(load(tmp_path / "data/cifar100.npz").train_images) == COUNT[0]


@pytest.mark.parametrize(
    ("member", "said"),
    [
        (entry(f"{FOLDER}/../../../escaped", size=4), "leads out of the archive's folder; refused"),
        (entry("/escaped", size=4), "leads out of the archive's folder; refused"),
        (entry(f"{FOLDER}/train.bin", tarfile.SYMTYPE, "/etc/passwd"), "is neither a plain file nor a folder"),
        (entry(f"{FOLDER}/hard", tarfile.LNKTYPE, "/etc/passwd"), "is neither a plain file nor a folder"),
        (entry(f"{FOLDER}/device", tarfile.BLKTYPE), "is neither a plain file nor a folder"),
        (entry(f"{FOLDER}/zeros", size=256 << 20), "unpacks to more than CIFAR-100 can hold"),
    ],
    ids=["outside", "absolute", "symbolic link", "hard link", "device", "bomb"],
)
def test_a_hostile_archive_is_refused(
    tmp_path: Path, write_params: Write, gen100: Process, member: tarfile.TarInfo, said: str
) -> None:
    """Its checksum is the one in params.yaml: whoever made the archive may have written that too."""
    archive = pack(tmp_path / "a.tar.gz", archive_contents(), (member, bytes(member.size)))
    write_params(tmp_path, **tiny(data=describe(archive)))
    gen100(tmp_path, "fetch")
    line = refusal(start(tmp_path, "prepare"))
    assert line.startswith("gen100: data/archive.tar.gz: ")
    assert said in line
    assert left(tmp_path) == ["archive.tar.gz"]
    assert not list(tmp_path.parent.rglob("escaped"))
    assert not Path("/escaped").exists()
