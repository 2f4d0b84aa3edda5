"""How far does training bring each cell's samples towards real images, from samples of the untrained model?

    python benchmarks/untrained.py WORKSPACE

Reads the workspace's parameters, data and feature network. Draws as many samples from the freshly initialized
model of every cell as its runs have, measures them in the same way, and writes WORKSPACE/reports/untrained.csv:
cell, the first seed, the distance untrained and trained, and their ratio.
"""

import json
import os
import sys
from pathlib import Path

import pandas as pd
import torch
from subjects import Subject

from gen100 import layout
from gen100.cells import Cell
from gen100.config import load_params
from gen100.data import arrays
from gen100.device import fastest
from gen100.families.interfaces import GenerativeModel
from gen100.files import whole
from gen100.metrics import frechet
from gen100.metrics.extractors import describe
from gen100.metrics.features import Extractor, Reference, ReferenceFeatures
from gen100.metrics.frechet import Gaussian
from gen100.report.labels import data_label, extractor_label
from gen100.sampling import draw
from gen100.stages.measurement import BATCH_CPU, CACHE


def distance(subject: Subject, data: arrays.Cifar100, extractor: Extractor) -> float:
    """The Frechet distance of samples of the untrained model to the reference split."""
    params, model = subject.params, subject.build(data)
    assert isinstance(model, GenerativeModel)
    samples = draw(model, params.sampling, subject.seed, torch.device("cpu"), BATCH_CPU)
    split = params.metrics.reference
    real = data.train_images if split == "train" else data.test_images
    reference = ReferenceFeatures(Reference(split, real), extractor, CACHE)
    return frechet.distance(Gaussian.fit(extractor(samples).pooled.to(fastest())), reference.gaussian)


def main(workspace: str) -> None:
    os.chdir(workspace)
    params = load_params()
    data = arrays.load(layout.ARRAYS)
    extractor, seed = Extractor(layout.extractor("metric")), params.seeds[0]
    rows = []
    for text in params.cells:
        trained = json.loads((layout.run(text, seed) / "metrics.json").read_text())["fid"]
        untrained = distance(Subject(Cell.parse(text), params, seed=seed), data, extractor)
        row = {"cell": text, "seed": seed, "untrained": untrained, "trained": trained}
        row |= {"ratio": trained / untrained, "samples": params.sampling.images}
        row |= {"extractor": extractor_label(describe(extractor.file)), "data": data_label(data.facts)}
        rows.append(row)
        print(f"{text}: {untrained:.2f} untrained, {trained:.2f} trained", flush=True)
    with whole(Path("reports/untrained.csv")) as temporary:
        pd.DataFrame(rows).to_csv(temporary, index=False)


if __name__ == "__main__":
    main(sys.argv[1])
