"""What `make demo` leaves behind is whole; skipped where it has not run."""

import csv
import math

import pytest

from gen100.config import load_params
from gen100.families.registry import FAMILIES
from gen100.i18n import LANGUAGES
from gen100.layout import family_figure
from support.processes import ROOT, snakemake

DEMO = ROOT / "demo"
pytestmark = pytest.mark.skipif(
    not (DEMO / "reports/index.html").exists(), reason="no demo outputs: run `make demo` first"
)


def rows() -> list[dict[str, str]]:
    with (DEMO / "reports/results.csv").open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_a_row_for_each_of_the_24_cells_and_every_number_finite() -> None:
    found = rows()
    assert [row["cell"] for row in found] == load_params(DEMO / "params.yaml").cells
    assert len(found) == 24
    for row in found:
        for name in ("fid", "is", "is_std", "kid", "train_loss", "val_loss", "images_seen", "seconds", "samples"):
            assert math.isfinite(float(row[name])), (row["cell"], name)
        assert (row["data"], row["synthetic"]) == ("synthetic", "True")
        assert (row["distance"], row["extractor"]) == ("FD", "cifar100-network")


@pytest.mark.parametrize("language", ["en", "uk"])
@pytest.mark.parametrize(("table", "cells"), [("3_1", 8), ("3_2", 16)])
def test_tables_hold_their_cells_the_thesis_numbers_the_floor_and_the_ceilings(
    table: str, cells: int, language: str
) -> None:
    stem = DEMO / f"reports/tables/table_{table}.{language}"
    with stem.with_suffix(f".{language}.csv").open(encoding="utf-8") as file:
        assert len(list(csv.reader(file))) == 1 + cells + 3
    for suffix in ("md", "tex"):
        text = stem.with_suffix(f".{language}.{suffix}").read_text(encoding="utf-8")
        assert "synthetic" in text
        printed = "1545.6937" if table == "3_1" else "1899.2275"
        assert (printed.replace(".", ",") if language == "uk" else printed) in text


def test_appendices_and_runs_have_their_pictures() -> None:
    for family in FAMILIES:
        for language in LANGUAGES:
            assert (DEMO / family_figure(family, language)).stat().st_size > 100_000
    assert len(list(DEMO.glob("results/*/0/grid.png"))) == 24
    assert len(list(DEMO.glob("results/*/0/curve.csv"))) == 24


def test_a_second_run_has_nothing_to_do() -> None:
    done = snakemake("-n", "--directory", "demo")
    assert done.returncode == 0
    assert "Nothing to be done" in done.stdout + done.stderr
