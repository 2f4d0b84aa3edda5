"""Arrays that are costly to compute and the same for many runs, kept on disk."""

import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from gen100.errors import UserError
from gen100.files import whole
from gen100.locks import hold

Arrays = dict[str, NDArray]


def cached(file: Path, compute: Callable[[], Arrays]) -> Arrays:
    """The arrays of an .npz file, computed and written first where it is missing.

    Several processes may share the file: one computes while the others wait, and none waits once it is there.
    Reading it runs no code.

    Raises:
        UserError: the file is damaged or cannot be written.
    """
    if not file.exists():
        with hold(file.with_suffix(".lock"), file.name):
            if not file.exists():
                arrays = compute()
                with whole(file) as temporary, temporary.open("wb") as opened:
                    np.savez(opened, allow_pickle=False, **arrays)
                return arrays
    try:
        with np.load(file, allow_pickle=False) as stored:
            return dict(stored)
    except (OSError, EOFError, ValueError, KeyError, zipfile.BadZipFile) as error:
        raise UserError(f"{file} is damaged ({error}): delete it and start again") from None
