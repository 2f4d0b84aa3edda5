"""The distances of resampled images, which evaluating a run leaves next to its metrics."""

import numpy as np
import pandas as pd
from pandas.api.types import is_numeric_dtype

from gen100 import layout
from gen100.cells import Cell
from gen100.errors import UserError
from gen100.report.records import advice, read_table

COLUMNS = ["kind", "images", "replicate", "fid"]


def read_resamples(cell: Cell | str, seed: int) -> pd.DataFrame:
    """A run's resamples.csv: columns kind ('bootstrap' or 'subset'), images, replicate, fid.

    Raises:
        UserError: missing, unreadable, without those columns, without bootstrap rows or not finite.
    """
    file = layout.run(cell, seed) / "resamples.csv"
    way_out = advice("evaluate", str(cell), seed)
    rows = read_table(file, way_out, COLUMNS)
    if "bootstrap" not in set(rows["kind"]):
        raise UserError(f"{file} lacks bootstrap rows: remove it and {way_out}")
    if not is_numeric_dtype(rows["fid"]) or not np.isfinite(rows["fid"].to_numpy(float)).all():
        raise UserError(f"{file} holds a fid that is not a finite number: remove it and {way_out}")
    return rows


def bootstrap(cell: Cell | str, seeds: list[int]) -> tuple[np.ndarray, np.ndarray]:
    """The FID of bootstrap replicates, their mean over seeds.

    Replicate r of all runs with as many images draws the same indices: those of two cells can be subtracted.

    Returns:
        R x 2: number of images and replicate, sorted; and R distances.

    Raises:
        UserError: as `read_resamples`, or the runs have different replicates.
    """
    drawn, fids = [], []
    for seed in seeds:
        rows = read_resamples(cell, seed).query("kind == 'bootstrap'").sort_values(["images", "replicate"])
        drawn.append(rows[["images", "replicate"]].to_numpy())
        fids.append(rows["fid"].to_numpy())
        if not np.array_equal(drawn[0], drawn[-1]):
            raise UserError(
                f"{layout.run(cell, seed)}/resamples.csv has other replicates: evaluate all runs again"
            )
    return drawn[0], np.mean(fids, axis=0)
