"""The stages that train: from a checkpoint if there is one, to a run's files."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gen100 import files, layout
from gen100.cells import Cell
from gen100.config import Params, Training
from gen100.engines import keys, stages
from gen100.errors import UserError
from gen100.families.registry import FAMILIES
from gen100.fingerprint import autoencoder_sources, fingerprint, model_sources

if TYPE_CHECKING:
    from gen100.data.arrays import Cifar100
    from gen100.families.interfaces import Autoencoder
    from gen100.training.loop import Trained
    from gen100.training.phase import Trainable

OUTPUTS = ("curve.csv", "run.json", "model.safetensors")
"""Of a network that was trained, in the order in which they are written."""


def _cost(trained: "Trained") -> dict[str, Any]:
    """What a training took, and of what program: images, seconds, peak memory in bytes, device, versions."""
    return {
        "images_seen": trained.images,
        "seconds": round(trained.seconds, 2),
        "memory": trained.memory,
        **trained.trained_by,
    }


def _write(
    target: Path, run: dict[str, Any], params: Params, cell: Cell, trained: "Trained", header: dict[str, Any]
) -> None:
    """Write OUTPUTS: the curve, the record of the run and what it took, and the weights with their header."""
    from gen100.training.curve import write_curve
    from gen100.weights import save_weights

    sizes = {"batch_size": params.batch_size(cell), "latent_size": cell.latent}
    write_curve(target / "curve.csv", trained.curve)
    files.write_json(target / "run.json", run | {"family": cell.family} | sizes | _cost(trained))
    # Last, since its header tells a copy that waited that all outputs are there.
    save_weights(target / "model.safetensors", trained.network.state_dict(), header)


@contextmanager
def run_training(
    *,
    place: str,
    seed: int,
    batch_size: int,
    training: Training,
    mark: str,
    build: "Callable[[Cifar100], Trainable]",
) -> "Iterator[Trained]":
    """Train what `build` makes, and keep the GPU for the block, which writes the outputs.

    The last checkpoint stays, so that outputs which are deleted can be written again. The caller holds a lock, so
    that nobody else trains in this place.

    Args:
        place: its stage and what that is run for; the folder of its checkpoints below checkpoints/.
        mark: the fingerprint of all that decides the weights but the budget.
    """
    from gen100.data import arrays
    from gen100.device import device
    from gen100.training.loop import Run, train
    from gen100.training.randomness import reseed

    folder = layout.CHECKPOINTS / place
    files.ready(folder)
    with device() as where:
        data = arrays.load(layout.ARRAYS)
        reseed(seed, "weights")
        network = build(data)
        run = Run(place.replace("/", " ", 1), seed, batch_size, training, mark, folder)
        yield train(network, data, run, where)


def autoencoder(params: Params, name: str, seed: int) -> None:
    """Train an autoencoder, for all the cells that use it."""
    from gen100.metrics.perceptual import load_perceptual

    cell, target = params.autoencoders[name], layout.autoencoder(name, seed)
    features = stages.features(cell)
    header = _autoencoder_header(params, name, seed)
    with run_training(
        place=f"autoencoder/{name}/{seed}",
        seed=seed,
        batch_size=params.batch_size(cell),
        training=params.settings(cell).first_stage.training,
        mark=header["fingerprint"],
        build=lambda _data: FAMILIES[cell.family].build_autoencoder(
            cell, params.settings(cell), load_perceptual(features[0]) if features else None
        ),
    ) as trained:
        _write(target, {"autoencoder": name, "seed": seed}, params, cell, trained, header)


def has_autoencoder(params: Params, name: str, seed: int) -> bool:
    """Whether the outputs of `autoencoder` are there whole, of this code, these parameters and this data."""
    return _is_made(layout.autoencoder(name, seed), lambda: _autoencoder_header(params, name, seed))


def has_model(params: Params, cell: Cell, seed: int) -> bool:
    """Whether the outputs of `train` are there whole, of this code, these parameters and this data."""
    return _is_made(layout.run(cell, seed), lambda: _train_header(params, cell, seed))


def _is_made(target: Path, header: Callable[[], dict[str, Any]]) -> bool:
    """Whether all files are there and the last one, which is written last, has the header."""
    from gen100.weights import read_header

    try:
        return all((target / name).exists() for name in OUTPUTS) and (
            read_header(target / OUTPUTS[-1], "train") == header()
        )
    except UserError:
        return False


def _autoencoder_header(params: Params, name: str, seed: int) -> dict[str, Any]:
    """All settings, and the fingerprint of what decides the weights but the budget."""
    cell, settings = params.autoencoders[name], keys.autoencoder(params, name)
    decides = keys.but_for_budget(settings, f"models.{cell.family}.autoencoder.training")
    sources, others = autoencoder_sources(cell.family), stages.features(cell)
    mark = fingerprint(sources, seed, {"autoencoder": name, **decides}, *others)
    return {"settings": settings, "fingerprint": mark}


def _train_header(params: Params, cell: Cell, seed: int) -> dict[str, Any]:
    """As `_autoencoder_header`, of a run's model."""
    settings = keys.train(params, cell)
    decides = keys.but_for_budget(settings, f"models.{cell.family}.training")
    sources, others = model_sources(cell.family), stages.first_stage(cell, seed)
    mark = fingerprint(sources, seed, {"cell": str(cell), **decides}, *others)
    return {"settings": settings, "fingerprint": mark}


def load_autoencoder(params: Params, cell: Cell, seed: int) -> "Autoencoder | None":
    """The trained first stage of a cell, or None for a family of one stage.

    Raises:
        UserError: its weights are missing, damaged, or of another network.
    """
    from gen100.families.build import build_autoencoder
    from gen100.weights import load_weights

    network = build_autoencoder(params, cell)
    if network is not None:
        (file,) = stages.first_stage(cell, seed)
        load_weights(file, network, f"autoencoder {cell.autoencoder} {seed}")
    return network


def train(params: Params, cell: Cell, seed: int) -> None:
    """Train a run's model; write its averaged weights, its curve, and what it took."""
    from gen100.families.build import build_model

    target = layout.run(cell, seed)

    def build(data: "Cifar100") -> "Trainable":
        return build_model(params, cell, data.fine_names, load_autoencoder(params, cell, seed))

    header = _train_header(params, cell, seed)
    with run_training(
        place=f"train/{cell}/{seed}",
        seed=seed,
        batch_size=params.batch_size(cell),
        training=params.settings(cell).training,
        mark=header["fingerprint"],
        build=build,
    ) as trained:
        _write(target, {"cell": str(cell), "loss": cell.loss, "seed": seed}, params, cell, trained, header)
