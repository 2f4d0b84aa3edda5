"""What the page shows of each cell: its losses, its images and their nearest neighbours."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

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


@dataclass(frozen=True)
class CellImages:
    """The pictures and curves of a cell, which say the same in every language.

    Attributes:
        curves: one per seed.
    """

    cell: Cell
    curves: list[pd.DataFrame]
    samples: Picture
    neighbours: Picture


@dataclass(frozen=True)
class CellCard:
    """A cell as the page shows it, in the current language.

    Attributes:
        size: (batch, latent), as the thesis writes it.
        measures: heads and values.
        losses: what the two lines of the graph are.
        scale: of the graph.
    """

    cell: Cell
    size: str
    measures: list[tuple[str, str]]
    losses: tuple[str, str]
    scale: str
    graph: Picture
    graph_alt: str
    images: CellImages


def _shown(params: Params) -> np.ndarray:
    """Which samples; sample k is of class k modulo 100."""
    return spread(np.arange(params.sampling.images) % 100, SHOWN)


def real_images(params: Params, arrays: Cifar100) -> Picture:
    """Training images of the classes that the cells' pictures show, in the same order."""
    return tiles(examples(arrays.train_images, arrays.train_labels, _shown(params) % 100))


def read_images(params: Params) -> list[CellImages]:
    """The pictures of every cell, in the order of params.yaml.

    Raises:
        UserError: a curve, samples or a picture of neighbours is missing or broken.
    """
    seed, shown = params.seeds[0], _shown(params)
    return [
        CellImages(
            cell,
            [read_curve(cell, each) for each in params.seeds],
            tiles(read_samples(cell, seed, shown)),
            photograph(read_pairs(layout.run(cell, seed) / "neighbours.png", NEIGHBOUR_ROWS)),
        )
        for cell in map(Cell.parse, params.cells)
    ]


def card(images: CellImages, params: Params, measures: Table) -> CellCard:
    """A cell's card.

    Args:
        measures: the table of all measures.
    """
    cell, curves = images.cell, images.curves
    line = next(line for line in measures.rows if line.cell == cell)
    scale = _(SCALES[choose_scale(both_losses(curves))])
    first, second = loss_names(cell.family)
    alt = _("{cell}: {first} and {second}, {scale}; from {start} to {end}.").format(
        cell=f"{cell.title}, {cell.latent}",
        first=first,
        second=second,
        scale=scale,
        start=_losses(curves[0], 0),
        end=_losses(curves[0], -1),
    )
    return CellCard(
        cell=cell,
        size=f"({params.batch_size(cell)}, {cell.latent})",
        measures=[
            (column.head, line.values[column.key].text) for column in measures.columns if column.key in MEASURES
        ],
        losses=(first, second),
        scale=scale,
        graph=loss_graph(curves, cell.family),
        graph_alt=alt,
        images=images,
    )


def _losses(curve: pd.DataFrame, row: int) -> str:
    """Both losses at the start or the end of a curve."""
    return " / ".join(plain(float(curve[name].iloc[row]), 4) for name in COLUMNS)
