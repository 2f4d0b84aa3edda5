"""What the page shows of each cell: its losses, its images and their nearest neighbours."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from gen100 import layout
from gen100.cells import Cell
from gen100.config import Params
from gen100.data.arrays import Cifar100
from gen100.families.registry import FAMILIES
from gen100.report import words
from gen100.report.grid import examples, spread
from gen100.report.neighbours import read_pairs
from gen100.report.results import Record, read_curve
from gen100.report.samples import read_samples
from gen100.report.table import value_of
from gen100.report.words import Text
from gen100.thesis.appendices import loss_names
from gen100.thesis.page import pictures
from gen100.thesis.page.pictures import SHOWN, Picture
from gen100.thesis.page.prose import LOSS_NAMES, SCALES


@dataclass(frozen=True)
class CellView:
    """One cell: its loss' title, heads with values, what the lines and the scale of the graph are, pictures."""

    cell: Cell
    loss: str
    size: str
    measures: list[tuple[Text, str]]
    lines: tuple[Text, Text]
    scale: Text
    graph: Picture
    samples: Picture
    neighbours: Picture


def _shown(params: Params) -> np.ndarray:
    """Which samples; sample k is of class k modulo 100."""
    return spread(np.arange(params.sampling.images) % 100, SHOWN)


def real_images(params: Params, arrays: Cifar100) -> Picture:
    """Training images of the classes that the cells' pictures show, in the same places."""
    alt: Text = {
        "en": f"{SHOWN} real training images of as many classes.",
        "uk": f"Справжні навчальні зображення, по одному на клас, усього {SHOWN}.",
    }
    return pictures.tiles(examples(arrays.train_images, arrays.train_labels, _shown(params) % 100), alt)


def cell_views(params: Params, results: list[Record]) -> list[CellView]:
    """Every cell in the order of params.

    Raises:
        UserError: a curve, samples or a picture of neighbours is missing or broken.
    """
    by_cell = {text: [row for row in results if row["cell"] == text] for text in params.cells}
    return [_view(params, Cell.parse(text), runs) for text, runs in by_cell.items()]


def _view(params: Params, cell: Cell, runs: list[Record]) -> CellView:
    curves = [read_curve(cell, seed) for seed in params.seeds]
    scale = SCALES[pictures.scale_of(curves)]
    first, second = (LOSS_NAMES[name] for name in loss_names(cell.family))
    title = f"{cell.title}, {cell.latent}"
    extractor = runs[0]["extractor"]
    measured = {"fid": "FID", "is": "IS"}

    def head(name: Any) -> Text:
        return words.both(lambda language: words.measure_head(name, extractor, language))

    graph_alt: Text = {
        "en": f"{title}: {first['en']} and {second['en']} loss, {scale['en']}; from {_ends(curves, 0)} to"
        f" {_ends(curves, -1)}.",
        "uk": f"{title}: {first['uk']} та {second['uk']}, {scale['uk']}; від {_ends(curves, 0)} до"
        f" {_ends(curves, -1)}.",
    }
    samples_alt: Text = {"en": f"{SHOWN} images of {title}.", "uk": f"{title}: згенеровані зображення ({SHOWN})."}
    pairs_alt: Text = {
        "en": f"Images of {title}, each left of its nearest training image.",
        "uk": f"{title}: зображення, кожне ліворуч від найближчого навчального.",
    }
    place = layout.run(cell, params.seeds[0])
    return CellView(
        cell=cell,
        loss=FAMILIES[cell.family].losses[cell.loss],
        size=f"({params.batch_size(cell)}, {cell.latent})",
        measures=[
            (head(name), value_of(key, runs).text) for key, name in measured.items() if runs[0][key] is not None
        ],
        lines=(first, second),
        scale=scale,
        graph=pictures.loss_graph(curves, cell.family, graph_alt),
        samples=pictures.tiles(read_samples(cell, params.seeds[0], _shown(params)), samples_alt),
        neighbours=pictures.photograph(read_pairs(place / "neighbours.png", rows=2), pairs_alt),
    )


def _ends(curves: list[Any], row: int) -> str:
    """Both losses of the first seed, at the start or the end."""
    return " / ".join(f"{curves[0][name].iloc[row]:.4g}" for name in ("train_loss", "val_loss"))
