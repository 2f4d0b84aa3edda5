"""All figures of a workspace's runs, once per language."""

from collections.abc import Callable

from gen100 import i18n, layout
from gen100.config import Params
from gen100.data.arrays import load
from gen100.report.bias import draw_bias
from gen100.report.cost import draw_cost
from gen100.report.family_figure import draw_family, usual_title
from gen100.report.reference import read_levels, read_provenance
from gen100.report.results import read_results
from gen100.report.style import styled


def write_figures(params: Params, title: Callable[[str], str] = usual_title) -> None:
    """Write reports/figures/{family_<family>.<language>.png, cost.<language>.svg, bias.<language>.svg}.

    Args:
        title: of a family's figure, in the current language.

    Raises:
        UserError: results, the reference, the data, a curve, samples or resamples are missing or broken.
    """
    results, facts, levels, arrays = read_results(), read_provenance(), read_levels(), load(layout.ARRAYS)
    for language in i18n.LANGUAGES:
        with i18n.language(language), styled():
            for family in params.families:
                draw_family(
                    params, family, title(family), results, arrays, facts, layout.family_figure(family, language)
                )
            draw_cost(results, levels, facts, layout.plot("cost", language))
            draw_bias(results, levels, facts, layout.plot("bias", language))
