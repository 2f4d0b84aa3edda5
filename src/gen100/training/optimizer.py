"""The optimizer of params.yaml."""

from collections.abc import Iterable

from torch import nn
from torch.optim import AdamW

from gen100.config import Optimizer


def adamw(parameters: Iterable[nn.Parameter], settings: Optimizer, lr: float | None = None) -> AdamW:
    """Adam with decoupled weight decay (Loshchilov & Hutter 2019), at `settings.lr` or the given rate."""
    return AdamW(
        list(parameters),
        lr=settings.lr if lr is None else lr,
        betas=settings.betas,
        weight_decay=settings.weight_decay,
        foreach=True,
    )
