"""A training that takes a moment: a linear map on images of noise."""

import dataclasses
import math
from pathlib import Path

import numpy as np
import torch
from torch import nn

from gen100.data.arrays import Cifar100
from gen100.settings import Optimizer, Training
from gen100.training.loop import Run
from gen100.training.optimizer import build_optimizer
from gen100.training.phase import Batch, Parts, Phase, Trainable

CPU = torch.device("cpu")


TRAINING = Training(images=200, optimizer=Optimizer(lr=1e-4), flip=True, ema_images=50, records=5)


class Line(Trainable):
    """Fits the mean brightness by one linear map, with noise in its loss as the real models have."""

    def __init__(self, fail_at: float = math.inf) -> None:
        super().__init__()
        self.map = nn.Linear(3072, 1)
        self.fail_at = fail_at
        self.progress: list[float] = []

    def phases(self) -> list[Phase]:
        optimizer = build_optimizer(self.parameters(), TRAINING.optimizer)
        return [Phase("train", list(self.parameters()), optimizer, self._loss)]

    def _loss(self, batch: Batch) -> Parts:
        self.progress.append(batch.progress)
        noisy = batch.images + 0.1 * torch.randn_like(batch.images)
        error = (self.map(noisy.flatten(1)).squeeze(1) - batch.images.mean((1, 2, 3))).square().mean()
        return {"loss": error / (batch.progress < self.fail_at), "error": error}

    def validate(self, batch: Batch) -> Parts:
        return {
            "loss": (self.map(batch.images.flatten(1)).squeeze(1) - batch.images.mean((1, 2, 3))).square().mean()
        }


def data(count: int = 70) -> Cifar100:
    rng = np.random.default_rng(0)
    images = rng.integers(0, 256, (count, 3, 32, 32), dtype=np.uint8)
    labels = np.arange(count) % 100
    names = [f"class {i}" for i in range(100)]
    values = dict.fromkeys([f.name for f in dataclasses.fields(Cifar100)])
    values |= {"train_images": images, "train_labels": labels, "train_coarse": labels % 20}
    values |= {"test_images": images[:30], "test_labels": labels[:30], "test_coarse": labels[:30] % 20}
    values |= {"fine_names": names, "coarse_names": names[:20], "facts": None}
    return Cifar100(**values)  # type: ignore[arg-type]


def run(folder: Path, mark: str = "a", batch_size: int = 16) -> Run:
    return Run("line", 3, batch_size, TRAINING, mark, folder)
