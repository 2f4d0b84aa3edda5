"""What counts as explained, and what the report says of it."""

import csv
import re

import numpy as np
import pytest
from scipy.stats import kruskal

from gen100 import i18n
from gen100.cells import Cell
from gen100.families.registry import FAMILIES
from gen100.i18n import _
from gen100.thesis.forensics.facts import ForensicsFacts, Measurement
from gen100.thesis.forensics.mistakes import CORRECT, MISTAKES, NAMED, MetricPipeline
from gen100.thesis.forensics.report import as_markdown, brief, interval
from gen100.thesis.forensics.verdict import HIGH, LOW, SCORES, in_range, judge, miss
from support.made_up_forensics import made_up_facts, real, result, samples
from support.processes import ROOT

THESIS = ROOT / "src/gen100/thesis/thesis.csv"


@pytest.mark.parametrize(
    ("found", "explains", "missed"),
    [
        ([real(1.0, 2.0), *samples((1.001, 1000.0), (1.004, 1500.0))], "both", "none"),
        ([real(1.0, 2.0), *samples((1.0, 300.0), (1.0, 900.0))], "IS", "low"),
        ([real(1.0, 2.0), *samples((1.0, 3000.0), (1.0, 9000.0))], "IS", "high"),
        ([real(1.0, 2.0), *samples((1.0, 300.0), (1.0, 1200.0))], "IS", "mixed"),
        ([real(1.0, 2.0), *samples((1.0, 1200.0), (1.0, 1201.0))], "IS", "same"),
        ([real(9.0, 2.0), *samples((1.0, 1200.0), (1.0, 1400.0))], "FID", "none"),
        ([real(1.0, 2.0), *samples((1.006, 1200.0), (1.0, 1400.0))], "FID", "none"),
        ([real(9.0, 1200.0), *samples((1.0, 12.0))], "neither", "low"),
        ([*samples((1.0, 1200.0))], "both", "none"),
        ([real(1.0, 2.0), *samples((1.0, None))], "IS", "mixed"),
    ],
)
def test_verdicts(found: list[Measurement], explains: str, missed: str) -> None:
    assert judge(found) == explains
    assert miss(found) == missed


@pytest.mark.parametrize(
    ("low", "high", "inside"),
    [
        (989.0345, 989.0345, True),
        (989, 989, False),
        (1900, 1900, False),
        (1899, 3000, True),
        (1, 988, False),
        (None, None, False),
    ],
)
def test_the_range_is_the_printed_one(low: float | None, high: float | None, inside: bool) -> None:
    assert in_range(low, high) == inside


def sections(facts: ForensicsFacts) -> dict[str, list[str]]:
    """The lines of each section of the report, without the signs of lists and their escapes."""
    _title, *parts = as_markdown(facts).split("\n\n## ")
    found = [part.strip().replace("\\", "").split("\n") for part in parts]
    return {heading: [line.removeprefix("- ") for line in lines if line] for heading, *lines in found}


CONCLUSIONS, SINGLES, PAIRS, PRINTED, METHOD = sections(made_up_facts())
"""The headings of the sections in English."""


def cells(rows: list[str]) -> list[list[str]]:
    """The cells of a table in Markdown, without its head."""
    return [row.strip("| ").split(" | ") for row in rows[2:]]


def test_what_the_thesis_printed() -> None:
    rows = list(csv.DictReader(THESIS.open(encoding="utf-8")))
    assert len(rows) == 24
    assert (LOW, HIGH, SCORES) == (989.0345, 1899.2275, [1.0])
    families: dict[str, list[float]] = {}
    for row in rows:
        families.setdefault(row["model"], []).append(float(row["fid"]))
    said = " ".join(sections(made_up_facts())[PRINTED])
    assert f"over all families gives p = {kruskal(*families.values()).pvalue:.2f}" in said
    medians = {family: i18n.number(float(np.median(values))) for family, values in families.items()}
    assert all(f"{FAMILIES[family].title} {text}" in said for family, text in medians.items())
    without_worst = (values for family, values in families.items() if family != "vae")
    assert f"the highest median, p = {kruskal(*without_worst).pvalue:.2f}" in said
    sizes = {(row["model"], row["loss"], row["latent_size"]): float(row["fid"]) for row in rows}
    pairs = [
        (fid, sizes[family, loss, "1024" if family == "stylegan2" else "2048"])
        for (family, loss, size), fid in sizes.items()
        if size == "128"
    ]
    lower = sum(large < small for small, large in pairs)
    assert f"the lower FID in {lower} of {len(pairs)} pairs" in said


def test_what_is_said_of_the_printed_numbers_follows_them(monkeypatch: pytest.MonkeyPatch) -> None:
    facts = made_up_facts()
    text = " ".join(sections(facts)[PRINTED])
    assert "a factor of 1.92" in text
    assert "a factor of 2.50" in text
    assert "do not distinguish those families" in text
    others = [Cell(family, "x", size) for family in ("vae", "dalle", "stylegan2") for size in range(10)]
    fids = {cell: 1000.0 * (1 + len(cell.family)) + cell.latent for cell in others}
    monkeypatch.setattr("gen100.thesis.forensics.report.FIDS", fids)
    assert "distinguish even those families" in " ".join(sections(facts)[PRINTED])


def test_conclusions_are_made_from_the_facts() -> None:
    facts = made_up_facts(
        result("logits", "both", real(1.0, 999.0), *samples((1.0, 1200.0), (1.0, 1500.0))),
        result("split_each", "IS", *samples((1.0, 100.0))),
        result("unit_cast", "IS", *samples((1.002, 100.0))),
        result("unit_cast scatter", "both", *samples((1.002, 1000.0))),
        result("root", "neither", *samples((2.0, 10.0))),
    )
    said = sections(facts)[CONCLUSIONS]
    logits, split, cast = (
        "“FID of logits”",
        "“IS with as many splits as images”",
        "“samples in [0, 1] cast to uint8”",
    )
    assert "prints 1.00 for 0 of 3 sets" in said[0]
    assert said[1] == f"One mistake explains both columns (1): {logits}."
    assert said[2].endswith(f"(3): {logits}; {split}; {cast}.")
    assert said[3].endswith(f"(2): {logits}; {split}.")
    assert said[4].endswith(f"with FID too low: {cast}.")
    assert said[5].endswith(f"(1): {logits}.")
    assert f"(printed: 1.92): {logits} 1.25." in said[6]
    assert "even real images would get an FID in the range" in said[7]
    pair = "“samples in [0, 1] cast to uint8; covariance not divided by N - 1: grows with N”"
    assert said[8].endswith(f"(1): {pair}.")
    assert said[9].endswith(f"In IS alone: {split}.")
    assert "IS alone (1) together with any that explains FID (1)" in said[9]
    assert (
        said[10] == "Ruled out, explain neither column (2): “uniform noise instead of samples”; “the distance"
        " instead of its square”."
    )
    assert len(said) == 11


def test_nothing_is_said_that_the_facts_do_not_hold() -> None:
    with i18n.language("uk"):
        said = next(iter(sections(made_up_facts()).values()))
    assert said[1] == "Обидва стовпці через одну помилку (0): немає."
    assert said[-1].endswith("(1): «рівномірний шум замість зразків».")
    assert len(said) == 6


def test_tables_hold_each_result_once() -> None:
    cast = result("unit_cast", "IS", real(1.0, 5.0), *samples((1.0, 300.0), (1.004, 1200.0)))
    pair = result("unit_cast logits", "both", *samples((1.0, 1000.0), (1.0, 1800.0)))
    found = sections(made_up_facts(cast, pair))
    singles, pairs = cells(found[SINGLES]), cells(found[PAIRS])
    assert {len(row) for row in singles} == {9}
    assert [row[0] for row in singles] == [
        "none: the correct pipeline",
        "uniform noise instead of samples",
        "samples in [0, 1] cast to uint8",
    ]
    assert singles[2][2:] == [
        *("1.00", "1.00", "5.00", "300–1,200", "300–1,200", "100"),
        "explains IS (FID in range for some only)",
    ]
    assert singles[1][2] == "—"
    assert pairs[0][0] == "samples in [0, 1] cast to uint8; FID of logits"
    assert pairs[0][-1] == "explains both columns"
    assert sections(made_up_facts(cast))[PAIRS] == ["None."]


def test_the_method_names_data_network_and_scale() -> None:
    said = " ".join(sections(made_up_facts())[METHOD])
    assert "Data: synthetic stand-in (2,000 training images, seed 0)." in said
    assert "FD, CIFAR-100 network (seed 3, test accuracy 48.1%)" in said
    assert "from vae-elbo-128, stylegan2-hinge-1024 (seed 4)" in said
    assert "noise is at 200; under Inception v3 it is assumed to be at 250 to 500" in said
    assert "“IS of a single image”" in said.partition("Not tried")[2]
    assert "compare directly" not in said
    assert "compare directly" in " ".join(sections(made_up_facts(extractor="inception-v3-compat"))[METHOD])


def test_the_report_speaks_ukrainian_with_decimal_commas() -> None:
    cast = result("signed_cast", "IS", real(1.0, 5.25), *samples((1.0, 300.0), (1.004, 1200.0)))
    facts = made_up_facts(cast)
    with i18n.language("uk"):
        title, _sign, text = as_markdown(facts).partition("\n")
        headings = list(sections(facts))
    assert title.endswith("від 989 до 1\N{NO-BREAK SPACE}899 — синтетичні дані (synthetic)")
    assert "пояснює IS (FID у межах лише для деяких)" in text
    assert "5,25" in text
    assert "p = 0,80" in text
    assert not re.search(r"\d\.\d\d", text)
    assert len(headings) == 5
    assert not set(headings) & {CONCLUSIONS, SINGLES, PAIRS, PRINTED, METHOD}


def test_every_mistake_speaks_ukrainian() -> None:
    with i18n.language("uk"):
        titles = {_(mistake.title) for mistake in MISTAKES}
        assert len(titles) == len(MISTAKES)
        for mistake in MISTAKES:
            assert re.search("[а-яіїєґ]", _(mistake.title))
            # What stays as it is must be code.
            assert _(mistake.seen) != mistake.seen or re.search(r"[()=]|\w\[\d\]", mistake.seen)


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.0, "0.0"), (1899.2275, "1,899"), (3.14159, "3.14"), (2e-7, "2e-7"), (1.2e20, "1e20"), (-429.4, "-429")],
)
def test_brief_numbers(value: float, text: str) -> None:
    assert brief(value) == text


def test_intervals() -> None:
    assert interval([None, None]) == "—"
    assert interval([1.004, None, 1.0], 2) == "1.00"
    assert interval([5.0, -2.0]) == "-2.00 … 5.00"
    assert interval([1200.0, 300.0]) == "300–1,200"


def test_mistakes_differ_and_each_changes_something() -> None:
    assert len(NAMED) == len(MISTAKES) + 1
    assert len({mistake.title for mistake in MISTAKES}) == len(MISTAKES)
    for mistake in MISTAKES:
        assert bool(mistake.changed) != bool(mistake.replacement)
    joined = MetricPipeline(layer="logits").joined(MetricPipeline(distance="scatter"))
    assert joined == MetricPipeline(layer="logits", distance="scatter")
    assert not CORRECT.changed
