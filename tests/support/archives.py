"""Archives in the format of CIFAR-100, with pixels drawn at random, to be packed whole or with something wrong."""

import io
import tarfile
from pathlib import Path

import numpy as np

from gen100.provenance import DataFacts

COUNT = (200, 100)
FACTS = DataFacts(name="archive", train=COUNT[0], test=COUNT[1])


FOLDER = "cifar-100-binary"


Contents = dict[str, bytes]


def records(count: int, seed: int) -> np.ndarray:
    random = np.random.default_rng(seed)
    made = random.integers(0, 256, (count, 3074), dtype=np.uint8)
    made[:, 1] = random.permutation(count) % 100
    made[:, 0] = made[:, 1] // 5
    return made


def archive_contents() -> Contents:
    return {
        "train.bin": records(COUNT[0], 0).tobytes(),
        "test.bin": records(COUNT[1], 1).tobytes(),
        "fine_label_names.txt": "".join(f"class_{k:02}\n" for k in range(100)).encode() + b"\n",
        "coarse_label_names.txt": "".join(f"group_{k:02}\n" for k in range(20)).encode(),
    }


def entry(name: str, kind: bytes = tarfile.REGTYPE, link: str = "", size: int = 0) -> tarfile.TarInfo:
    made = tarfile.TarInfo(name)
    made.type, made.linkname, made.size = kind, link, size
    return made


def pack(path: Path, files: Contents, *extra: tuple[tarfile.TarInfo, bytes]) -> Path:
    with tarfile.open(path, "w:gz", compresslevel=1) as tar:
        tar.addfile(entry(FOLDER, tarfile.DIRTYPE))
        for member, content in extra:
            tar.addfile(member, io.BytesIO(content))
        for name, content in files.items():
            tar.addfile(entry(f"{FOLDER}/{name}", size=len(content)), io.BytesIO(content))
    return path
