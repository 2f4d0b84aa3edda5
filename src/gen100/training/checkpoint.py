"""Checkpoints: not outputs of the workflow, which its engines delete before a rerun, so that the rerun resumes.

The last one, of a finished training, stays: from it outputs that were deleted are written again, and training
goes on to a larger budget. It takes about 16 bytes per trained parameter: weights, their average, and Adam's two
moments.
"""

import sys
import zipfile
from pathlib import Path
from typing import Any

import torch

from gen100 import layout
from gen100.errors import UserError
from gen100.files import whole
from gen100.memory import shortage

NAME = layout.CHECKPOINT


def save(folder: Path, fingerprint: str, state: dict[str, Any]) -> None:
    """Write the state, whole or not at all, with the fingerprint of what it belongs to.

    Raises:
        UserError: the disk is full or read-only; an earlier checkpoint is kept.
    """
    # Given a path, torch writes by itself and does not tell why a disk refuses.
    with whole(folder / NAME) as temporary, temporary.open("wb") as file:
        torch.save({"fingerprint": fingerprint, "state": state}, file)


def load(folder: Path, fingerprint: str) -> dict[str, Any] | None:
    """The state saved under this fingerprint, on the CPU, or None with a line that says why there is none.

    Only tensors and plain values are read: a file with code in it is not run, and counts as damaged.

    Raises:
        UserError: the disk does not give the file; it is kept, as it is where memory runs out.
    """
    file = folder / NAME
    if not file.exists():
        return None
    try:
        # torch notices a file that was cut, but not a byte that changed.
        with zipfile.ZipFile(file) as archive:
            if wrong := archive.testzip():
                raise zipfile.BadZipFile(wrong)
        saved = torch.load(file, map_location="cpu", weights_only=True)
        found, state = saved["fingerprint"], saved["state"]
    except OSError as error:
        if shortage(error):
            raise
        raise UserError(
            f"{file} cannot be read ({error.strerror or error}): check the disk, then start again"
        ) from None
    except Exception as error:
        if shortage(error):
            raise
        # torch reports damage in many ways; none of them may stop a run that can start over.
        start_over(folder, f"is damaged ({type(error).__name__})")
        return None
    if found != fingerprint:
        start_over(folder, "belongs to other parameters, data or code")
        return None
    return state


def start_over(folder: Path, why: str) -> None:
    """Say that the checkpoint cannot be resumed; it stays until the next one is saved."""
    print(f"checkpoint {folder / NAME} {why}: starting over", file=sys.stderr, flush=True)
