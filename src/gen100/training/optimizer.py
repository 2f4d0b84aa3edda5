"""torch's optimizers, as params.yaml sets them."""

from collections.abc import Iterable
from inspect import unwrap
from typing import TypeVar, cast

import torch
from torch import nn, optim

from gen100.settings import Optimizer

Kind = TypeVar("Kind", bound=optim.Optimizer)


def without_compiler(kind: type[Kind]) -> type[Kind]:
    """A subclass of one of torch's optimizers that does not import torch's compiler.

    torch 2.13 decorates these methods so that its compiler leaves them alone, and the decorators import the
    compiler (torch._dynamo) on the first call. The subclass has the methods without their decorators, through
    Python's `__wrapped__`. It takes the same steps, to the bit.
    """
    # Measured on two shared cores, a new process that builds an AdamW and takes one step: the import takes 6 to 8
    # seconds and 150 MiB, more than `import torch` (4 to 6 seconds); without it both take 0.02 seconds. The
    # environment variable TORCH_COMPILE_DISABLE=1 does not prevent it.
    methods = ("add_param_group", "load_state_dict", "state_dict", "zero_grad")
    plain = {name: unwrap(getattr(kind, name)) for name in methods}
    made = type(kind.__name__, (kind,), {**plain, "step": torch.no_grad()(unwrap(kind.step))})
    return cast("type[Kind]", made)


AdamW = without_compiler(optim.AdamW)


def build_optimizer(
    parameters: Iterable[nn.Parameter], settings: Optimizer, lr: float | None = None
) -> optim.Optimizer:
    """Adam with decoupled weight decay (Loshchilov & Hutter 2019), fused, at `settings.lr` or the given rate.

    Each of its `param_groups` keeps the rate at which warm-up ends as `initial_lr`, torch's name for it.
    """
    rate = settings.lr if lr is None else lr
    group = {"params": list(parameters), "initial_lr": rate}
    return AdamW([group], lr=rate, betas=settings.betas, weight_decay=settings.weight_decay, fused=True)
