"""The network that predicts the noise in an 8 x 8 latent, given the step and a caption's tokens."""

import math

import torch
from torch import Tensor, nn
from torch.nn import functional

from gen100.families.stable_diffusion.settings import UNetNetwork
from gen100.nn.convolutional import norm
from gen100.nn.transformer import Attention


class TimeEmbedding(nn.Module):
    """Sines and cosines of the step (Vaswani et al. 2017), then a small network, all outside autocast."""

    frequencies: Tensor

    def __init__(self, width: int, out_width: int, timesteps: int) -> None:
        super().__init__()
        octaves = torch.arange(width // 2) / (width // 2)
        # As if there were 1000 steps, so that the features do not depend on how finely time is cut.
        frequencies = torch.exp(-math.log(10000) * octaves) * (1000 / timesteps)
        self.register_buffer("frequencies", frequencies, persistent=False)
        self.layers = nn.Sequential(
            nn.Linear(2 * (width // 2), out_width), nn.SiLU(), nn.Linear(out_width, out_width)
        )

    def forward(self, times: Tensor) -> Tensor:
        """Embed B steps (int64): B x out_width."""
        angles = times[:, None].float() * self.frequencies
        # Rounded to bfloat16, neighbouring steps would look alike.
        with torch.autocast(times.device.type, enabled=False):
            return self.layers(torch.cat([angles.cos(), angles.sin()], dim=1))


class ConditionedBlock(nn.Module):
    """A residual block whose second normalization is scaled and shifted by an embedding.

    Adaptive group normalization as in Dhariwal & Nichol 2021, section 3; the last convolution starts at zero,
    and dropout acts before it (Ho et al. 2020, appendix B).
    """

    def __init__(self, in_width: int, out_width: int, embedding_width: int, dropout: float = 0.0) -> None:
        super().__init__()
        self.norm1, self.norm2 = norm(in_width), norm(out_width)
        self.conv1 = nn.Conv2d(in_width, out_width, 3, padding=1)
        self.conv2 = nn.Conv2d(out_width, out_width, 3, padding=1)
        self.modulation = nn.Linear(embedding_width, 2 * out_width)
        self.skip = nn.Identity() if in_width == out_width else nn.Conv2d(in_width, out_width, 1)
        self.dropout = nn.Dropout(dropout)
        nn.init.zeros_(self.conv2.weight)

    def forward(self, x: Tensor, embedding: Tensor) -> Tensor:
        hidden = self.conv1(functional.silu(self.norm1(x)))
        # Added to 1 in bfloat16, a scale would be rounded to multiples of 1/128.
        scale, shift = self.modulation(embedding).float()[:, :, None, None].chunk(2, dim=1)
        hidden = self.norm2(hidden) * (1 + scale) + shift
        return self.skip(x) + self.conv2(self.dropout(functional.silu(hidden)))


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


class UNetStage(nn.Module):
    """A conditioned residual block, then a transformer block over the pixels that looks at the caption."""

    def __init__(self, in_width: int, out_width: int, network: UNetNetwork, embedding_width: int) -> None:
        super().__init__()
        self.block = ConditionedBlock(in_width, out_width, embedding_width, network.dropout)
        self.attention = TransformerBlock(out_width, network.heads, network.text_width)

    def forward(self, x: Tensor, embedding: Tensor, context: Tensor, mask: Tensor) -> Tensor:
        x = self.block(x, embedding)
        tokens = self.attention(x.flatten(2).transpose(1, 2), context, mask)
        return tokens.transpose(1, 2).unflatten(2, x.shape[2:])


class UNet(nn.Module):
    """Down, through the middle and up again, with a skip connection from every stage down to one up.

    Attention at every resolution (Rombach et al. 2022). The caption's mean feature is added to the step's
    embedding as well as attended to (as Nichol et al. 2022, GLIDE, do with the last token).

    Args:
        latent_channels: C of the B x C x 8 x 8 latent.
        timesteps: of the noise schedule.
    """

    def __init__(self, latent_channels: int, timesteps: int, network: UNetNetwork) -> None:
        super().__init__()
        first, last = network.channels[0], network.channels[-1]
        embedding_width = 4 * first
        self.time = TimeEmbedding(first, embedding_width, timesteps)
        self.caption = nn.Linear(network.text_width, embedding_width)
        self.enter = nn.Conv2d(latent_channels, first, 3, padding=1)
        self.down, self.up = nn.ModuleList(), nn.ModuleList()
        self.shrink, self.grow = nn.ModuleList(), nn.ModuleList()
        width, skips = first, [first]
        for level, channels in enumerate(network.channels):
            if level > 0:
                self.shrink.append(nn.Conv2d(width, width, 3, stride=2, padding=1))
                skips.append(width)
            stages = nn.ModuleList()
            for _ in range(network.blocks):
                stages.append(UNetStage(width, channels, network, embedding_width))
                width = channels
                skips.append(width)
            self.down.append(stages)
        self.middle = UNetStage(last, last, network, embedding_width)
        for level, channels in reversed(list(enumerate(network.channels))):
            stages = nn.ModuleList()
            for _ in range(network.blocks + 1):
                stages.append(UNetStage(width + skips.pop(), channels, network, embedding_width))
                width = channels
            self.up.append(stages)
            if level > 0:
                self.grow.append(nn.Conv2d(width, width, 3, padding=1))
        self.leave_norm = norm(width)
        self.leave = nn.Conv2d(width, latent_channels, 3, padding=1)
        for parameter in self.leave.parameters():
            nn.init.zeros_(parameter)

    def forward(self, x: Tensor, times: Tensor, context: Tensor, mask: Tensor) -> Tensor:
        """Predict the noise in x.

        Args:
            x: B x C x 8 x 8.
            times: B steps, int64.
            context: B x L x text_width, the captions' features.
            mask: B x L, bool, true where no padding is; at least one of each row.
        """
        share = mask.float() / mask.sum(dim=1, keepdim=True)
        embedding = self.time(times) + self.caption((context * share[:, :, None]).sum(dim=1))
        embedding = functional.silu(embedding)
        # bfloat16 rounds a latent by up to a half of the noise that the first steps add.
        with torch.autocast(x.device.type, enabled=False):
            x = self.enter(x)
        skips = [x]
        for level, stages in enumerate(self.down):
            if level > 0:
                x = self.shrink[level - 1](x)
                skips.append(x)
            for stage in stages:  # type: ignore[attr-defined]
                x = stage(x, embedding, context, mask)
                skips.append(x)
        x = self.middle(x, embedding, context, mask)
        for level, stages in enumerate(self.up):
            for stage in stages:  # type: ignore[attr-defined]
                x = stage(torch.cat([x, skips.pop()], dim=1), embedding, context, mask)
            if level < len(self.grow):
                x = self.grow[level](functional.interpolate(x, scale_factor=2.0, mode="nearest"))
        return self.leave(functional.silu(self.leave_norm(x)))
