"""The untrained networks of a cell, with the settings of params.yaml."""

from collections.abc import Sequence

import torch

from gen100.cells import Cell
from gen100.config import Params
from gen100.data.captions import caption_tokens
from gen100.families.interfaces import Autoencoder, GenerativeModel
from gen100.families.registry import FAMILIES


def build_autoencoder(params: Params, cell: Cell) -> Autoencoder | None:
    """A cell's first stage, to be filled with trained weights, or None for a family of one stage."""
    if cell.autoencoder is None:
        return None
    return FAMILIES[cell.family].build_autoencoder(cell, params.settings(cell), None)


def build_model(
    params: Params, cell: Cell, class_names: Sequence[str], autoencoder: Autoencoder | None
) -> GenerativeModel:
    """A cell's model on top of its first stage; captions are made of the fine classes' names, in their order."""
    captions = torch.from_numpy(caption_tokens(class_names))
    return FAMILIES[cell.family].build_model(cell, params.settings(cell), captions, autoencoder)
