"""What each stage of each run depends on in params.yaml, and nothing more.

Both engines compare these settings to decide what runs again: Snakemake as a rule's `params`, DVC through
plan.json, whose entries its stages name as parameters.
"""

from typing import Any

from gen100.cells import Cell
from gen100.config import ArchiveData, Only, Params, Settings, Source, SyntheticData


def _content(data: ArchiveData | SyntheticData) -> dict[str, Any]:
    """What decides the archive's content: its checksum, or how it is drawn."""
    return {"checksum": data.checksum} if isinstance(data, ArchiveData) else relevant(data)


def relevant(settings: Settings, *names: str) -> dict[str, Any]:
    """The settings as plain values, without those that matter only to other models or losses than `names`.

    Where a file is taken from is left out too: its checksum says what it holds.
    """
    values = settings.model_dump(mode="json")
    for key, field in type(settings).model_fields.items():
        value = getattr(settings, key)
        marks = [mark for mark in field.metadata if isinstance(mark, Only)]
        if (marks and not set(marks[0].names) & set(names)) or (isinstance(settings, Source) and key == "source"):
            del values[key]
        elif isinstance(value, Settings):
            values[key] = relevant(value, *names)
    return values


def autoencoder_settings(params: Params, cell: Cell) -> dict[str, Any]:
    """What decides a cell's autoencoder: the same for all cells that share it."""
    if cell.autoencoder is None:
        return {"autoencoder": None}
    names = (cell.model,) if cell.autoencoder != str(cell) else (cell.model, cell.loss)
    settings = getattr(params.models, cell.model).autoencoder
    return {
        "autoencoder": cell.autoencoder,
        "batch_size": params.batch_size(cell),
        **relevant(settings, *names),
    }


def train_settings(params: Params, cell: Cell) -> dict[str, Any]:
    settings = getattr(params.models, cell.model)
    return {"batch_size": params.batch_size(cell), **relevant(settings, cell.model, cell.loss)}


def make_plan(params: Params) -> dict[str, Any]:
    """Every stage's settings: for stages of a run keyed by `<cell>-<seed>`, for extractors by role."""
    cells = [Cell.parse(text) for text in params.cells]
    runs = {f"{cell}-{seed}": cell for cell in cells for seed in params.seeds}
    measures = {"measures": params.metrics.measures, "reference": params.metrics.reference}
    return {
        "fetch": _content(params.data),
        "prepare": relevant(params.data),
        "extractor": {
            "metric": relevant(params.metrics.extractor),
            "perceptual": relevant(params.metrics.perceptual),
        },
        "autoencoder": {run: autoencoder_settings(params, cell) for run, cell in runs.items()},
        "train": {run: train_settings(params, cell) for run, cell in runs.items()},
        "sample": {run: relevant(params.sampling, cell.model) for run, cell in runs.items()},
        "evaluate": dict.fromkeys(runs, measures),
        "reference": {**measures, "images": params.sampling.images},
        "report": {"cells": params.cells, "seeds": params.seeds},
    }
