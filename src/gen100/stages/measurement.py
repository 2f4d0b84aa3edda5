"""Stages after training: samples, their measures, and the floor that makes them readable."""

import io
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gen100 import files, layout
from gen100.cells import Cell
from gen100.config import Params
from gen100.engines.plan import train_settings
from gen100.errors import UserError
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
        UserError: model.safetensors is missing, damaged, or was trained with other parameters.
    """
    import torch

    from gen100.data.captions import caption_tokens
    from gen100.weights import load_weights, read_header

    file = layout.run(cell, seed) / "model.safetensors"
    stage = f"train {cell} {seed}"
    if read_header(file, stage).get("settings") != train_settings(params, cell):
        raise UserError(
            f"{file} was trained with other parameters than params.yaml holds: run stage {stage} again"
        )
    autoencoder = (
        FAMILIES[cell.family].build_autoencoder(cell, params.settings(cell), None) if cell.autoencoder else None
    )
    model = FAMILIES[cell.family].build_model(
        cell, params.settings(cell), torch.from_numpy(caption_tokens(data.fine_names)), autoencoder
    )
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
    """Measure a run's samples against both splits, and its autoencoder, if it has one."""
    from gen100.data import arrays
    from gen100.device import device
    from gen100.metrics.evaluation import Yardstick
    from gen100.report.neighbours import write_neighbours
    from gen100.sampling import sample_labels

    target = layout.run(cell, seed)
    samples = _read_samples(cell, seed)
    data = arrays.load(layout.ARRAYS)
    with device(), files.writing(CACHE):
        yardstick = Yardstick(data, params.metrics, CACHE)
        labels = sample_labels(len(samples)) if FAMILIES[cell.family].conditional else None
        found = yardstick.evaluate(samples, labels=labels)
        values: dict[str, Any] = {**found.values, **yardstick.texts(), "samples": len(samples)}
        if cell.autoencoder is not None:
            again = _reconstructions(params, cell, seed, yardstick.held_back(len(samples)))
            values |= {"reconstruction_fid": yardstick.distance(again), "reconstruction_images": len(again)}
    with files.whole(target / "resamples.csv") as temporary:
        found.resamples.to_csv(temporary, index=False, lineterminator="\n")
    title = f"{cell.title}, latent {cell.latent}, seed {seed}: {data.title}"
    picture = target / "neighbours.png"
    write_neighbours(samples, found.distances.numpy(), found.places.numpy(), data, picture, title)
    files.write_json(target / "metrics.json", values)


def reference(params: Params) -> None:
    """Check that what measures gives known answers; then measure what every table is read by.

    The floor: real images of the other split, as many as a run has samples, where the split holds so many, since
    distances depend on their number. The ceilings: as many images of noise, and of one flat colour.
    """
    import numpy as np

    from gen100.data import arrays
    from gen100.device import device
    from gen100.metrics.evaluation import Yardstick
    from gen100.metrics.selfcheck import run_checks
    from gen100.sampling import sample_labels

    data = arrays.load(layout.ARRAYS)
    count = params.sampling.images
    with device(), files.writing(CACHE):
        yardstick = Yardstick(data, params.metrics, CACHE)
        main = yardstick.main.reference.images
        colour = np.round(main.mean(axis=(0, 2, 3))).astype(np.uint8)
        sets = {
            "real": yardstick.held_back(count),
            "noise": np.random.default_rng(0).integers(0, 256, (count, *main.shape[1:]), dtype=np.uint8),
            "constant": np.broadcast_to(colour[:, None, None], (count, *main.shape[1:])),
        }
        values: dict[str, Any] = {"check": run_checks(yardstick)}
        for name, images in sets.items():
            real = name == "real"
            seen = yardstick.other.reference.name if real else None
            labels = yardstick.held_back_labels(count) if real else sample_labels(count)
            found = yardstick.evaluate(images, seen=seen, labels=labels).values
            values[name] = {**found, **yardstick.texts(), "samples": len(images)}
    files.write_json(layout.REFERENCE, values)


def forensics(params: Params) -> None:
    """Look for the mistakes that give numbers like the thesis'."""
    from gen100.thesis.forensics.stage import write_forensics

    write_forensics(params)


def _read_samples(cell: Cell, seed: int) -> Any:
    import numpy as np

    file = layout.run(cell, seed) / "samples.npy"
    try:
        samples = np.load(file, allow_pickle=False)
    except (OSError, EOFError, ValueError) as error:
        raise UserError(f"{file} cannot be read ({error}): run stage sample {cell} {seed} again") from None
    some = samples[:1000]
    if not ((some > 1) & (some < 255)).any():
        raise UserError(
            f"{file} holds no values but 0, 1 and 255: images in [0, 1] or [-1, 1] that were cast to uint8 without"
            f" scaling, or a model that draws nothing; correct it and run stage sample {cell} {seed} again"
        )
    return samples


def _reconstructions(params: Params, cell: Cell, seed: int, images: Any) -> Any:
    """What a run's autoencoder makes of N x 3 x 32 x 32 uint8 images: such images."""
    import torch

    from gen100.device import fastest
    from gen100.training.feed import to_float, to_uint8
    from gen100.weights import load_weights

    autoencoder = FAMILIES[cell.family].build_autoencoder(cell, params.settings(cell), None)
    load_weights(layout.run(cell, seed) / "autoencoder.safetensors", autoencoder, f"autoencoder {cell} {seed}")
    autoencoder.to(fastest()).eval()
    with torch.no_grad():
        parts = torch.from_numpy(images).to(fastest()).split(BATCH_CPU)
        return torch.cat([to_uint8(autoencoder.reconstruct(to_float(part))).cpu() for part in parts]).numpy()
