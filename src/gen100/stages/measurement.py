"""Stages after training: samples, their measures, and the floor that makes them readable."""

import io
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gen100 import files, layout
from gen100.cells import Cell
from gen100.config import Params
from gen100.errors import UserError
from gen100.plan import train_settings

if TYPE_CHECKING:
    from gen100.data.arrays import Cifar100
    from gen100.models.base import GenerativeModel

CACHE = Path(".cache/fidelity")
BATCH_CPU = 200
BATCH_GPU = 1000


def load_model(params: Params, cell: Cell, seed: int, data: "Cifar100") -> "GenerativeModel":
    """The trained model of a run.

    Raises:
        UserError: model.safetensors is missing, damaged, or was trained with other parameters.
    """
    import torch

    from gen100.data.captions import caption_tokens
    from gen100.models.registry import build_autoencoder, build_model
    from gen100.weights import load_weights, read_header

    file = layout.run(cell, seed) / "model.safetensors"
    stage = f"train {cell} {seed}"
    if read_header(file, stage).get("settings") != train_settings(params, cell):
        raise UserError(
            f"{file} was trained with other parameters than params.yaml holds: run stage {stage} again"
        )
    autoencoder = build_autoencoder(cell, params.models, None) if cell.autoencoder else None
    model = build_model(cell, params.models, torch.from_numpy(caption_tokens(data.fine_names)), autoencoder)
    load_weights(file, model, stage)
    return model


def sample(params: Params, cell: Cell, seed: int) -> None:
    """Draw a run's samples, and a grid of them beside training images."""
    import numpy as np

    from gen100.data import arrays
    from gen100.device import device
    from gen100.report.grid import write_grid
    from gen100.sampling import draw, sample_labels

    target = layout.run(cell, seed)
    data = arrays.load(layout.ARRAYS)
    model = load_model(params, cell, seed, data)
    with device() as where:
        images = draw(model, params.sampling, seed, where, BATCH_CPU if where.type == "cpu" else BATCH_GPU)
    # Into memory first: where a disk is full, numpy does not tell why it cannot write a file.
    buffer = io.BytesIO()
    np.save(buffer, images)
    files.write_bytes(target / "samples.npy", buffer.getbuffer())
    title = f"{cell.title}, latent {cell.latent}, seed {seed}: {data.title}"
    write_grid(images, sample_labels(len(images)), data, target / "grid.png", title)


def evaluate(params: Params, cell: Cell, seed: int) -> None:
    """Measure a run's samples against the reference split."""
    import numpy as np

    from gen100.data import arrays

    file = layout.run(cell, seed) / "samples.npy"
    try:
        samples = np.load(file, allow_pickle=False)
    except (OSError, EOFError, ValueError) as error:
        raise UserError(f"{file} cannot be read ({error}): run stage sample {cell} {seed} again") from None
    files.write_json(
        layout.run(cell, seed) / "metrics.json", _measure(params, arrays.load(layout.ARRAYS), samples)
    )


def reference(params: Params) -> None:
    """Measure real images of the other split against the reference split: the floor of every table.

    As many as a run has samples, where the split holds so many: the distance depends on their number.
    """
    import numpy as np

    from gen100.data import arrays

    data = arrays.load(layout.ARRAYS)
    other = data.test_images if params.metrics.reference == "train" else data.train_images
    count = min(params.sampling.images, len(other))
    chosen = np.arange(count) * len(other) // count
    files.write_json(layout.REFERENCE, _measure(params, data, other[chosen]))


def forensics(params: Params) -> None:
    """Look for the mistakes that give numbers like the thesis'."""
    from gen100.forensics import write_forensics

    write_forensics(params)


def _measure(params: Params, data: "Cifar100", images: Any) -> dict[str, Any]:
    from gen100.device import device
    from gen100.metrics.fidelity import Reference, describe, measure

    split = params.metrics.reference
    real = data.train_images if split == "train" else data.test_images
    weights = layout.extractor("metric")
    with device(), files.writing(CACHE):
        values = measure(images, Reference(split, real), weights, params.metrics.measures, CACHE)
    return {
        **values,
        "extractor": describe(weights)["label"],
        "samples": len(images),
        "reference": f"{split}, {len(real):,} images",
        "data": data.title,
    }
