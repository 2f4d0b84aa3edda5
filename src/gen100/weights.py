"""Weights as safetensors files with a header that says what they are: loading one runs no code."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from safetensors import SafetensorError, safe_open
from safetensors.torch import load_file, save
from torch import Tensor, nn

from gen100.errors import UserError
from gen100.files import write_bytes
from gen100.memory import shortage

KEY = "gen100"
"""The one key of the metadata: safetensors writes several in an order that changes from run to run."""


def save_weights(path: Path, state: Mapping[str, Tensor], header: dict[str, Any]) -> None:
    """Write tensors and a header of plain values; the same values give the same bytes."""
    tensors = {name: tensor.detach().cpu().contiguous().clone() for name, tensor in state.items()}
    # As bytes: where a disk is full, the library raises an error of its own.
    write_bytes(path, save(tensors, {KEY: json.dumps(header, sort_keys=True)}))


def read_header(path: Path, stage: str) -> dict[str, Any]:
    """The header alone, without reading the tensors.

    Raises:
        UserError: the file is missing, damaged, or has no header; names the stage to run.
    """
    with _reading(path, stage), safe_open(path, framework="pt") as file:
        return json.loads((file.metadata() or {})[KEY])


def read_weights(path: Path, stage: str) -> dict[str, Tensor]:
    """The tensors by their names.

    Raises:
        UserError: the file is missing, damaged, or holds a number that is not finite; names the stage to run.
    """
    with _reading(path, stage):
        state = load_file(path)
    # As float32, since torch has no such test for some of the small types.
    if wrong := [name for name, tensor in state.items() if not tensor.float().isfinite().all()]:
        raise UserError(
            f"{path} holds a weight that is not a finite number, in {wrong[0]}:"
            f" delete it and run stage {stage} again"
        )
    return state


def load_weights(path: Path, network: nn.Module, stage: str) -> None:
    """Fill a network from a file; every name, shape and type must fit.

    Raises:
        UserError: the file is missing, damaged, holds a number that is not finite, or was made by `stage` for
            another network.
    """
    state = read_weights(path, stage)
    check_fit(path, state, network.state_dict(), stage)
    network.load_state_dict(state)


def check_fit(path: Path, state: Mapping[str, Tensor], own: Mapping[str, Tensor], stage: str) -> None:
    """Refuse a file's tensors whose names, shapes or types are not those of a network's own.

    torch would convert to the network's types without a word.

    Raises:
        UserError: they are of another network; names the stage to run.
    """
    theirs, ours = ({name: (value.shape, value.dtype) for name, value in of.items()} for of in (state, own))
    if theirs != ours:
        wrong = min(name for name in theirs | ours if theirs.get(name) != ours.get(name))
        raise UserError(
            f"{path} holds the weights of another network than params.yaml describes (see {wrong}):"
            f" run stage {stage} again"
        )


@contextmanager
def _reading(path: Path, stage: str) -> Iterator[None]:
    """Tell in one line of a file that is missing, damaged or cannot be read."""
    try:
        yield
    except FileNotFoundError:
        raise UserError(f"{path} is missing: run stage {stage}") from None
    except OSError as error:
        if shortage(error):
            raise
        raise UserError(
            f"{path} cannot be read ({error.strerror or error}): make it readable, or delete it and run stage"
            f" {stage} again"
        ) from None
    except (SafetensorError, KeyError, ValueError):
        raise UserError(f"{path} is damaged: delete it and run stage {stage} again") from None
