"""A function of rows, computed piece by piece where its intermediate results would not fit in memory."""

from collections.abc import Callable
from typing import TypeVar

from torch import Tensor
from torch.utils.checkpoint import checkpoint

Result = TypeVar("Result")

PIECE = 2**22
"""Most numbers in one intermediate result: 16 MiB in float32, about what a processor's cache holds."""

GPU_PIECE = 2**26
"""The same on a GPU, where memory alone counts: 256 MiB."""


def in_pieces(function: Callable[..., Result], rows: tuple[Tensor, ...], width: int) -> list[Result]:
    """Apply `function` to successive rows of the tensors.

    A lone piece keeps its intermediate results for the gradient; of several pieces they are computed again.

    Args:
        function: takes one piece of each tensor of `rows`; treats rows alike and draws no random numbers.
        rows: tensors with N rows each.
        width: numbers that an intermediate result holds for a row.
    """
    step = max(1, (GPU_PIECE if rows[0].is_cuda else PIECE) // width)
    count = rows[0].shape[0]
    if count <= step:
        return [function(*rows)]
    pieces = zip(*(tensor.split(step) for tensor in rows), strict=True)
    return [checkpoint(function, *piece, use_reentrant=False, preserve_rng_state=False) for piece in pieces]
