"""The stages that train: from a checkpoint if there is one, to a run's files."""

import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gen100 import __version__, files, layout
from gen100.cells import Cell
from gen100.config import Params, Training
from gen100.engines.plan import autoencoder_settings, train_settings
from gen100.errors import UserError
from gen100.families.registry import FAMILIES
from gen100.fingerprint import autoencoder_sources, fingerprint, model_sources
from gen100.locks import locked
from gen100.version import commit

if TYPE_CHECKING:
    from gen100.data.arrays import Cifar100
    from gen100.training.loop import Trained
    from gen100.training.phase import Trainable

AUTOENCODER_FILES = ("autoencoder.csv", "autoencoder.json", "autoencoder.safetensors")
"""Of the stage, in the order in which they are written."""


def _cost(trained: "Trained") -> dict[str, Any]:
    """What a training took, and of what program: images, seconds, peak memory in bytes, device, versions."""
    import torch

    from gen100.device import describe, peak_memory

    where = next(trained.network.parameters()).device
    return {
        "images_seen": trained.images,
        "seconds": round(trained.seconds, 2),
        "memory": peak_memory(where),
        "device": describe(where),
        "gen100": __version__,
        "commit": commit(),
        "torch": torch.__version__,
    }


@contextmanager
def run_training(
    *,
    name: str,
    place: str,
    seed: int,
    batch_size: int,
    training: Training,
    mark: str,
    build: "Callable[[Cifar100], Trainable]",
) -> "Iterator[Trained]":
    """Train what `build` makes; remove the checkpoint only when the block, which writes the outputs, succeeded.

    The caller holds a lock, so that nobody else trains in this place.

    Args:
        place: the folder of its checkpoints below checkpoints/.
        mark: the fingerprint of all that decides the weights.
    """
    from gen100.data import arrays
    from gen100.device import device
    from gen100.training import checkpoint
    from gen100.training.loop import Run, train
    from gen100.training.randomness import reseed

    folder = Path("checkpoints") / place
    files.ready(folder)
    with device() as where:
        data = arrays.load(layout.ARRAYS)
        reseed(seed, "weights")
        network = build(data)
        run = Run(name, seed, batch_size, training, mark, folder)
        yield train(network, data, run, where)
        checkpoint.remove(folder)


def autoencoder(params: Params, cell: Cell, seed: int) -> None:
    """Train the cell's autoencoder, or take the same one from a cell that shares it; an empty file where the
    model has none, so that every run has the same stages."""
    if cell.autoencoder is None:
        _write_none(layout.run(cell, seed))
        return
    mark = _autoencoder_mark(params, cell, seed)
    with locked(f"autoencoder-{cell.autoencoder}-{seed}", f"autoencoder {cell.autoencoder}/{seed}"):
        if not _take_shared(params, cell, seed, mark):
            _train_autoencoder(params, cell, seed, mark)


def has_autoencoder(params: Params, cell: Cell, seed: int) -> bool:
    """Whether the run's autoencoder is there whole, made by this code of these parameters and this data."""
    return cell.autoencoder is not None and _made(
        layout.run(cell, seed),
        AUTOENCODER_FILES,
        lambda: _autoencoder_mark(params, cell, seed),
    )


def has_model(params: Params, cell: Cell, seed: int) -> bool:
    """Whether the outputs of `train` are there whole, made by this code of these parameters and this data."""
    return _made(
        layout.run(cell, seed),
        ("curve.csv", "run.json", "model.safetensors"),
        lambda: _train_mark(params, cell, seed),
    )


def _made(target: Path, names: tuple[str, ...], mark: Callable[[], str]) -> bool:
    """Whether all files are there and the last one, which is written last, has the fingerprint."""
    from gen100.weights import read_header

    try:
        return all((target / name).exists() for name in names) and (
            read_header(target / names[-1], "train").get("fingerprint") == mark()
        )
    except UserError:
        return False


def _features(cell: Cell) -> Path | None:
    """The network of the perceptual loss, for cells that have it."""
    return layout.extractor("perceptual") if cell.loss in FAMILIES[cell.family].perceptual else None


def _autoencoder_mark(params: Params, cell: Cell, seed: int) -> str:
    features = _features(cell)
    sources = autoencoder_sources(cell.family)
    return fingerprint(sources, seed, autoencoder_settings(params, cell), *([features] if features else []))


def _train_mark(params: Params, cell: Cell, seed: int) -> str:
    first_stage = layout.run(cell, seed) / "autoencoder.safetensors"
    decides = {"cell": str(cell), **train_settings(params, cell)}
    return fingerprint(model_sources(cell.family), seed, decides, first_stage)


def _write_none(target: Path) -> None:
    from safetensors.numpy import save

    files.write_bytes(target / "autoencoder.safetensors", save({}, {"gen100": "{}"}))
    files.write_text(target / "autoencoder.csv", "epoch,step,images,train_loss,val_loss\n")
    files.write_json(target / "autoencoder.json", {"images_seen": 0, "seconds": 0.0})


def _take_shared(params: Params, cell: Cell, seed: int, mark: str) -> bool:
    """Copy the autoencoder of another cell, if one with the same fingerprint is there."""
    from gen100.weights import read_header

    target = layout.run(cell, seed)
    for other in map(Cell.parse, params.cells):
        source = layout.run(other, seed)
        weights = source / "autoencoder.safetensors"
        if other == cell or other.autoencoder != cell.autoencoder or not weights.exists():
            continue
        try:
            if read_header(weights, f"autoencoder {other} {seed}").get("fingerprint") != mark:
                continue
            for name in AUTOENCODER_FILES:
                with files.whole(target / name) as temporary:
                    shutil.copyfile(source / name, temporary)
        except (UserError, FileNotFoundError):
            # An engine has just deleted the other's outputs, to make them again.
            continue
        print(f"autoencoder of {cell}/{seed}: the same as {other}/{seed}'s, copied", file=sys.stderr)
        return True
    return False


def _train_autoencoder(params: Params, cell: Cell, seed: int, mark: str) -> None:
    from gen100.metrics.perceptual import load_perceptual
    from gen100.training.curve import write_curve
    from gen100.weights import save_weights

    target = layout.run(cell, seed)
    features = _features(cell)
    with run_training(
        name=f"autoencoder {cell.autoencoder}/{seed}",
        place=f"autoencoder/{cell.autoencoder}/{seed}",
        seed=seed,
        batch_size=params.batch_size(cell),
        training=params.settings(cell).first_stage.training,
        mark=mark,
        build=lambda _data: FAMILIES[cell.family].build_autoencoder(
            cell, params.settings(cell), load_perceptual(features) if features else None
        ),
    ) as trained:
        write_curve(target / "autoencoder.csv", trained.curve)
        files.write_json(target / "autoencoder.json", _cost(trained))
        save_weights(target / "autoencoder.safetensors", trained.network.state_dict(), {"fingerprint": mark})


def train(params: Params, cell: Cell, seed: int) -> None:
    """Train a run's model; write its averaged weights, its curve, and what it took."""
    import torch

    from gen100.data.captions import caption_tokens
    from gen100.training.curve import write_curve
    from gen100.weights import load_weights, save_weights

    target = layout.run(cell, seed)
    first_stage = target / "autoencoder.safetensors"

    def build(data: "Cifar100") -> "Trainable":
        captions = torch.from_numpy(caption_tokens(data.fine_names))
        if cell.autoencoder is None:
            return FAMILIES[cell.family].build_model(cell, params.settings(cell), captions, None)
        autoencoder = FAMILIES[cell.family].build_autoencoder(cell, params.settings(cell), None)
        load_weights(first_stage, autoencoder, f"autoencoder {cell} {seed}")
        return FAMILIES[cell.family].build_model(cell, params.settings(cell), captions, autoencoder)

    training = params.settings(cell).training
    mark = _train_mark(params, cell, seed)
    with run_training(
        name=f"train {cell}/{seed}",
        place=f"train/{cell}/{seed}",
        seed=seed,
        batch_size=params.batch_size(cell),
        training=training,
        mark=mark,
        build=build,
    ) as trained:
        record = {
            "cell": str(cell),
            "family": cell.family,
            "loss": cell.loss,
            "batch_size": params.batch_size(cell),
            "latent_size": cell.latent,
            "seed": seed,
            **_cost(trained),
        }
        write_curve(target / "curve.csv", trained.curve)
        files.write_json(target / "run.json", record)
        header = {"settings": train_settings(params, cell), "fingerprint": mark}
        # Last, since its fingerprint tells a copy that waited that all outputs are there.
        save_weights(target / "model.safetensors", trained.network.state_dict(), header)
