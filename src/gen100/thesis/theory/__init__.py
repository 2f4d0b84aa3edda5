"""The theory figures of chapters 1 and 2, computed from their formulas."""

from collections.abc import Callable, Iterator
from functools import partial

from matplotlib.figure import Figure

from gen100 import i18n, layout
from gen100.data.arrays import Cifar100, load
from gen100.report.style import Caption, save, styled
from gen100.thesis.stages import THEORY_NAMES, theory_figure
from gen100.thesis.theory import activations, descent, diffusion


def draw_all(arrays: Cifar100) -> Iterator[tuple[str, Figure, Caption]]:
    """Figures 1.1 to 1.6, then 2.8, which diffuses a training image of `arrays`, in the current language: name,
    figure and caption of each."""
    figures: list[Callable[[], descent.Drawn]] = [
        *(descent.local_minimum, descent.global_minimum, descent.plateau),
        *(activations.saturation, activations.five_activations, activations.normalization),
        partial(diffusion.forward_and_reverse, arrays.train_images, arrays.train_labels, arrays.facts),
    ]
    for name, draw in zip(THEORY_NAMES, figures, strict=True):
        with styled():
            drawn = draw()
        yield name, *drawn


def write_theory() -> None:
    """Write every theory figure into reports/figures/, once per language; UserError where the data are missing."""
    arrays = load(layout.ARRAYS)
    for language in i18n.LANGUAGES:
        with i18n.language(language):
            for name, figure, caption in draw_all(arrays):
                with styled():
                    save(figure, theory_figure(name, language), caption)
