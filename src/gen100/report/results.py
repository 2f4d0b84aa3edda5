"""One row a run: reports/results.csv."""

import json
import math
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pandas as pd

from gen100 import layout
from gen100.cells import Cell
from gen100.config import Params
from gen100.errors import UserError
from gen100.files import read_json, whole

COLUMNS = [
    *("cell", "family", "loss", "batch_size", "latent_size", "seed"),
    *("fid", "is", "is_std", "kid", "kid_std", "precision", "recall", "fid_limit", "fid_se"),
    *("fid_other", "kid_other", "precision_other", "recall_other"),
    *("reconstruction_fid", "fd_dinov2", "neighbour_ratio", "neighbour_closer", "class_accuracy"),
    *("train_loss", "val_loss"),
    *("images_seen", "seconds", "autoencoder_images", "autoencoder_seconds", "memory", "device"),
    *("extractor", "samples", "reference", "other", "data", "commit", "torch"),
]
"""`_other` is against the split that column `other` names; `memory` is the peak in bytes."""
MEASURED = {
    "fid": ("fid",),
    "isc": ("is", "is_std"),
    "kid": ("kid", "kid_std"),
    "prc": ("precision", "recall"),
}
"""What each of params' measures leaves in metrics.json."""
TEXTS = ["extractor", "reference", "other", "data"]
Kind = Literal["real", "noise", "constant"]

Record = dict[str, Any]


def _advice(stage: str, cell: str = "", seed: int = 0) -> str:
    return f"run stage {stage} {cell} {seed}" if cell else f"run stage {stage}"


def _check_record(record: Any, file: Path, numbers: list[str], texts: list[str], advice: str) -> Record:
    for key in (*numbers, *texts):
        if not isinstance(record, dict) or key not in record:
            raise UserError(f"{file} has no '{key}': remove it and {advice}")
    for key in numbers:
        if not isinstance(record[key], int | float) or not math.isfinite(record[key]):
            raise UserError(f"{file} holds {key} = {record[key]}, no finite number: remove it and {advice}")
    for key in texts:
        if not isinstance(record[key], str) or not record[key]:
            raise UserError(f"{file} holds no text under '{key}': remove it and {advice}")
    return record


def read_record(file: Path, numbers: list[str], texts: list[str], advice: str) -> Record:
    """Read a flat JSON file whose `numbers` must be finite and whose `texts` must be filled.

    Raises:
        UserError: the file or a key is missing, or a value is not finite; names the file and the way out.
    """
    try:
        record = read_json(file)
    except FileNotFoundError:
        raise UserError(f"{file} is missing: {advice}") from None
    except (json.JSONDecodeError, UnicodeDecodeError):
        raise UserError(f"{file} is no readable JSON: remove it and {advice}") from None
    return _check_record(record, file, numbers, texts, advice)


def read_curve(cell: Cell | str, seed: int) -> pd.DataFrame:
    """The loss curve of a run: columns epoch, step, images, train_loss, val_loss, then named parts.

    Raises:
        UserError: missing, empty, without those columns, or ending in losses that are not finite.
    """
    file = layout.run(cell, seed) / "curve.csv"
    advice = _advice("train", str(cell), seed)
    try:
        curve = pd.read_csv(file)
    except FileNotFoundError:
        raise UserError(f"{file} is missing: {advice}") from None
    except (pd.errors.EmptyDataError, pd.errors.ParserError):
        raise UserError(f"{file} is no readable CSV: remove it and {advice}") from None
    lacking = [name for name in ("epoch", "images", "train_loss", "val_loss") if name not in curve]
    if lacking or curve.empty:
        raise UserError(f"{file} lacks {', '.join(lacking) or 'rows'}: remove it and {advice}")
    for name in ("train_loss", "val_loss"):
        last = curve[name].iloc[-1]
        if not isinstance(last, int | float | np.integer) or not math.isfinite(last):
            raise UserError(f"{file} ends with {name} = {last}, no finite number: remove it and {advice}")
    return curve


def _measured(params: Params) -> list[str]:
    """The keys of metrics.json against the main reference, and of what needs no reference."""
    asked = [key for measure in params.metrics.measures for key in MEASURED[measure]]
    return [*asked, "fid_limit", "fid_se"]


def read_reference(params: Params, kind: Kind = "real") -> Record:
    """What every table is read by: the floor, real images against real images, or a ceiling.

    Args:
        kind: `real` images of the other split, `noise`, or one `constant` image.

    Raises:
        UserError: missing or not finite.
    """
    advice = _advice("reference")
    record = read_record(layout.REFERENCE, [], [], advice)
    if kind not in record:
        raise UserError(f"{layout.REFERENCE} has no '{kind}': remove it and {advice}")
    return _check_record(record[kind], layout.REFERENCE, ["samples", *_measured(params)], TEXTS, advice)


def _row(params: Params, cell: Cell, seed: int) -> Record:
    folder = layout.run(cell, seed)
    curve = read_curve(cell, seed)
    other = "test" if params.metrics.reference == "train" else "train"
    against_other = {f"{key}_other": f"{key}_{other}" for key in ("fid", "kid", "precision", "recall")}
    asked = _measured(params)
    numbers = [*asked, *("samples", "neighbour_ratio", "neighbour_closer")]
    numbers += [name for column, name in against_other.items() if column.removesuffix("_other") in asked]
    numbers += ["reconstruction_fid"] if cell.autoencoder else []
    numbers += ["fd_dinov2"] if params.metrics.dinov2 else []
    metrics = read_record(folder / "metrics.json", numbers, TEXTS, _advice("evaluate", str(cell), seed))
    ran = ["images_seen", "seconds", "memory"]
    run = read_record(folder / "run.json", ran, ["device", "commit", "torch"], _advice("train", str(cell), seed))
    name, first = cell.autoencoder, {}
    if name is not None:
        file, advice = layout.autoencoder(name, seed) / "run.json", _advice("autoencoder", name, seed)
        first = read_record(file, ["images_seen", "seconds"], [], advice)
    known = {
        "cell": str(cell),
        "family": cell.family,
        "loss": cell.loss,
        "batch_size": params.batch_size(cell),
        "latent_size": cell.latent,
        "seed": seed,
        "train_loss": curve["train_loss"].iloc[-1],
        "val_loss": curve["val_loss"].iloc[-1],
        "autoencoder_images": first.get("images_seen"),
        "autoencoder_seconds": first.get("seconds"),
    }
    known |= {key: metrics[key] for key in (*numbers, *TEXTS)}
    known |= {column: metrics.get(name) for column, name in against_other.items()}
    known["class_accuracy"] = metrics.get("class_accuracy")
    known |= {key: run[key] for key in (*ran, "device", "commit", "torch")}
    return {column: known.get(column) for column in COLUMNS}


def aggregate(params: Params) -> None:
    """Write reports/results.csv, one row a run, in the order of `cells`, then `seeds`.

    The losses are those of the last row of the run's curve. A measure that
    params does not ask for stays empty.

    Raises:
        UserError: an input is missing or not finite, or runs were measured with different extractors, data,
            reference images or sample counts, so that their numbers do not compare.
    """
    rows = [_row(params, Cell.parse(text), seed) for text in params.cells for seed in params.seeds]
    for key in (*TEXTS, "samples"):
        for row in rows:
            if row[key] != rows[0][key]:
                first, other = (f"{r['cell']}/{r['seed']} has '{r[key]}'" for r in (rows[0], row))
                raise UserError(
                    f"runs differ in {key}, so they do not compare: {first}, {other}; evaluate them anew"
                )
    with whole(layout.RESULTS) as temporary:
        pd.DataFrame(rows, columns=COLUMNS).to_csv(temporary, index=False, lineterminator="\n")


def read_results() -> list[Record]:
    """The rows that `aggregate` wrote; a measure that was not asked for is None.

    Raises:
        UserError: they were not written yet.
    """
    try:
        results = pd.read_csv(layout.RESULTS)
    except FileNotFoundError:
        raise UserError(f"{layout.RESULTS} is missing: {_advice('aggregate')}") from None
    return results.astype(object).where(results.notna(), None).to_dict("records")  # pyright: ignore[reportReturnType]
