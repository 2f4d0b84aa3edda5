"""Weights as safetensors files with a header that says what they are: loading one runs no code."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from safetensors import SafetensorError, safe_open
from safetensors.torch import load_file, save
from torch import Tensor, nn

from gen100.errors import UserError
from gen100.files import write_bytes

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
    try:
        with safe_open(path, framework="pt") as file:
            return json.loads((file.metadata() or {})[KEY])
    except FileNotFoundError:
        raise UserError(f"{path} is missing: run stage {stage}") from None
    except (SafetensorError, OSError, KeyError, ValueError):
        raise UserError(f"{path} is damaged: delete it and run stage {stage} again") from None


def read_weights(path: Path, stage: str) -> dict[str, Tensor]:
    """The tensors by their names.

    Raises:
        UserError: the file is missing or damaged; names the stage to run.
    """
    try:
        return load_file(path)
    except (SafetensorError, OSError) as error:
        raise UserError(f"{path} cannot be read ({error}): delete it and run stage {stage} again") from None


def load_weights(path: Path, network: nn.Module, stage: str) -> None:
    """Fill a network from a file; every name and shape must fit.

    Raises:
        UserError: the file is missing, damaged, or was made by `stage` for another network.
    """
    try:
        network.load_state_dict(read_weights(path, stage))
    except RuntimeError:
        raise UserError(
            f"{path} holds the weights of another network than params.yaml describes: run stage {stage} again"
        ) from None
