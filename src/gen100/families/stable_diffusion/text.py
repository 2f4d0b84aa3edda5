"""A small text encoder, trained together with the model that it conditions."""

import torch
from torch import Tensor, nn

from gen100.nn.transformer import EMBEDDING_STD, Transformer, embedding


class TextEncoder(nn.Module):
    """Token and position embeddings, then a bidirectional transformer that does not look at padding.

    Args:
        vocabulary: how many token ids there are; id 0 is padding.
        length: tokens of a caption, padding included.
    """

    def __init__(self, vocabulary: int, length: int, width: int, depth: int, heads: int) -> None:
        super().__init__()
        self.tokens = embedding(vocabulary, width)
        self.positions = nn.Parameter(torch.randn(length, width) * EMBEDDING_STD)
        self.transformer = Transformer(width, depth, heads, causal=False)

    def forward(self, captions: Tensor) -> tuple[Tensor, Tensor]:
        """Encode captions (N x length, int64): features N x length x width, and true where no padding is."""
        mask = captions > 0
        return self.transformer(self.tokens(captions) + self.positions, mask), mask
