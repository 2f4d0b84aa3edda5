"""Archives that are cut, damaged or hostile, through `gen100 fetch` and `gen100 prepare`."""

import json
import tarfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from gen100.data.arrays import load
from gen100.files import digest
from support.archives import COUNT, FOLDER, archive_contents, entry, pack, records
from support.faults import refusal, start, tiny
from support.lineage import pretend_checked
from support.processes import Process
from support.tiny_metrics import save_tiny_network

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


def share(contents: dict[str, bytes], shared: int) -> dict[str, bytes]:
    """The archive with as many test images that are training images, one of each of the first classes."""
    train = records(COUNT[0], 0)
    train[:, :2] = train[np.argsort(train[:, 1], kind="stable")][:, :2]
    seen = train[::2][:shared].tobytes()
    rest = records(COUNT[1], 1)[shared:]
    rest[:, 1], rest[:, 0] = np.arange(shared, 100), np.arange(shared, 100) // 5
    return contents | {"train.bin": train.tobytes(), "test.bin": seen + rest.tobytes()}


@pytest.mark.parametrize("shared", [0, 30, 100])
def test_test_images_that_are_training_images_are_named(
    tmp_path: Path, write_params: Write, gen100: Process, shared: int
) -> None:
    """Where all are, samples cannot be compared with unseen images: that measure alone is left empty."""
    archive = pack(tmp_path / "a.tar.gz", share(archive_contents(), shared))
    write_params(tmp_path, **tiny(data=describe(archive)))
    gen100(tmp_path, "fetch")
    said = gen100(tmp_path, "prepare").stderr
    assert ("test images are also training images" in said) == (shared > 0)
    if shared < 100:
        assert f"{shared} of 100 test images are also" in said or not shared
        return
    run = tmp_path / "results/vae-elbo-128/0"
    run.mkdir(parents=True)
    np.save(run / "samples.npy", records(100, 2)[:, 2:].reshape(-1, 3, 32, 32))
    save_tiny_network(tmp_path / "data/extractors/metric.safetensors")
    pretend_checked(tmp_path)
    said = gen100(tmp_path, "evaluate", "vae-elbo-128", 0).stderr
    measured = json.loads((run / "metrics.json").read_text())
    assert [key for key, value in measured.items() if value is None] == ["neighbour_closer", "neighbour_ratio"]
    assert "left empty: neighbour_ratio, neighbour_closer, since 100 of 100 test images are also" in said


def test_an_archive_of_one_image_is_refused(tmp_path: Path, write_params: Write, gen100: Process) -> None:
    same = records(COUNT[0], 0)
    same[:, 2:] = same[0, 2:]
    archive = pack(tmp_path / "a.tar.gz", archive_contents() | {"train.bin": same.tobytes()})
    write_params(tmp_path, **tiny(data=describe(archive)))
    gen100(tmp_path, "fetch")
    said = refusal(start(tmp_path, "prepare"))
    assert "train.bin: all 200 images are the same one; take the data set itself" in said


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
