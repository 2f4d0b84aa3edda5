"""What a model tells the training loop: its phases, and the loss of each."""

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from torch import Tensor, nn, optim

from gen100.training.optimizer import build_optimizer

Parts = dict[str, Tensor]
"""Named scalars of a loss; `loss` is the one that is minimized, the others are recorded."""


@dataclass(frozen=True)
class Batch:
    """Training or test images on the device.

    Attributes:
        images: B x 3 x 32 x 32, float, in [-1, 1]; or rows of what the model's `encode` made of them.
        labels: B fine labels, int64, in [0, 100).
        progress: share of the training budget seen so far, in [0, 1]; schedules depend on it alone.
    """

    images: Tensor
    labels: Tensor
    progress: float


@dataclass(frozen=True)
class Phase:
    """One kind of update: `loss` is minimized over `parameters` on every `every`-th step.

    The optimizer's rate rises linearly to its `initial_lr` over the first `warmup_images` images.

    Phases run in order within a step, on the same batch; two phases may share an optimizer. Gradients
    reach `parameters` only: the loop turns those of all other parameters off.
    """

    name: str
    parameters: list[nn.Parameter]
    optimizer: optim.Optimizer
    loss: Callable[[Batch], Parts]
    every: int = 1
    warmup_images: int = 0


class Trainable(nn.Module, ABC):
    """A network that the training loop can train.

    Its `settings` have a key `training`, a `gen100.settings.Training`. Where one optimizer trains all of it by one
    loss, it needs no `phases` of its own: `train_loss`, or `validate` alone, says what is minimized.

    All randomness in a loss comes from torch's global generators, which the loop seeds again for every
    step; a schedule depends on `Batch.progress` only. So a step is a function of (weights, seed, step), and of the
    budget where `depends_on_budget` says so.

    Attributes:
        train_column, val_column: the columns of curve.csv that tables show as training and
            validation loss. The loop names columns `<phase>_<part>` and, for validation, `val_<part>`.
    """

    train_column = "train_loss"
    val_column = "val_loss"
    settings: Any

    def phases(self) -> list[Phase]:
        """The updates of one training step, each with its optimizer; by default one, of all that is not frozen."""
        optimizer = self.settings.training.optimizer
        parameters = [parameter for parameter in self.parameters() if parameter.requires_grad]
        built = build_optimizer(parameters, optimizer)
        return [Phase("train", parameters, built, self.train_loss, warmup_images=optimizer.warmup_images)]

    def depends_on_budget(self) -> bool:
        """Whether a schedule spans the budget: a training loss reads `Batch.progress`, say.

        If not, a training that was finished goes on to a larger budget, with the bits of one that had it from the
        start; else it starts over.
        """
        return False

    def train_loss(self, batch: Batch) -> Parts:
        """What the default phase minimizes: what is validated, unless the two differ."""
        return self.validate(batch)

    @abstractmethod
    def validate(self, batch: Batch) -> Parts:
        """The objective on held-out images, averaged over the batch; in evaluation mode, without gradients."""

    def encode(self, images: Tensor) -> Tensor:
        """What training sees instead of B x 3 x 32 x 32 images in [-1, 1], computed once before the first step.

        The loop calls it in evaluation mode, without gradients, on all training and test images (and, where
        training mirrors images, on their mirror images), and keeps the result on the device; `Batch.images`
        then holds rows of it. The default keeps the images.
        """
        return images

    def calibrate(self, encoded: Tensor) -> None:
        """See the whole encoded training set once, before the first step (to set a scale, say)."""
