"""The stages of the thesis's reports, as DVC is told of them."""

from gen100 import layout
from gen100.config import Params
from gen100.engines import keys
from gen100.engines.stages import Output, Stage, every_run, in_git
from gen100.layout import ARRAYS, COMPARISONS, REFERENCE, RESULTS
from gen100.thesis import layout as files


def stages(params: Params) -> list[Stage]:
    """In an order in which they can run."""
    runs = tuple(every_run(params, "curve.csv", "samples.npy", "resamples.csv"))
    return [
        Stage(
            "forensics",
            (),
            (ARRAYS, layout.extractor("metric"), REFERENCE, *every_run(params, "samples.npy")),
            in_git(files.forensics()),
            keys.forensics(params),
        ),
        Stage("claims", (), (ARRAYS, RESULTS, REFERENCE, *runs), in_git(files.claims()), keys.report(params)),
        Stage("tables", (), (RESULTS, REFERENCE, COMPARISONS), in_git(files.tables()), {}),
        Stage(
            "figures",
            (),
            (ARRAYS, RESULTS, REFERENCE, *runs),
            in_git([*files.family_figures(params.families), *files.cost(), *files.bias()]),
            keys.report(params),
        ),
        Stage("theory", (), (ARRAYS,), in_git(files.theory()), {}),
        Stage(
            "page",
            (),
            (
                *(ARRAYS, RESULTS, REFERENCE, COMPARISONS),
                *every_run(params, "curve.csv", "samples.npy", "neighbours.png"),
                *(*files.claims(), *files.forensics(), *files.tables()),
                *(*files.family_figures(params.families), *files.cost(), *files.bias(), *files.theory()),
            ),
            tuple(Output(path) for path in files.pages()),
            keys.page(params),
        ),
    ]
