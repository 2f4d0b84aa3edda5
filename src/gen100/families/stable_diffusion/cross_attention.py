"""The transformer block of Stable Diffusion: pixels look at each other, then at the caption's tokens."""

from torch import Tensor, nn
from torch.nn import functional

from gen100.nn.transformer import Attention


class CrossAttention(nn.Module):
    """Multi-head attention softmax(Q K^T / sqrt(d)) V of one sequence to another (Vaswani et al. 2017)."""

    def __init__(self, width: int, heads: int, context_width: int) -> None:
        super().__init__()
        self.heads = heads
        self.query = nn.Linear(width, width)
        self.key_value = nn.Linear(context_width, 2 * width)
        self.out = nn.Linear(width, width)

    def forward(self, tokens: Tensor, context: Tensor, mask: Tensor) -> Tensor:
        """Let each of B x N x width tokens look at a context.

        Args:
            context: B x M x context_width.
            mask: B x M, bool, true where the context may be seen; somewhere in each row.
        """
        split = (self.heads, tokens.shape[-1] // self.heads)
        query = self.query(tokens).unflatten(-1, split).transpose(1, 2)
        key, value = self.key_value(context).unflatten(-1, (2, *split)).permute(2, 0, 3, 1, 4).unbind()
        out = functional.scaled_dot_product_attention(query, key, value, attn_mask=mask[:, None, None, :])
        return self.out(out.transpose(1, 2).flatten(-2))


class TransformerBlock(nn.Module):
    """Pre-norm residual self-attention, cross-attention and a GELU network of twice the width.

    As in Rombach et al. 2022, appendix E.2.1; every residual branch starts at zero.
    """

    def __init__(self, width: int, heads: int, context_width: int) -> None:
        super().__init__()
        self.self_norm, self.cross_norm, self.wide_norm = (nn.LayerNorm(width) for _ in range(3))
        self.self_attention = Attention(width, heads, causal=False)
        self.cross_attention = CrossAttention(width, heads, context_width)
        self.expand = nn.Linear(width, 2 * width)
        self.contract = nn.Linear(2 * width, width)
        for last in (self.self_attention.out, self.cross_attention.out, self.contract):
            nn.init.zeros_(last.weight)
            nn.init.zeros_(last.bias)

    def forward(self, tokens: Tensor, context: Tensor, mask: Tensor) -> Tensor:
        """Transform `tokens` (B x N x width) in view of a caption; see `CrossAttention`."""
        tokens = tokens + self.self_attention(self.self_norm(tokens))
        tokens = tokens + self.cross_attention(self.cross_norm(tokens), context, mask)
        return tokens + self.contract(functional.gelu(self.expand(self.wide_norm(tokens))))
