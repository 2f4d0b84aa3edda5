"""The theory figures of chapters 1 and 2, computed from their formulas."""

from gen100 import layout
from gen100.data.arrays import load
from gen100.report.style import save, styled
from gen100.report.theory import activations, descent, diffusion

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


def write_theory() -> None:
    """Write figures 1.1 to 1.6 and 2.8, which diffuses a training image, into reports/figures/.

    Raises:
        UserError: the data are missing.
    """
    arrays = load(layout.ARRAYS)
    with styled():
        for name, draw in FIGURES.items():
            figure, caption = draw()
            save(figure, layout.FIGURES / name, caption)
        figure, caption = diffusion.forward_and_reverse(arrays.train_images, arrays.train_labels, arrays.title)
        save(figure, layout.FIGURES / DIFFUSION, caption)
