"""reports/results.csv: one row per run, with its measures and what they were measured with."""

import math

import numpy as np
import pandas as pd

from gen100 import layout
from gen100.cells import Cell
from gen100.config import Params
from gen100.errors import UserError
from gen100.families.registry import FAMILIES
from gen100.files import whole
from gen100.metrics.measures import columns, computed, may_be_empty
from gen100.provenance import Provenance, difference
from gen100.report.records import Record, advice, check_numbers, provenance_of, read_record, read_table

LOSSES = ("train_loss", "val_loss")
VERSIONS = ("device", "commit", "torch")


def provenance_columns(provenance: Provenance) -> Record:
    """What a run was measured with, as columns of results.csv.

    `extractor_accuracy` is in [0, 1], for the project's own network; `other` is the split that measures ending in
    `_other` are against.
    """
    data, extractor = provenance.data, provenance.extractor
    return {
        "distance": extractor.distance,
        "extractor": extractor.kind,
        **{f"extractor_{key}": getattr(extractor, key) for key in ("accuracy", "seed", "synthetic", "sha256")},
        "data": data.name,
        **{f"data_{key}": getattr(data, key) for key in ("train", "test", "seed")},
        "synthetic": data.synthetic,
        "reference": provenance.reference.split,
        "reference_images": provenance.reference.images,
        "other": provenance.other.split,
        "other_images": provenance.other.images,
        "samples": provenance.samples,
    }


def read_curve(cell: Cell | str, seed: int) -> pd.DataFrame:
    """The loss curve of a run: columns epoch, step, images, train_loss, val_loss, then named parts; UserError
    where it is missing, empty, without those columns, or ending in losses that are not finite."""
    file, way_out = layout.run(cell, seed) / "curve.csv", advice("train", str(cell), seed)
    curve = read_table(file, way_out, ("epoch", "images", *LOSSES))
    if curve.empty:
        raise UserError(f"{file} lacks rows: remove it and {way_out}")
    for name in LOSSES:
        last = curve[name].iloc[-1]
        if not isinstance(last, int | float | np.integer) or not math.isfinite(last):
            raise UserError(f"{file} ends with {name} = {last}, not a finite number: remove it and {way_out}")
    return curve


def _measures(params: Params, cell: Cell, seed: int) -> tuple[Record, Provenance]:
    """The numbers of a run's metrics.json, all that params.yaml asks for, and what they were measured with."""
    file, way_out = layout.run(cell, seed) / "metrics.json", advice("evaluate", str(cell), seed)
    record = read_record(file, [], [], way_out)
    conditional, staged = FAMILIES[cell.family].conditional, cell.autoencoder is not None
    measures = computed(params.metrics, captions=conditional, autoencoder=staged, unseen=True)
    asked = {key for measure in measures for key in measure.keys()}  # noqa: SIM118
    provenance = provenance_of(record, file, way_out)
    numbers = [key for key in columns() if key in asked or key in record]
    check_numbers(record, numbers, file, way_out, may_be_empty())
    return {key: record.get(key) for key in columns()}, provenance


def _row(params: Params, cell: Cell, seed: int) -> tuple[Record, Provenance]:
    curve = read_curve(cell, seed)
    measures, provenance = _measures(params, cell, seed)
    file, numbers = layout.run(cell, seed) / "run.json", ["images_seen", "seconds"]
    run = read_record(file, [*numbers, "memory"], VERSIONS, advice("train", str(cell), seed))
    autoencoder: Record = {}
    if (name := cell.autoencoder) is not None:
        file, way_out = layout.autoencoder(name, seed) / "run.json", advice("autoencoder", name, seed)
        autoencoder = read_record(file, numbers, [], way_out)
    before = {"cell": str(cell), "family": cell.family, "loss": cell.loss, "batch_size": params.batch_size(cell)}
    before |= {"latent_size": cell.latent, "seed": seed}
    after = {
        **{name: curve[name].iloc[-1] for name in LOSSES},
        **{key: run[key] for key in numbers},
        "autoencoder_images": autoencoder.get("images_seen"),
        "autoencoder_seconds": autoencoder.get("seconds"),
        **{key: run[key] for key in ("memory", *VERSIONS)},
        "threads": run.get("threads"),
        **provenance_columns(provenance),
    }
    if taken := sorted(measures.keys() & (before | after).keys()):
        raise ValueError(
            f"results.csv has a column '{taken[0]}' already: give that number of a measure another key"
        )
    return before | measures | after, provenance


def aggregate(params: Params) -> None:
    """Write reports/results.csv, one row per run, in the order of `cells`, then `seeds`.

    The losses are those of the last row of the run's curve. A measure that the run was not asked for, or cannot
    have, stays empty.

    Raises:
        UserError: an input is missing or not finite, or runs were measured with different extractors, data,
            reference images or sample counts, so that their numbers do not compare.
    """
    runs = [(cell, seed) for cell in map(Cell.parse, params.cells) for seed in params.seeds]
    found = [_row(params, cell, seed) for cell, seed in runs]
    (first, expected), *_ = found
    for row, provenance in found:
        if differing := difference(expected.model_dump(), provenance.model_dump()):
            field, one, other = differing
            raise UserError(
                f"runs differ in {field}, so they do not compare: {first['cell']}/{first['seed']} has {one!r},"
                f" {row['cell']}/{row['seed']} has {other!r}; evaluate them again"
            )
    with whole(layout.RESULTS) as temporary:
        pd.DataFrame([row for row, _ in found]).to_csv(temporary, index=False, lineterminator="\n")


def read_results() -> list[Record]:
    """The rows that `aggregate` wrote, where a measure that was not asked for is None; UserError before that."""
    # Digests may consist of digits alone.
    results = read_table(layout.RESULTS, advice("aggregate"), dtype={"extractor_sha256": str, "commit": str})
    return results.astype(object).where(results.notna(), None).to_dict("records")  # pyright: ignore[reportReturnType]


def by_cell(results: list[Record]) -> dict[Cell, list[Record]]:
    """The runs of each cell, in the order of the results."""
    found: dict[Cell, list[Record]] = {}
    for run in results:
        found.setdefault(Cell.parse(run["cell"]), []).append(run)
    return found
