"""Weights as safetensors files: loading one runs no code."""

from collections.abc import Mapping
from pathlib import Path

from safetensors import SafetensorError, safe_open
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from gen100.errors import UserError
from gen100.files import whole


def save_weights(path: Path, state: Mapping[str, Tensor], metadata: dict[str, str]) -> None:
    """Write tensors and text metadata; the same values give the same bytes."""
    tensors = {name: tensor.detach().cpu().contiguous().clone() for name, tensor in state.items()}
    with whole(path) as temporary:
        save_file(tensors, temporary, metadata)


def read_metadata(path: Path) -> dict[str, str]:
    """The metadata alone, without reading the tensors.

    Raises:
        UserError: the file is missing or damaged.
    """
    try:
        with safe_open(path, framework="pt") as file:
            return file.metadata() or {}
    except (SafetensorError, OSError) as error:
        raise UserError(f"{path} cannot be read ({error}): delete it and run its stage again") from None


def load_weights(path: Path, network: nn.Module, stage: str) -> None:
    """Fill a network from a file; every name and shape must fit.

    Raises:
        UserError: the file is missing, damaged, or was made by `stage` for another network.
    """
    try:
        state: dict[str, Tensor] = load_file(path)
        network.load_state_dict(state)
    except (SafetensorError, OSError) as error:
        raise UserError(f"{path} cannot be read ({error}): delete it and run stage {stage} again") from None
    except RuntimeError:
        raise UserError(
            f"{path} holds the weights of another network than params.yaml describes: run stage {stage} again"
        ) from None
