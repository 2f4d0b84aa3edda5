"""The stages of the thesis's reports, as DVC is told of them."""

from gen100 import layout
from gen100.config import Params
from gen100.engines import keys
from gen100.engines.stages import Output, Stage, every_run, in_git
from gen100.layout import ARRAYS, COMPARISONS, REFERENCE, RESULTS
from gen100.thesis import layout as files


def stages(params: Params) -> list[Stage]:
    """In an order in which they can run."""
    figures = [*files.family_figures(params.families), *files.COST, *files.BIAS]
    shown = (
        *(ARRAYS, RESULTS, REFERENCE, COMPARISONS),
        *every_run(params, "curve.csv", "samples.npy", "neighbours.png"),
        *(*files.CLAIMS, *files.FORENSICS, *files.TABLES, *figures, *files.THEORY),
    )
    samples = (ARRAYS, layout.extractor("metric"), REFERENCE, *every_run(params, "samples.npy"))
    judged = (ARRAYS, RESULTS, REFERENCE, *every_run(params, "curve.csv", "samples.npy", "resamples.csv"))
    return [
        Stage("forensics", (), samples, in_git(files.FORENSICS), keys.forensics(params)),
        Stage("claims", (), judged, in_git(files.CLAIMS), keys.report(params)),
        Stage("tables", (), (RESULTS, REFERENCE, COMPARISONS), in_git(files.TABLES), {}),
        Stage("figures", (), judged, in_git(figures), keys.report(params)),
        Stage("theory", (), (ARRAYS,), in_git(files.THEORY), {}),
        Stage("page", (), shown, tuple(Output(path) for path in files.PAGES), keys.page(params)),
    ]
