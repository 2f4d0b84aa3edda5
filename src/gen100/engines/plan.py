"""What each stage of each run depends on in params.yaml, and nothing more.

Both engines compare these settings to decide what runs again: Snakemake as a rule's `params`, DVC through
plan.json, whose entries its stages name as parameters.
"""

from typing import Any

from gen100.cells import Cell
from gen100.config import Params
from gen100.families.registry import FAMILIES
from gen100.settings import Only, Settings


def relevant(settings: Settings, *names: str) -> dict[str, Any]:
    """The settings as plain values, without those marked for other losses or stages than `names`."""
    values = settings.model_dump(mode="json")
    for key, field in type(settings).model_fields.items():
        value = getattr(settings, key)
        marks = [mark for mark in field.metadata if isinstance(mark, Only)]
        if marks and not set(marks[0].names) & set(names):
            del values[key]
        elif isinstance(value, Settings):
            values[key] = relevant(value, *names)
    return values


def autoencoder_settings(params: Params, cell: Cell) -> dict[str, Any]:
    """What decides a cell's autoencoder: the same for all cells that share it."""
    if cell.autoencoder is None:
        return {"autoencoder": None}
    names = () if cell.autoencoder != str(cell) else (cell.loss,)
    settings = params.settings(cell).first_stage
    return {
        "autoencoder": cell.autoencoder,
        "batch_size": params.batch_size(cell),
        **relevant(settings, *names),
    }


def train_settings(params: Params, cell: Cell) -> dict[str, Any]:
    settings = params.settings(cell)
    return {"batch_size": params.batch_size(cell), **relevant(settings, cell.loss)}


def sampling_settings(params: Params, cell: Cell) -> dict[str, Any]:
    keys = ("images", *FAMILIES[cell.family].sampling.model_fields)
    return {key: getattr(params.sampling, key) for key in keys}


def make_plan(params: Params) -> dict[str, Any]:
    """Every stage's settings: for stages of a run keyed by `<cell>-<seed>`, for extractors by role."""
    cells = [Cell.parse(text) for text in params.cells]
    runs = {f"{cell}-{seed}": cell for cell in cells for seed in params.seeds}
    metrics = params.metrics
    measures = {"measures": metrics.measures, "reference": metrics.reference, "dinov2": metrics.dinov2 is not None}
    return {
        "fetch": relevant(params.data, "fetch"),
        "prepare": relevant(params.data, "prepare"),
        "extractor": {
            "metric": relevant(params.metrics.extractor),
            "perceptual": relevant(params.metrics.perceptual),
            "dinov2": relevant(params.metrics.dinov2) if params.metrics.dinov2 else {"weights": None},
        },
        "autoencoder": {run: autoencoder_settings(params, cell) for run, cell in runs.items()},
        "train": {run: train_settings(params, cell) for run, cell in runs.items()},
        "sample": {run: sampling_settings(params, cell) for run, cell in runs.items()},
        "evaluate": dict.fromkeys(runs, measures),
        "reference": {**measures, "images": params.sampling.images},
        "forensics": {"cells": params.cells, "seeds": params.seeds, "reference": params.metrics.reference},
        "report": {"cells": params.cells, "seeds": params.seeds},
    }
