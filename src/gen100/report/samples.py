"""A run's samples.npy, and its resamples.csv: the distances of its samples, drawn again or in part."""

from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pandas.api.types import is_numeric_dtype

from gen100 import layout
from gen100.cells import Cell
from gen100.errors import UserError
from gen100.report.records import advice, read_table

MAGIC = b"\x93NUMPY"
"""What every .npy file begins with."""
CHECKED = 1000
"""Images that are searched for values other than 0, 1 and 255."""


def read_samples(cell: Cell | str, seed: int, chosen: NDArray[np.integer] | None = None) -> NDArray[np.uint8]:
    """A run's samples, N x 3 x 32 x 32: all, or those with the indices `chosen`, which alone are then read.

    Raises:
        UserError: the file is missing, damaged, holds something other than uint8 images or too few of them, or
            images that were cast to uint8 without scaling.
    """
    file, way_out = layout.run(cell, seed) / "samples.npy", advice("sample", str(cell), seed)
    samples = _mapped(file, way_out)
    if chosen is not None and len(chosen) and len(samples) <= chosen.max():
        raise UserError(
            f"{file} holds {len(samples)} images, of which number {chosen.max()} is asked for: {way_out}"
        )
    some = samples[:CHECKED]
    if not ((some > 1) & (some < 255)).any():
        raise UserError(
            f"{file} holds no values but 0, 1 and 255: images in [0, 1] or [-1, 1] that were cast to uint8 without"
            f" scaling, or a model that draws nothing; correct it and {way_out} again"
        )
    return np.array(samples if chosen is None else samples[chosen])


def _mapped(file: Path, way_out: str) -> NDArray[np.uint8]:
    """The images of a file, mapped into memory; its type and shape are checked before anything else."""
    try:
        with file.open("rb") as opened:
            is_array = opened.read(len(MAGIC)) == MAGIC
        if not is_array:
            raise UserError(f"{file} is not a .npy file of images (it begins otherwise): {way_out} again")
        samples = np.load(file, mmap_mode="r", allow_pickle=False)
    except FileNotFoundError:
        raise UserError(f"{file} is missing: {way_out}") from None
    except (OSError, EOFError, ValueError) as error:
        raise UserError(f"{file} cannot be read ({error}): {way_out} again") from None
    if samples.dtype != np.uint8 or samples.shape[1:] != (3, 32, 32) or not len(samples):
        shape = " x ".join(map(str, samples.shape)) or "a single value"
        raise UserError(
            f"{file} holds {samples.dtype}, {shape}, not uint8 images, N x 3 x 32 x 32: {way_out} again"
        )
    return samples


def read_resamples(cell: Cell | str, seed: int) -> pd.DataFrame:
    """A run's resamples.csv: columns kind ('bootstrap' or 'subset'), images, replicate, fid; UserError where it is
    missing, unreadable, without those columns, without bootstrap rows or not finite."""
    file, way_out = layout.run(cell, seed) / "resamples.csv", advice("evaluate", str(cell), seed)
    rows = read_table(file, way_out, ("kind", "images", "replicate", "fid"))
    if "bootstrap" not in set(rows["kind"]):
        raise UserError(f"{file} lacks bootstrap rows: remove it and {way_out}")
    if not is_numeric_dtype(rows["fid"]) or not np.isfinite(rows["fid"].to_numpy(float)).all():
        raise UserError(f"{file} holds a fid that is not a finite number: remove it and {way_out}")
    return rows


def bootstrap(cell: Cell | str, seeds: list[int]) -> tuple[np.ndarray, np.ndarray]:
    """The FID of bootstrap replicates, their mean over seeds: R x 2, number of images and replicate, sorted; and R
    distances.

    Replicate r of all runs with as many images draws the same indices: those of two cells can be subtracted.
    UserError as in `read_resamples`, or where the runs have different replicates.
    """
    drawn, fids = [], []
    for seed in seeds:
        rows = read_resamples(cell, seed).query("kind == 'bootstrap'").sort_values(["images", "replicate"])
        drawn.append(rows[["images", "replicate"]].to_numpy())
        fids.append(rows["fid"].to_numpy())
        if not np.array_equal(drawn[0], drawn[-1]):
            file = layout.run(cell, seed) / "resamples.csv"
            raise UserError(f"{file} has other replicates: evaluate all runs again")
    return drawn[0], np.mean(fids, axis=0)
