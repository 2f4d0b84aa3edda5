"""The curve of a run: what was minimized, recorded as means between two validations."""

import csv
from pathlib import Path

import torch
from torch import Tensor

from gen100.files import whole
from gen100.training.phase import Parts

Row = dict[str, float]
FIXED = ["epoch", "step", "images", "train_loss", "val_loss"]


class Means:
    """Weighted means of named scalars, kept on the device so that adding costs no synchronization."""

    def __init__(self) -> None:
        self.sums: dict[str, Tensor] = {}
        self.weights: dict[str, float] = {}

    def add(self, prefix: str, parts: Parts, weight: float) -> None:
        for name, value in parts.items():
            key = f"{prefix}_{name}"
            total = value.detach().double() * weight
            self.sums[key] = self.sums[key] + total if key in self.sums else total
            self.weights[key] = self.weights.get(key, 0.0) + weight

    def take(self) -> Row:
        """The means so far; starts over."""
        if not self.sums:
            return {}
        values = torch.stack(list(self.sums.values())).tolist()
        row = {key: value / self.weights[key] for key, value in zip(self.sums, values, strict=True)}
        self.sums, self.weights = {}, {}
        return row


def write_curve(path: Path, rows: list[Row]) -> None:
    """Write curve.csv: epoch, step, images, train_loss, val_loss, then every named part."""
    columns = [*FIXED, *dict.fromkeys(name for row in rows for name in row if name not in FIXED)]
    with whole(path) as temporary, temporary.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, columns, restval="", lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
