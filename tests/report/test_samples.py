"""samples.npy that is not what it should be: its type and shape are checked first, and named."""

import pickle
import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from gen100.errors import UserError
from gen100.report.samples import read_samples
from support.processes import ROOT

FILE = Path("results/vae-elbo-128/0/samples.npy")
IMAGES = np.random.default_rng(0).integers(0, 256, (120, 3, 32, 32), dtype=np.uint8)


def array(values: np.ndarray) -> Callable[[], object]:
    return lambda: np.save(FILE, values, allow_pickle=True)


def archive() -> None:
    with FILE.open("wb") as file:
        np.savez(file, images=IMAGES)


def cut() -> None:
    np.save(FILE, IMAGES)
    FILE.write_bytes(FILE.read_bytes()[: IMAGES.nbytes // 2])


OTHERWISE = "is not a .npy file of images"
OTHERS: dict[str, tuple[Callable[[], object], str]] = {
    "one value": (array(np.array(3, np.uint8)), "holds uint8, a single value, not uint8 images, N x 3 x 32 x 32"),
    "texts": (array(np.array(["a", "b"])), "holds <U1, 2, not"),
    "structured": (array(np.zeros(120, [("a", "u1", (3, 32, 32))])), "holds [('a', 'u1', (3, 32, 32))], 120, not"),
    "objects": (array(np.array([{}, []], object)), "cannot be read (Array can't be memory-mapped: Python objects"),
    "floats in [0, 1]": (array((IMAGES / 255).astype(np.float32)), "holds float32, 120 x 3 x 32 x 32, not uint8"),
    "floats to 255": (array(IMAGES.astype(float)), "holds float64, 120 x 3 x 32 x 32, not uint8"),
    "switches": (array(IMAGES > 128), "holds bool, 120 x 3 x 32 x 32, not uint8"),
    "channels last": (array(IMAGES.transpose(0, 2, 3, 1)), "holds uint8, 120 x 32 x 32 x 3, not uint8"),
    "one image": (array(IMAGES[0]), "holds uint8, 3 x 32 x 32, not uint8"),
    "no image": (array(IMAGES[:0]), "holds uint8, 0 x 3 x 32 x 32, not uint8"),
    "an .npz": (archive, OTHERWISE),
    "a pickle": (lambda: FILE.write_bytes(pickle.dumps(IMAGES)), OTHERWISE),
    "a text": (lambda: FILE.write_text("images\n" * 100), OTHERWISE),
    "nothing": (lambda: FILE.write_bytes(b""), OTHERWISE),
    "a part": (cut, "cannot be read (mmap length is greater than file size)"),
}


@pytest.mark.parametrize("what", OTHERS)
@pytest.mark.parametrize("chosen", [None, np.array([0, 5])], ids=["all", "some"])
def test_what_is_not_images_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, what: str, chosen: np.ndarray | None
) -> None:
    monkeypatch.chdir(tmp_path)
    FILE.parent.mkdir(parents=True)
    write, said = OTHERS[what]
    write()
    with pytest.raises(UserError) as caught:
        read_samples("vae-elbo-128", 0, chosen)
    message = str(caught.value)
    assert message.startswith(f"{FILE} {said}")
    assert message.endswith(": run stage sample vae-elbo-128 0 again")
    assert "\n" not in message


def test_arrays_are_read_in_one_place() -> None:
    """So that every stage checks samples alike."""
    readers = {
        str(file.relative_to(ROOT / "src/gen100"))
        for file in (ROOT / "src/gen100").rglob("*.py")
        if re.search(r"np\.(load|fromfile|memmap)\b", file.read_text(encoding="utf-8"))
    }
    assert readers == {"files.py", "report/samples.py"}
