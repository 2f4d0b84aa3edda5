"""The tables as a real LaTeX sees them."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from gen100.families.registry import FAMILIES
from gen100.report.results import aggregate
from gen100.thesis.tables import write_tables
from support.report_workspace import ALL_CELLS, make_workspace

pytestmark = pytest.mark.skipif(
    not all(map(shutil.which, ("pdflatex", "pdftotext"))), reason="pdflatex or pdftotext is missing: make tools"
)

PREAMBLE = {
    "en": r"\usepackage[T1]{fontenc}\usepackage[english]{babel}",
    "uk": r"\usepackage[T2A]{fontenc}\usepackage[ukrainian]{babel}",
}


@pytest.mark.parametrize("language", ["en", "uk"])
def test_every_table_compiles_as_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, language: str) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setitem(FAMILIES["dalle"].losses, "mse", "βλ-MSE")
    params = make_workspace(tmp_path, ALL_CELLS, seeds=(0, 1))
    aggregate(params)
    write_tables(params)
    files = sorted(Path("reports/tables").glob(f"*.{language}.tex"))
    assert [file.name.partition(".")[0] for file in files] == ["table_3_1", "table_3_2", "table_measures"]
    inputs = "\n".join(rf"\input{{reports/tables/{file.stem}}}\clearpage" for file in files)
    Path("main.tex").write_text(
        rf"\documentclass[a4paper]{{article}}{PREAMBLE[language]}\usepackage{{booktabs}}"
        rf"\begin{{document}}{inputs}\end{{document}}",
        encoding="utf-8",
    )
    command = ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "main.tex"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120, errors="replace")
    assert done.returncode == 0, done.stdout[-2000:]
    log = re.sub(r"\n(?=\S)", "", Path("main.log").read_text(encoding="utf-8", errors="replace"))
    assert "Missing character" not in log
    assert "LaTeX Error" not in log
    # A table that is larger than its page, or a number that is wider than its column's heads.
    assert "Float too large" not in log
    assert not re.search(r"Overfull \\[hv]box", log)
    # A float a table, and one for each panel of the table of all measures.
    assert re.search(r"Output written on main\.pdf \(6 pages", log)
    words = subprocess.run(["pdftotext", "-bbox", "main.pdf", "-"], capture_output=True, text=True, check=True)
    edges = [float(edge) for edge in re.findall(r'x(?:Min|Max)="([-\d.]+)"', words.stdout)]
    # A4 is 595 points wide; 1 cm of margin stays.
    assert min(edges) > 28
    assert max(edges) < 595 - 28
