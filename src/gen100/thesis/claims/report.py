"""The verdicts as files: reports/claims.<language>.csv and .md."""

from collections import Counter

import pandas as pd

from gen100 import i18n, layout
from gen100.files import whole, write_text
from gen100.i18n import N_, _
from gen100.report.labels import admitted, caveat, extractor_label, span
from gen100.report.table import made_with
from gen100.thesis.claims.claim import VERDICTS, ClaimVerdict, judge
from gen100.thesis.claims.runs import ThesisRuns, read_runs
from gen100.thesis.claims.table import CLAIMS

COLUMNS = ["id", "claim", "verdict", "evidence", "figure"]
"""`verdict` is a key of VERDICTS, `figure` is relative to reports/; the other two are in the file's language."""

RULE = N_(
    "A claim is refuted if one of its parts is false beyond noise, supported if all its parts are true beyond "
    "noise, and inconclusive otherwise. A difference is beyond noise where a t test over seeds and a test over "
    "samples both reject at 5% (contradictions: adjusted by Holm's method within their part); a single seed "
    "shows no difference. FID lies above its limit for infinitely many samples, by about the same amount in "
    "cells of equal sample count; the reference images are taken as given. For losses and costs only the noise "
    "of seeds is known. Numbers read a − b = difference, where b may be a level named in the statement."
)
"""How the verdicts come about; a message, to be translated."""


def write_claims(_params: object) -> None:
    """Judge every claim and write reports/claims.<language>.csv and .md in each language.

    Raises:
        UserError: results, the reference, a curve, resamples or samples are missing or broken.
    """
    runs = read_runs()
    for language in i18n.LANGUAGES:
        with i18n.language(language):
            verdicts = [judge(claim, runs) for claim in CLAIMS]
            rows = []
            for each in verdicts:
                evidence = " ".join([*(part.text for part in each.parts), _basis(each, runs)])
                rows.append([each.claim.id, _(each.claim.text), each.verdict, evidence, _figure(each)])
            with whole(layout.CLAIMS.with_suffix(f".{language}.csv")) as temporary:
                pd.DataFrame(rows, columns=COLUMNS).to_csv(temporary, index=False, lineterminator="\n")
            write_text(layout.CLAIMS.with_suffix(f".{language}.md"), as_markdown(verdicts, runs))


def as_markdown(verdicts: list[ClaimVerdict], runs: ThesisRuns) -> str:
    """A table of verdicts, the evidence of each claim, and how to read it, in the current language."""
    told = caveat(runs.provenance.data, [row["images_seen"] for row in runs.rows])
    title = admitted(_("The thesis's claims: what these results say"), told)
    lines = [f"**{title}**", ""]
    lines += [_("| Claim | What it says | Verdict | Figure |"), "| --- | --- | --- | --- |"]
    evidence = []
    for each in verdicts:
        name, text, verdict, figure = each.claim.id, _(each.claim.text), _(VERDICTS[each.verdict]), _figure(each)
        lines.append(f"| {name} | {text} | {verdict} | [{figure}]({figure}) |")
        evidence += ["", f"**{name}. {text}: {verdict}**", "", *(f"- {part.text}" for part in each.parts)]
    return "\n".join([*lines, *evidence, "", _(RULE), "", describe(runs), ""])


def describe(runs: ThesisRuns) -> str:
    """Data, extractor, samples, reference, training, seeds and devices, in a few sentences."""
    none = [] if runs.rows else [_("None of the thesis's cells is in the results.")]
    return " ".join([*made_with(runs.provenance, runs.rows), *none])


def _basis(verdict: ClaimVerdict, runs: ThesisRuns) -> str:
    """What the numbers of a claim rest on."""
    network = extractor_label(runs.provenance.extractor)
    rows = [row for row in runs.rows if row["family"] in verdict.claim.families]
    if not rows:
        return _("[{extractor}; no runs]").format(extractor=network)
    return _("[{extractor}; samples: {samples}; seeds: {seeds}; images seen: {seen}]").format(
        extractor=network,
        samples=span(row["samples"] for row in rows),
        seeds=span(Counter(row["cell"] for row in rows).values()),
        seen=span(row["images_seen"] for row in rows),
    )


def _figure(verdict: ClaimVerdict) -> str:
    """The figure in the current language, relative to reports/."""
    name, _dot, kind = verdict.claim.figure.rpartition(".")
    return f"{layout.FIGURES.name}/{name}.{i18n.current()}.{kind}"
