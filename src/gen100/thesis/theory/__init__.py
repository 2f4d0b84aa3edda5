"""The theory figures of chapters 1 and 2, computed from their formulas."""

from collections.abc import Iterator
from functools import partial

from matplotlib.figure import Figure

from gen100 import i18n, layout
from gen100.data.arrays import Cifar100, load
from gen100.report.style import Caption, save, styled
from gen100.thesis.stages import theory_figure
from gen100.thesis.theory import activations, descent, diffusion

FIGURES = {
    "figure_1_1": descent.local_minimum,
    "figure_1_2": descent.global_minimum,
    "figure_1_3": descent.plateau,
    "figure_1_4": activations.saturation,
    "figure_1_5": activations.five_activations,
    "figure_1_6": activations.normalization,
}
DIFFUSION = "figure_2_8"
NAMES = (*FIGURES, DIFFUSION)


def draw_all(arrays: Cifar100) -> Iterator[tuple[str, Figure, Caption]]:
    """Figures 1.1 to 1.6, then 2.8, which diffuses a training image of `arrays`, in the current language.

    Yields:
        One of NAMES, the figure and its caption.
    """
    last = partial(diffusion.forward_and_reverse, arrays.train_images, arrays.train_labels, arrays.facts)
    for name, draw in {**FIGURES, DIFFUSION: last}.items():
        with styled():
            drawn = draw()
        yield name, *drawn


def write_theory() -> None:
    """Write every theory figure into reports/figures/, once per language.

    Raises:
        UserError: the data are missing.
    """
    arrays = load(layout.ARRAYS)
    for language in i18n.LANGUAGES:
        with i18n.language(language):
            for name, figure, caption in draw_all(arrays):
                with styled():
                    save(figure, theory_figure(name, language), caption)
