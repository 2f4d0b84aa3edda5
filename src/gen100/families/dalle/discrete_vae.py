"""DALL-E's first stage: a discrete VAE that turns an image into 8 x 8 tokens and back."""

from collections.abc import Callable
from math import cos, pi
from typing import Self, TypeVar, cast

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.utils.checkpoint import checkpoint

from gen100.cells import Cell
from gen100.families.dalle import losses
from gen100.families.dalle.losses import Perception, decoded, kl_to_uniform
from gen100.families.dalle.settings import DalleSettings
from gen100.families.interfaces import Autoencoder
from gen100.nn.convolutional import SIDE, Decoder, Encoder
from gen100.training.phase import Batch, Parts

Result = TypeVar("Result")

GRID = 8
"""Tokens along a side of an image."""

TOKENS = GRID * GRID

DIMENSIONS = 3 * SIDE * SIDE

NOISE_IMAGES = 128
"""Images of a batch with Gumbel noise of their own; larger batches use it again.

The noise of any one image stays exact, so the expected gradient is that of independent noise, but with
2,048 codes drawing it for each of 2,048 images would take about as long as the rest of a step.
"""

LOGIT_STD = 2.0
"""Spread of the logits at initialization: wide enough that codes differ from the start."""

PIECE = 2**22
"""Most numbers in one intermediate result: 16 MiB in float32, about what a processor's cache holds."""

GPU_PIECE = 2**26
"""The same on a GPU, where memory alone counts: 256 MiB."""

KL_WARMUP = 0.1
"""Share of training over which the weight of the KL divergence rises from 0."""


def temperature(progress: float, start: float, end: float) -> float:
    """Cosine annealing from `start` at progress 0 to `end` at 1 (Ramesh et al. 2021, appendix A.2)."""
    return end + (start - end) * (1 + cos(pi * progress)) / 2


def in_pieces(function: Callable[..., Result], rows: tuple[Tensor, ...], width: int) -> list[Result]:
    """Apply `function` to successive rows of the tensors, where its intermediate results would not fit in memory.

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


class Codebook(nn.Module):
    """Features to a distribution over codes, and codes back to features: two 1x1 convolutions.

    All in float32, whatever the surrounding precision: divided by a low temperature, small errors of
    logits are large.

    Args:
        width: of the features.
        codes: how many codes, K.
    """

    def __init__(self, width: int, codes: int) -> None:
        super().__init__()
        self.codes = codes
        self.norm = nn.LayerNorm(width)
        self.logits = nn.Linear(width, codes)
        self.vectors = nn.Parameter(torch.randn(codes, width))
        nn.init.normal_(self.logits.weight, std=LOGIT_STD / width**0.5)
        nn.init.zeros_(self.logits.bias)

    def relaxed(self, rows: Tensor, heat: float) -> tuple[Tensor, Tensor]:
        """Gumbel-softmax samples (Jang et al. 2017; Maddison et al. 2017) and the KL divergences.

        Args:
            rows: N x width, image after image, 64 rows each.
            heat: the temperature.

        Returns:
            N x width, the code vectors weighted by softmax((logits + Gumbel noise) / heat); N, the KL
            divergences of the codes' distributions to the uniform one.
        """
        count = min(rows.shape[0], NOISE_IMAGES * TOKENS)
        uniform = torch.rand(count, self.codes, device=rows.device).clamp_(min=torch.finfo(torch.float32).tiny)
        gumbel = uniform.log_().neg_().log_().neg_()
        slots = torch.arange(rows.shape[0], device=rows.device) % count

        def piece(features: Tensor, slot: Tensor) -> tuple[Tensor, Tensor]:
            logits = self._logits(features)
            weights = ((logits + gumbel[slot]) / heat).softmax(-1)
            return weights @ self.vectors, kl_to_uniform(logits)

        with torch.autocast(rows.device.type, enabled=False):
            samples, divergences = zip(*in_pieces(piece, (rows.float(), slots), self.codes), strict=True)
        return torch.cat(samples), torch.cat(divergences)

    def likeliest(self, rows: Tensor) -> tuple[Tensor, Tensor]:
        """The likeliest codes of N x width rows, N int64, and their N KL divergences."""

        def piece(features: Tensor) -> tuple[Tensor, Tensor]:
            logits = self._logits(features)
            return logits.argmax(-1), kl_to_uniform(logits)

        with torch.autocast(rows.device.type, enabled=False):
            tokens, divergences = zip(*in_pieces(piece, (rows.float(),), self.codes), strict=True)
        return torch.cat(tokens), torch.cat(divergences)

    def _logits(self, features: Tensor) -> Tensor:
        return self.logits(self.norm(features))


class DiscreteVae(Autoencoder):
    """The discrete VAE of Ramesh et al. 2021 (section 2.1, appendix A.2) with `cell.latent` codes.

    Minimizes reconstruction + w KL / 3072, where the reconstruction loss is a mean over the 3,072
    dimensions of an image, KL is the sum over its 64 positions of KL(q || uniform), and w rises linearly to
    `kl_weight` over the first tenth of training. So `kl_weight` is the paper's beta, and 1 would give the
    evidence lower bound if the reconstruction loss were a likelihood. The temperature falls along a cosine.

    Args:
        cell: its loss is how pixels are reconstructed.
        settings: of DALL-E.
        features: a frozen network with a method `features`, images in [-1, 1] to a list of maps, for the
            perceptual loss. It moves with this module, but is no part of its weights.
    """

    def __init__(self, cell: Cell, settings: DalleSettings, features: nn.Module | None = None) -> None:
        super().__init__()
        self.settings = settings.autoencoder
        network = self.settings.network
        width = network.channels[-1]
        self.encoder = Encoder(network.channels, network.blocks, width)
        self.codebook = Codebook(width, cell.latent)
        self.decoder = Decoder(network.channels, network.blocks, width)
        self.pixel_loss = getattr(losses, cell.loss)
        # In a list, a module is no submodule.
        self._frozen = [] if features is None else [features.requires_grad_(False).eval()]

    def depends_on_budget(self) -> bool:
        """Temperature and KL weight follow the share of training."""
        return True

    def validate(self, batch: Batch) -> Parts:
        """The objective with the likeliest codes instead of relaxed samples, and the full `kl_weight`.

        `perplexity` is the exponential of the entropy of how often codes are used in the batch, in [1, K]: a
        codebook that collapses shows as a value near 1.
        """
        tokens, divergences = self.codebook.likeliest(self._rows(batch.images))
        parts = self._parts(F.embedding(tokens, self.codebook.vectors), divergences, batch.images, 1.0)
        shares = torch.bincount(tokens, minlength=self.codebook.codes) / tokens.numel()
        return parts | {"perplexity": torch.special.entr(shares).sum().exp()}

    def tokens(self, images: Tensor) -> Tensor:
        """The likeliest codes of B x 3 x 32 x 32 images in [-1, 1]: B x 64, int64, in [0, K), row by row."""
        return self.codebook.likeliest(self._rows(images))[0].view(-1, TOKENS)

    def decode(self, tokens: Tensor) -> Tensor:
        """Images of tokens: B x 64, int64, to B x 3 x 32 x 32 in [-1, 1]."""
        return decoded(self._output(F.embedding(tokens.reshape(-1), self.codebook.vectors)))

    def reconstruct(self, images: Tensor) -> Tensor:
        """Images decoded from their likeliest codes."""
        return self.decode(self.tokens(images))

    def train_loss(self, batch: Batch) -> Parts:
        heat = temperature(batch.progress, self.settings.temperature_start, self.settings.temperature_end)
        samples, divergences = self.codebook.relaxed(self._rows(batch.images), heat)
        return self._parts(samples, divergences, batch.images, min(1.0, batch.progress / KL_WARMUP))

    def _parts(self, samples: Tensor, divergences: Tensor, images: Tensor, warmup: float) -> Parts:
        features = self._frozen[0].features if self._frozen else None
        perception = Perception(
            cast("Callable[[Tensor], list[Tensor]] | None", features), self.settings.perceptual_pixel_weight
        )
        parts = self.pixel_loss(self._output(samples), images, perception)
        kl = TOKENS * divergences.mean()
        loss = parts["reconstruction"] + warmup * self.settings.kl_weight * kl / DIMENSIONS
        return {"loss": loss, "kl": kl.detach()} | {name: part.detach() for name, part in parts.items()}

    def _rows(self, images: Tensor) -> Tensor:
        """Features of the 64 positions, image after image: B * 64 x width."""
        return self.encoder(images).permute(0, 2, 3, 1).flatten(0, 2)

    def _output(self, vectors: Tensor) -> Tensor:
        """What the decoder makes of B * 64 x width code vectors."""
        return self.decoder(vectors.view(-1, GRID, GRID, vectors.shape[-1]).permute(0, 3, 1, 2))

    def _apply(self, fn: Callable[[Tensor], Tensor], recurse: bool = True) -> Self:
        for network in self._frozen:
            network._apply(fn, recurse)
        return super()._apply(fn, recurse)
