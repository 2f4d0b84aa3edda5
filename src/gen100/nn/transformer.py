"""A pre-norm transformer, with a key-value cache for drawing one token after another."""

from math import sqrt

import torch.nn.functional as F
from torch import Tensor, nn

EMBEDDING_STD = 0.5
"""Of the order of what a block adds, so that the first layers do not drown the input."""


class Memory:
    """Keys and values of one attention layer, in tensors allocated once for `capacity` positions."""

    def __init__(self, capacity: int) -> None:
        self.capacity = capacity
        self.length = 0
        self.stored: tuple[Tensor, Tensor] | None = None

    def append(self, keys: Tensor, values: Tensor) -> tuple[Tensor, Tensor]:
        """Add B x heads x T x D keys and values; return those of all positions so far."""
        if self.stored is None:
            shape = (*keys.shape[:2], self.capacity, keys.shape[3])
            self.stored = keys.new_empty(shape), values.new_empty(shape)
        start, self.length = self.length, self.length + keys.shape[2]
        for store, new in zip(self.stored, (keys, values), strict=True):
            store[:, :, start : self.length] = new
        return self.stored[0][:, :, : self.length], self.stored[1][:, :, : self.length]


class Attention(nn.Module):
    """Multi-head self-attention, softmax(Q K^T / sqrt(d)) V (Vaswani et al. 2017, section 3.2).

    Args:
        width: of input and output.
        heads: how many heads share the width.
        causal: a position sees itself and those before it only.
    """

    def __init__(self, width: int, heads: int, causal: bool) -> None:
        super().__init__()
        self.heads = heads
        self.causal = causal
        self.qkv = nn.Linear(width, 3 * width)
        self.out = nn.Linear(width, width)

    def forward(self, x: Tensor, mask: Tensor | None = None, memory: Memory | None = None) -> Tensor:
        """B x T x width to the same.

        Args:
            x: the sequence or, with a memory that is not empty, its next token alone (T = 1).
            mask: B x T, true where a key may be seen; for networks that are not causal.
            memory: keys and values of the positions before `x`, extended by those of `x`.
        """
        batch, length, width = x.shape
        queries, keys, values = (
            self.qkv(x).view(batch, length, 3, self.heads, width // self.heads).permute(2, 0, 3, 1, 4).unbind(0)
        )
        if memory is not None:
            keys, values = memory.append(keys, values)
        mixed = F.scaled_dot_product_attention(
            queries,
            keys,
            values,
            attn_mask=None if mask is None else mask[:, None, None, :],
            is_causal=self.causal and length > 1,
        )
        return self.out(mixed.transpose(1, 2).reshape(batch, length, width))


class Block(nn.Module):
    """Attention and a GELU network four times as wide, each normalized before and added to its input.

    Pre-norm order and initialization of Radford et al. 2019 (GPT-2): the two projections that write to the
    residual stream start 1 / sqrt(2 depth) times smaller. Dropout acts on what is added.

    Args:
        width: of input and output.
        heads: attention heads.
        depth: blocks in the whole network.
        dropout: share of the additions' entries set to zero in training.
        causal: a position sees itself and those before it only.
    """

    def __init__(self, width: int, heads: int, depth: int, dropout: float = 0.0, causal: bool = True) -> None:
        super().__init__()
        self.attention_norm = nn.LayerNorm(width)
        self.attention = Attention(width, heads, causal)
        self.mlp_norm = nn.LayerNorm(width)
        self.expand = nn.Linear(width, 4 * width)
        self.contract = nn.Linear(4 * width, width)
        self.dropout = nn.Dropout(dropout)
        for layer in (self.attention.qkv, self.attention.out, self.expand, self.contract):
            std = 1 / sqrt(layer.in_features)
            if layer in (self.attention.out, self.contract):
                std /= sqrt(2 * depth)
            nn.init.normal_(layer.weight, std=std)
            nn.init.zeros_(layer.bias)

    def forward(self, x: Tensor, mask: Tensor | None = None, memory: Memory | None = None) -> Tensor:
        """B x T x width to the same; `mask` and `memory` as in `Attention`."""
        x = x + self.dropout(self.attention(self.attention_norm(x), mask, memory))
        return x + self.dropout(self.contract(F.gelu(self.expand(self.mlp_norm(x)))))


class Transformer(nn.Module):
    """`depth` blocks and a last normalization: B x T x width to the same."""

    def __init__(self, width: int, depth: int, heads: int, dropout: float = 0.0, causal: bool = True) -> None:
        super().__init__()
        self.blocks = nn.ModuleList(Block(width, heads, depth, dropout, causal) for _ in range(depth))
        self.norm = nn.LayerNorm(width)

    def memories(self, capacity: int) -> list[Memory]:
        """Empty memories, one per block, for sequences of at most `capacity` tokens."""
        return [Memory(capacity) for _ in self.blocks]

    def forward(self, x: Tensor, mask: Tensor | None = None, memories: list[Memory] | None = None) -> Tensor:
        """See `Attention`; with `memories`, `x` continues the sequence that they hold."""
        for index, block in enumerate(self.blocks):
            x = block(x, mask, None if memories is None else memories[index])
        return self.norm(x)


def embedding(count: int, width: int) -> nn.Embedding:
    """A table of `count` learned vectors."""
    table = nn.Embedding(count, width)
    nn.init.normal_(table.weight, std=EMBEDDING_STD)
    return table
