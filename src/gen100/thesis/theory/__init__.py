"""The theory figures of chapters 1 and 2, computed from their formulas."""

from collections.abc import Iterator

from matplotlib.figure import Figure

from gen100 import layout
from gen100.data.arrays import Cifar100, load
from gen100.report.labels import data_label
from gen100.report.style import Caption, save, styled
from gen100.thesis.theory import activations, descent, diffusion

FIGURES = {
    "figure_1_1.svg": descent.local_minimum,
    "figure_1_2.svg": descent.global_minimum,
    "figure_1_3.svg": descent.plateau,
    "figure_1_4.svg": activations.saturation,
    "figure_1_5.svg": activations.five_activations,
    "figure_1_6.svg": activations.normalization,
}
DIFFUSION = "figure_2_8.svg"
NAMES = (*FIGURES, DIFFUSION)


def draw_all(arrays: Cifar100) -> Iterator[tuple[str, Figure, Caption]]:
    """Figures 1.1 to 1.6, then 2.8, which diffuses a training image of `arrays`: file name, figure, caption."""
    for name, draw in FIGURES.items():
        with styled():
            drawn = draw()
        yield name, *drawn
    with styled():
        drawn = diffusion.forward_and_reverse(arrays.train_images, arrays.train_labels, data_label(arrays.facts))
    yield DIFFUSION, *drawn


def write_theory() -> None:
    """Write every theory figure into reports/figures/.

    Raises:
        UserError: the data are missing.
    """
    for name, figure, caption in draw_all(load(layout.ARRAYS)):
        with styled():
            save(figure, layout.FIGURES / name, caption)
