"""The verdicts as files: reports/claims.<language>.csv and .md."""

from collections import Counter

import pandas as pd

from gen100 import i18n, layout
from gen100.files import whole, write_text
from gen100.i18n import _
from gen100.report.labels import caveat, extractor_label, span
from gen100.report.table import made_with
from gen100.report.table_formats import for_markdown
from gen100.thesis.claims.claim import VERDICTS, ClaimVerdict, ThesisClaim, judge
from gen100.thesis.claims.runs import ThesisRuns
from gen100.thesis.claims.table import CLAIMS
from gen100.thesis.templates import render

COLUMNS = ["id", "claim", "verdict", "evidence", "figure"]
"""`verdict` is a key of VERDICTS, `figure` is relative to reports/; the other two are in the file's language."""


def write_claims(_params: object) -> None:
    """Judge every claim and write reports/claims.<language>.csv and .md in each language.

    Raises:
        UserError: results, the reference, a curve, resamples or samples are missing or broken.
    """
    runs = ThesisRuns()
    for language in i18n.LANGUAGES:
        with i18n.language(language):
            verdicts = [judge(claim, runs) for claim in CLAIMS]
            rows = [
                [claim.id, _(claim.text), verdict, " ".join([*evidence, _basis(claim, runs)]), claim.figure_file]
                for claim, verdict, evidence in verdicts
            ]
            with whole(layout.CLAIMS.with_suffix(f".{language}.csv")) as temporary:
                pd.DataFrame(rows, columns=COLUMNS).to_csv(temporary, index=False, lineterminator="\n")
            write_text(layout.CLAIMS.with_suffix(f".{language}.md"), as_markdown(verdicts, runs))


def as_markdown(verdicts: list[ClaimVerdict], runs: ThesisRuns) -> str:
    """A table of verdicts, the evidence of each claim, and how to read it, in the current language."""
    return render(
        "claims/report.md.j2",
        {
            "verdicts": verdicts,
            "titles": VERDICTS,
            "caveat": caveat(runs.provenance.data, [row["images_seen"] for row in runs.rows]),
            "made_with": " ".join(made_with(runs.provenance, runs.rows)),
            "runs": runs,
        },
        escape=for_markdown,
    )


def _basis(claim: ThesisClaim, runs: ThesisRuns) -> str:
    """What the numbers of a claim rest on."""
    network = extractor_label(runs.provenance.extractor)
    rows = [row for row in runs.rows if row["family"] in claim.families]
    if not rows:
        return _("[{extractor}; no runs]").format(extractor=network)
    return _("[{extractor}; samples: {samples}; seeds: {seeds}; images seen: {seen}]").format(
        extractor=network,
        samples=span(row["samples"] for row in rows),
        seeds=span(Counter(row["cell"] for row in rows).values()),
        seen=span(row["images_seen"] for row in rows),
    )
