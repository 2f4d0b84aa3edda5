"""Do samples show what their captions ask for? The classifier that measures a workspace names their classes.

    python benchmarks/conditioning.py WORKSPACE

reads the samples of every run whose model takes captions, and writes WORKSPACE/reports/conditioning.csv: cell,
seed, the share of samples for which the classifier finds the caption's class likeliest, among its five likeliest,
and of the likeliest's superclass; and the same for the real test images. Chance is 1%, 5% and 5%.
"""

import os
import sys
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from torch import Tensor

from gen100 import layout
from gen100.cells import Cell
from gen100.config import OwnExtractor, load_params
from gen100.data import arrays
from gen100.errors import UserError
from gen100.families.registry import FAMILIES
from gen100.files import whole
from gen100.metrics.extractors import describe
from gen100.metrics.features import Extractor
from gen100.report.labels import data_label, extractor_label
from gen100.sampling import sample_labels


def agreement(logits: Tensor, labels: NDArray[np.int64], superclass: NDArray[np.int64]) -> dict[str, float]:
    """The share of N images whose label is the likeliest, is among the five likeliest, and has the likeliest's
    superclass.

    Args:
        logits: N x 100.
        labels: N.
        superclass: of each class.
    """
    first_five = logits.topk(5).indices.numpy()
    found = first_five == labels[:, None]
    same = superclass[first_five[:, 0]] == superclass[labels]
    return {"class": found[:, 0].mean(), "five": found.any(axis=1).mean(), "superclass": same.mean()}


def main(workspace: str) -> None:
    os.chdir(workspace)
    params = load_params()
    if not isinstance(params.metrics.extractor, OwnExtractor):
        raise UserError("params.yaml: metrics.extractor names no classes of CIFAR-100: use cifar100-network")
    data = arrays.load(layout.ARRAYS)
    superclass = np.zeros(len(data.fine_names), np.int64)
    superclass[data.train_labels] = data.train_coarse
    classifier = Extractor(layout.extractor("metric"))
    what = {"classifier": extractor_label(describe(classifier.file)), "data": data_label(data.facts)}
    rows = []
    for cell in map(Cell.parse, params.cells):
        if not FAMILIES[cell.family].conditional:
            continue
        for seed in params.seeds:
            samples = np.load(layout.run(cell, seed) / "samples.npy")
            found = agreement(classifier(samples).logits, sample_labels(len(samples)), superclass)
            rows.append({"cell": str(cell), "seed": seed, **found, "images": len(samples), **what})
    found = agreement(classifier(data.test_images).logits, data.test_labels, superclass)
    rows.append({"cell": "real test images", **found, "images": len(data.test_images), **what})
    table = pd.DataFrame(rows).round(4).astype({"seed": "Int64"})
    with whole(Path("reports/conditioning.csv")) as temporary:
        table.to_csv(temporary, index=False)
    print(table.drop(columns=["classifier", "data"]).to_string(index=False))


if __name__ == "__main__":
    main(sys.argv[1])
