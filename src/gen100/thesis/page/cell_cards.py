"""What the page shows of each cell: its losses, its images and their nearest neighbours."""

from typing import Any

import numpy as np

from gen100 import layout
from gen100.cells import Cell
from gen100.config import Params
from gen100.data.arrays import Cifar100
from gen100.i18n import N_, _
from gen100.report.grid import examples, spread
from gen100.report.loss_graph import COLUMNS, Scale, both_losses, choose_scale, loss_names
from gen100.report.neighbours import read_pairs
from gen100.report.results import read_curve
from gen100.report.samples import read_samples
from gen100.report.style import plain
from gen100.report.table import Table
from gen100.thesis.page.pictures import Picture, loss_graph, photograph, tiles

SHOWN = 32
"""Images of a cell."""
NEIGHBOUR_ROWS = 2
MEASURES = ("fid", "is")
"""Columns of the table of all measures that stand at the top of a card."""
SCALES: dict[Scale, str] = {
    "linear": N_("loss by epoch"),
    "log": N_("loss by epoch, log scale"),
    "symlog": N_("loss by epoch, symlog scale"),
}


def _shown(params: Params) -> np.ndarray:
    """Which samples; sample k is of class k modulo 100."""
    return spread(np.arange(params.sampling.images) % 100, SHOWN)


def real_images(params: Params, arrays: Cifar100) -> Picture:
    """Training images of the classes that the cells' pictures show, in the same order."""
    return tiles(examples(arrays.train_images, arrays.train_labels, _shown(params) % 100))


def cell_pictures(name: str, params: Params) -> dict[str, Picture]:
    """The pictures of a cell that are the same in every language.

    Raises:
        UserError: samples or a picture of neighbours is missing or broken.
    """
    cell, seed = Cell.parse(name), params.seeds[0]
    return {
        "samples": tiles(read_samples(cell, seed, _shown(params))),
        "neighbours": photograph(read_pairs(layout.run(cell, seed) / "neighbours.png", NEIGHBOUR_ROWS)),
    }


def cell_card(name: str, params: Params, measures: Table) -> dict[str, Any]:
    """A cell as the page shows it, in the current language, without `cell_pictures`.

    Args:
        measures: the table of all measures.

    Raises:
        UserError: a curve is missing or broken.
    """
    cell = Cell.parse(name)
    curves = [read_curve(cell, each) for each in params.seeds]
    line = next(line for line in measures.rows if line.cell == cell)
    scale = _(SCALES[choose_scale(both_losses(curves))])
    first, second = loss_names(cell.family)
    # Both losses at the start and the end of the first curve.
    start, end = (
        " / ".join(plain(float(curves[0][column].iloc[row]), 4) for column in COLUMNS) for row in (0, -1)
    )
    return {
        "cell": cell,
        # As the thesis writes it.
        "size": f"({params.batch_size(cell)}, {cell.latent})",
        "measures": [
            (column.head, line.values[column.key].text) for column in measures.columns if column.key in MEASURES
        ],
        "losses": (first, second),
        "scale": scale,
        "graph": loss_graph(curves, cell.family),
        "graph_alt": _("{cell}: {first} and {second}, {scale}; from {start} to {end}.").format(
            cell=f"{cell.title}, {cell.latent}", first=first, second=second, scale=scale, start=start, end=end
        ),
    }
