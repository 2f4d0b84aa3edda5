"""How far samples of untrained models are from real images: the ceiling that training has to come down from.

    python benchmarks/untrained.py WORKSPACE

reads the workspace's parameters, data and extractor, draws as many samples from every cell's freshly
initialized model as its runs have, measures them alike, and writes WORKSPACE/reports/untrained.csv: cell,
the first seed, the distance untrained and trained, and their ratio.
"""

import json
import os
import sys
from pathlib import Path

import pandas as pd
import torch

from gen100 import layout
from gen100.cells import Cell
from gen100.config import Params, load_params
from gen100.data import arrays
from gen100.data.captions import caption_tokens
from gen100.families.registry import build_autoencoder, build_model
from gen100.files import whole
from gen100.metrics.evaluation import measure
from gen100.metrics.extractors import describe
from gen100.metrics.features import Reference
from gen100.report.labels import data_label, extractor_label
from gen100.sampling import draw
from gen100.stages.measurement import BATCH_CPU, CACHE
from gen100.training.randomness import reseed


def untrained(params: Params, cell: Cell, seed: int, data: arrays.Cifar100) -> float:
    """The distance of samples of the initialized model to the reference split."""
    reseed(seed, "weights")
    autoencoder = build_autoencoder(cell, params.models, None) if cell.autoencoder else None
    model = build_model(cell, params.models, torch.from_numpy(caption_tokens(data.fine_names)), autoencoder)
    samples = draw(model, params.sampling, seed, torch.device("cpu"), BATCH_CPU)
    split = params.metrics.reference
    real = data.train_images if split == "train" else data.test_images
    return measure(samples, Reference(split, real), layout.extractor("metric"), ["fid"], CACHE)["fid"]


def main(workspace: str) -> None:
    os.chdir(workspace)
    params = load_params()
    data = arrays.load(layout.ARRAYS)
    rows = []
    for text in params.cells:
        for seed in params.seeds[:1]:
            metrics = json.loads((layout.run(text, seed) / "metrics.json").read_text())
            before = untrained(params, Cell.parse(text), seed, data)
            row = {"cell": text, "seed": seed, "untrained": before, "trained": metrics["fid"]}
            row |= {"ratio": metrics["fid"] / before, "samples": params.sampling.images}
            row |= {
                "extractor": extractor_label(describe(layout.extractor("metric"))),
                "data": data_label(data.facts),
            }
            rows.append(row)
            print(f"{text}: {before:.2f} untrained, {metrics['fid']:.2f} trained", flush=True)
    with whole(Path("reports/untrained.csv")) as temporary:
        pd.DataFrame(rows).to_csv(temporary, index=False)


if __name__ == "__main__":
    main(sys.argv[1])
