"""Stages after training: samples, their measures, the floor that makes them readable, and all results."""

import io
import sys
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gen100 import files, layout
from gen100.cells import Cell
from gen100.config import Params
from gen100.families.registry import FAMILIES

if TYPE_CHECKING:
    from gen100.data.arrays import Cifar100
    from gen100.families.interfaces import GenerativeModel

CACHE = Path(".cache/fidelity")
BATCH_CPU = 200
BATCH_GPU = 1000


def load_model(params: Params, cell: Cell, seed: int, data: "Cifar100") -> "GenerativeModel":
    """The trained model of a run.

    Raises:
        UserError: model.safetensors is missing, damaged, or of another network.
    """
    from gen100.families.build import build_autoencoder, build_model
    from gen100.weights import load_weights

    model = build_model(params, cell, data.fine_names, build_autoencoder(params, cell))
    load_weights(layout.run(cell, seed) / "model.safetensors", model, f"train {cell} {seed}")
    return model


def sample(params: Params, cell: Cell, seed: int) -> None:
    """Draw a run's samples, and a grid of them next to training images."""
    import numpy as np

    from gen100.data import arrays
    from gen100.device import device
    from gen100.report.grid import write_grid
    from gen100.sampling import draw

    target = layout.run(cell, seed)
    data = arrays.load(layout.ARRAYS)
    model = load_model(params, cell, seed, data)
    with device() as where:
        images = draw(model, params.sampling, seed, where, BATCH_CPU if where.type == "cpu" else BATCH_GPU)
    # Into memory first: where a disk is full, numpy does not say why it cannot write a file.
    buffer = io.BytesIO()
    np.save(buffer, images)
    files.write_bytes(target / "samples.npy", buffer.getbuffer())
    title = _title(params, cell, seed, data)
    write_grid(images, arrays.sample_labels(len(images)), data, target / "grid.png", title)


def _title(params: Params, cell: Cell, seed: int, data: "Cifar100") -> str:
    """Of a run's pictures."""
    from gen100.report.labels import data_label

    again = "" if params.sampling.seed is None else f", sampling seed {params.sampling.seed}"
    return f"{cell.title}, latent {cell.latent}, seed {seed}{again}: {data_label(data.facts)}"


def evaluate(params: Params, cell: Cell, seed: int) -> None:
    """Measure a run's samples against both splits, and its autoencoder, if it has one."""
    from gen100.data import arrays
    from gen100.device import device
    from gen100.metrics.evaluation import Evaluator
    from gen100.report.neighbours import write_neighbours
    from gen100.report.samples import read_samples

    target = layout.run(cell, seed)
    samples = read_samples(cell, seed)
    data = arrays.load(layout.ARRAYS)
    with device(), files.writing(CACHE):
        evaluator = Evaluator(data, params.metrics, CACHE)
        found = evaluator.evaluate(
            samples,
            labels=arrays.sample_labels(len(samples)) if FAMILIES[cell.family].conditional else None,
            reconstruct=partial(_reconstructions, params, cell, seed) if cell.autoencoder else None,
        )
    with files.whole(target / "resamples.csv") as temporary:
        found.resamples.to_csv(temporary, index=False, lineterminator="\n")
    title = _title(params, cell, seed, data)
    picture = target / "neighbours.png"
    distances, neighbours = found.nearest
    write_neighbours(samples, distances.numpy(), neighbours.numpy(), data, picture, title)
    provenance = evaluator.provenance(len(samples)).model_dump(mode="json")
    files.write_json(target / "metrics.json", {**found.values, "provenance": provenance})
    files.write_json(target / "scores.json", found.scores)
    if empty := [key for key, value in found.values.items() if value is None]:
        count, total = int(data.repeated.sum()), len(data.repeated)
        print(
            f"left empty: {', '.join(empty)}, since {count:,} of {total:,} test images are also training images",
            file=sys.stderr,
        )


def reference(params: Params) -> None:
    """Check that the extractor gives known answers; then measure what every table is read by.

    The floor: real images of the other split, as many as a run has samples, where the split holds so many, since
    distances depend on their number. The ceilings: as many images of noise, and of one flat colour.
    """
    import numpy as np

    from gen100.data import arrays
    from gen100.device import device
    from gen100.metrics.evaluation import Evaluator
    from gen100.metrics.selfcheck import run_checks

    data = arrays.load(layout.ARRAYS)
    count = params.sampling.images
    with device(), files.writing(CACHE):
        evaluator = Evaluator(data, params.metrics, CACHE)
        main = evaluator.main.images
        colour = np.round(main.mean(axis=(0, 2, 3))).astype(np.uint8)
        real = evaluator.held_back(count)
        made = {
            "noise": np.random.default_rng(0).integers(0, 256, (count, *main.shape[1:]), dtype=np.uint8),
            "constant": np.broadcast_to(colour[:, None, None], (count, *main.shape[1:])),
        }
        values: dict[str, Any] = {"check": run_checks(evaluator)}
        split, labels = evaluator.other.name, evaluator.held_back_labels(count)
        floor = evaluator.evaluate(real, seen=split, labels=labels)
        values["real"] = {**floor.values, "samples": len(real)}
        for name, images in made.items():
            found = evaluator.evaluate(images, labels=arrays.sample_labels(count)).values
            values[name] = {**found, "samples": len(images)}
        values["provenance"] = evaluator.provenance(len(real)).model_dump(mode="json")
    files.write_json(layout.REFERENCE, values)
    files.write_json(layout.FLOOR, floor.scores)


def aggregate(params: Params) -> None:
    """Collect every run's results into one table."""
    from gen100.report.results import aggregate as collect

    collect(params)


def compare(params: Params) -> None:
    """Compare the losses of each family and size, over seeds and over samples."""
    from gen100.report.comparisons import write_comparisons

    write_comparisons(params)


def _reconstructions(params: Params, cell: Cell, seed: int, images: Any) -> Any:
    """What a run's autoencoder makes of N x 3 x 32 x 32 uint8 images: such images."""
    import torch

    from gen100.device import fastest
    from gen100.stages.training import load_autoencoder
    from gen100.training.feed import to_float, to_uint8

    autoencoder = load_autoencoder(params, cell, seed)
    assert autoencoder is not None, "asked for cells with an autoencoder alone"
    autoencoder.to(fastest()).eval()
    with torch.no_grad():
        parts = torch.from_numpy(images).to(fastest()).split(BATCH_CPU)
        return torch.cat([to_uint8(autoencoder.reconstruct(to_float(part))).cpu() for part in parts]).numpy()
