"""DALL-E: a causal transformer over a caption's tokens and the discrete VAE's image tokens."""

from typing import Self

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from gen100.cells import Cell
from gen100.families.dalle.discrete_vae import GRID, TOKENS, DiscreteVae, in_pieces
from gen100.families.dalle.settings import DalleSampling, DalleSettings
from gen100.families.interfaces import GenerativeModel, Noise
from gen100.nn.transformer import Memory, Transformer, embedding
from gen100.training.phase import Batch, Parts

PADDING = 0


def token_losses(hidden: Tensor, head: nn.Linear, targets: Tensor) -> Tensor:
    """Cross-entropy of N tokens in nats, float32, under what `head` predicts from N x width.

    The logits exist piece by piece: for the 64 tokens of 2,048 images and 2,048 codes they take 1 GiB.
    """

    def piece(rows: Tensor, target: Tensor) -> Tensor:
        return F.cross_entropy(head(rows).float(), target, reduction="none")

    return torch.cat(in_pieces(piece, (hidden, targets), head.out_features))


def draw(logits: Tensor, uniform: Tensor, temperature: float, top_k: int) -> Tensor:
    """Draw a class from softmax(logits / temperature) by its inverse distribution function.

    Args:
        logits: B x K.
        uniform: B numbers in [0, 1).
        temperature: below 1, likely classes become likelier.
        top_k: only so many of the likeliest classes are drawn; 0 or more than K: all.

    Returns:
        B classes, int64.
    """
    # In float64, u * total < total for every float32 u < 1: a class without probability is never drawn.
    logits = logits.double() / temperature
    if 0 < top_k < logits.shape[-1]:
        least = logits.topk(top_k).values[:, -1:]
        logits = logits.masked_fill(logits < least, -torch.inf)
    cumulative = logits.softmax(-1).cumsum(-1)
    threshold = uniform.double().unsqueeze(-1) * cumulative[:, -1:]
    return torch.searchsorted(cumulative, threshold, right=True).squeeze(-1)


class Dalle(GenerativeModel):
    """The second stage of Ramesh et al. 2021 (section 2.2), on the 8 x 8 tokens of a frozen discrete VAE.

    The sequence is a start token, the caption, then the image row by row. A caption is filled up by padding
    with an embedding of its own at each position (as in the paper), so all sequences have one length and
    need no mask; padding is not predicted. Image tokens have a learned row and column position. Minimizes
    the cross-entropy of image tokens, a mean over tokens, plus `text_weight` times that of caption tokens.

    Args:
        cell: its latent is the number of codes.
        settings: of DALL-E.
        captions: 100 x L int64, the caption of each label, 0 after its end.
        autoencoder: the trained discrete VAE; frozen, always in evaluation mode, saved with this model.
    """

    captions: Tensor

    def __init__(self, cell: Cell, settings: DalleSettings, captions: Tensor, autoencoder: DiscreteVae) -> None:
        super().__init__()
        self.settings = settings
        network = settings.network
        words, self.caption_length = int(captions.max()) + 1, captions.shape[1]
        self.register_buffer("captions", captions.long())
        self.start = nn.Parameter(torch.zeros(network.width))
        self.words = embedding(words, network.width)
        self.padding = embedding(self.caption_length, network.width)
        self.word_positions = embedding(self.caption_length, network.width)
        self.codes = embedding(cell.latent, network.width)
        self.rows = embedding(GRID, network.width)
        self.columns = embedding(GRID, network.width)
        self.dropout = nn.Dropout(network.dropout)
        self.transformer = Transformer(network.width, network.depth, network.heads, network.dropout)
        self.word_head = nn.Linear(network.width, words)
        self.code_head = nn.Linear(network.width, cell.latent)
        for head in (self.word_head, self.code_head):
            nn.init.zeros_(head.weight)
            nn.init.zeros_(head.bias)
        self.autoencoder = autoencoder.requires_grad_(False).eval()

    def train(self, mode: bool = True) -> Self:
        super().train(mode)
        self.autoencoder.eval()
        return self

    def encode(self, images: Tensor) -> Tensor:
        """Image tokens, B x 64 int64: the transformer is trained on them instead of images."""
        return self.autoencoder.tokens(images)

    def sample(self, labels: Tensor, noise: Noise, sampling: DalleSampling) -> Tensor:
        """Draw image tokens one after another with a key-value cache, then decode them."""
        tokens = self.sample_tokens(labels, noise, sampling)
        return self.autoencoder.decode(tokens)

    def sample_tokens(self, labels: Tensor, noise: Noise, sampling: DalleSampling) -> Tensor:
        """Draw B x 64 image tokens, int64, for B labels; takes 64 uniform numbers of each stream."""
        uniform = noise.uniform(TOKENS)
        memories = self.transformer.memories(self.caption_length + TOKENS)
        tokens = torch.empty(len(labels), TOKENS, dtype=torch.int64, device=labels.device)
        step = self._caption(self.captions[labels])
        for position in range(TOKENS):
            logits = self._next_logits(step, memories)
            tokens[:, position] = draw(logits, uniform[:, position], sampling.temperature, sampling.top_k)
            step = self._image(tokens[:, position : position + 1], position)
        return tokens

    def hidden(self, captions: Tensor, tokens: Tensor) -> Tensor:
        """What predicts each token of the sequences: B x (L + T + 1) x width.

        Row i < L predicts caption token i, row L + i image token i.

        Args:
            captions: B x L.
            tokens: B x T, the first T < 64 image tokens.
        """
        return self.transformer(self.dropout(torch.cat([self._caption(captions), self._image(tokens, 0)], dim=1)))

    def _next_logits(self, step: Tensor, memories: list[Memory]) -> Tensor:
        return self.code_head(self.transformer(step, memories=memories)[:, -1])

    def _caption(self, captions: Tensor) -> Tensor:
        """Embeddings of the start token and the caption: B x (1 + L) x width."""
        words = torch.where((captions == PADDING).unsqueeze(-1), self.padding.weight, self.words(captions))
        start = self.start.to(words.dtype).expand(len(captions), 1, -1)
        return torch.cat([start, words + self.word_positions.weight], dim=1)

    def _image(self, tokens: Tensor, first: int) -> Tensor:
        """Embeddings of B x T image tokens, the first of which is at position `first`: B x T x width."""
        places = torch.arange(first, first + tokens.shape[1], device=tokens.device)
        return self.codes(tokens) + self.rows(places // GRID) + self.columns(places % GRID)

    def validate(self, batch: Batch) -> Parts:
        """Parts in addition to the loss: `image_nats` and `text_nats`, means over the tokens of either kind."""
        captions, tokens = self.captions[batch.labels], batch.images
        hidden = self.hidden(captions, tokens[:, :-1])
        for_words, for_codes = hidden.split([self.caption_length, TOKENS], dim=1)
        image = token_losses(for_codes.flatten(0, 1), self.code_head, tokens.flatten()).mean()
        said = (captions != PADDING).flatten()
        text = token_losses(for_words.flatten(0, 1), self.word_head, captions.flatten())
        text = (text * said).sum() / said.sum()
        return {
            "loss": image + self.settings.text_weight * text,
            "image_nats": image.detach(),
            "text_nats": text.detach(),
        }


build_model = Dalle
build_autoencoder = DiscreteVae
