"""results.csv and the tables made from it."""

import csv
import io
import json
import re
import shutil
import subprocess
from pathlib import Path
from statistics import stdev

import pandas as pd
import pytest
from report_workspace import ALL_CELLS, INCEPTION, OWN, SYNTHETIC, make_workspace

from gen100.cells import Cell
from gen100.errors import UserError
from gen100.report.aggregate import COLUMNS, aggregate
from gen100.report.tables import escaped, thesis_numbers, write_tables

CELLS = ["stylegan2-hinge-1024", "vae-elbo-128", "vae-wae-512", "vae-elbo-2048"]


@pytest.fixture
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def read_table(experiment: int, language: str = "en") -> list[dict[str, str]]:
    text = Path(f"reports/tables/table_3_{experiment}.{language}.csv").read_text(encoding="utf-8")
    return list(csv.DictReader(io.StringIO(text)))


def test_results_have_a_row_a_run_in_the_order_of_params(workspace: Path) -> None:
    params = make_workspace(workspace, CELLS, seeds=(3, 0))
    aggregate(params)
    results = pd.read_csv("reports/results.csv")
    assert list(results.columns) == COLUMNS
    assert list(zip(results["cell"], results["seed"], strict=True)) == [(c, s) for c in CELLS for s in (3, 0)]
    row = results.iloc[5]
    assert (row["model"], row["loss"], row["batch_size"], row["latent_size"]) == ("vae", "wae", 512, 512)
    assert (row["fid"], row["is"], row["kid"], row["images_seen"]) == (121.0, 2.5, 0.05, 200_000)
    curve = pd.read_csv("results/vae-wae-512/0/curve.csv")
    assert (row["train_loss"], row["val_loss"]) == pytest.approx(
        (curve["train_loss"].iloc[-1], curve["val_loss"].iloc[-1])
    )
    assert (row["fid_other"], row["kid_other"], row["precision_other"]) == (121.0, 0.05, 0.5)
    assert (row["fid_limit"], row["fid_se"], row["memory"]) == (119.0, 0.75, 1_500_000_000)
    assert (row["reference"], row["other"]) == ("train, 2,000 images", "test, 500 images")
    assert (row["autoencoder_images"], row["autoencoder_seconds"]) == (0, 0.0)
    empty = {column for column in COLUMNS if results[column].isna().any()}
    assert empty == {"reconstruction_fid", "fd_dinov2"}


def test_a_two_stage_model_has_its_autoencoders_cost_and_distance(workspace: Path) -> None:
    aggregate(make_workspace(workspace, ["vae-elbo-128", "dalle-mse-128"]))
    first, second = pd.read_csv("reports/results.csv").to_dict("records")
    assert (second["autoencoder_images"], second["autoencoder_seconds"]) == (50_000, 5.5)
    assert second["reconstruction_fid"] == 20.0
    assert pd.isna(first["reconstruction_fid"])


@pytest.mark.parametrize(
    ("name", "stage"), [("metrics.json", "evaluate"), ("run.json", "train"), ("curve.csv", "train")]
)
def test_a_missing_file_is_named_with_its_stage(workspace: Path, name: str, stage: str) -> None:
    params = make_workspace(workspace, CELLS)
    Path(f"results/vae-elbo-128/0/{name}").unlink()
    with pytest.raises(
        UserError, match=rf"results/vae-elbo-128/0/{name} is missing: run stage {stage} vae-elbo-128 0"
    ):
        aggregate(params)
    assert not Path("reports/results.csv").exists()


def test_a_number_that_is_not_finite_is_refused(workspace: Path) -> None:
    params = make_workspace(workspace, CELLS)
    file = Path("results/vae-elbo-128/0/metrics.json")
    good = file.read_text()
    file.write_text(json.dumps(json.loads(good) | {"fid": float("nan")}))
    with pytest.raises(UserError, match="fid = nan"):
        aggregate(params)
    file.write_text(good)
    curve = Path("results/vae-elbo-128/0/curve.csv")
    curve.write_text("epoch,step,images,train_loss,val_loss\n0,0,0,1,1\n1,9,9,1,inf\n")
    with pytest.raises(UserError, match=r"curve\.csv ends with val_loss = inf"):
        aggregate(params)
    curve.write_text("epoch,step,images,train_loss,val_loss\n")
    with pytest.raises(UserError, match="lacks rows"):
        aggregate(params)


def test_runs_measured_differently_do_not_share_a_table(workspace: Path) -> None:
    params = make_workspace(workspace, CELLS)
    file = Path("results/vae-elbo-2048/0/metrics.json")
    file.write_text(json.dumps(json.loads(file.read_text()) | {"extractor": INCEPTION}))
    with pytest.raises(UserError, match="differ in extractor"):
        aggregate(params)


def test_means_and_spreads_over_seeds(workspace: Path) -> None:
    params = make_workspace(workspace, CELLS, seeds=(0, 1, 2))
    aggregate(params)
    write_tables(params)
    first, second, floor = read_table(1)
    assert first["Model and loss function"] == "VAE, ELBO"
    assert [first["Batch and latent size"], second["Batch and latent size"]] == ["(128, 128)", "(2048, 2048)"]
    # Cell 1 of the list: fid 110, 111, 112; is 2, 2.5, 3.
    assert float(first["FD (CIFAR-100 network)"]) == 111
    assert float(first["FD (CIFAR-100 network) ±"]) == 1
    assert float(first["IS (CIFAR-100 network)"]) == 2.5
    assert float(first["IS (CIFAR-100 network) ±"]) == pytest.approx(stdev([2, 2.5, 3]))
    assert first["Seeds"] == "3"
    assert (first["Data"], first["Extractor"], first["Samples"]) == (SYNTHETIC, OWN, "200")
    assert (float(floor["FD (CIFAR-100 network)"]), floor["Thesis FID"], floor["Samples"]) == (3.5, "", "500")
    assert "| 111.00 ± 1.00 | 2.50 ± 0.50 |" in Path("reports/tables/table_3_1.en.md").read_text(encoding="utf-8")


def test_the_thesis_numbers_stand_beside_their_cells(workspace: Path) -> None:
    params = make_workspace(workspace, ALL_CELLS)
    aggregate(params)
    write_tables(params)
    assert len(read_table(1)) == 8 + 1
    assert len(read_table(2)) == 16 + 1
    lines = {(row["Model and loss function"], row["Batch and latent size"]): row for row in read_table(2)}
    row = lines["StyleGAN2, Hinge", "(64, 1024)"]
    printed = [row[f"Thesis {name}"] for name in ("FID", "IS", "Training Loss", "Validation Loss")]
    assert printed == ["1152.5728", "1.00", "-0.0853", "1.7892"]
    assert lines["DALL-E, Perceptual", "(128, 128)"]["Thesis FID"] == "989.0345"
    assert set(thesis_numbers()) == set(map(Cell.parse, ALL_CELLS))


def test_a_cell_the_thesis_lacks_gets_dashes(workspace: Path) -> None:
    params = make_workspace(workspace, CELLS)
    aggregate(params)
    write_tables(params)
    text = Path("reports/tables/table_3_2.en.md").read_text(encoding="utf-8")
    line = next(line for line in text.splitlines() if "VAE, WAE" in line)
    assert "(512, 512)" in line
    assert line.endswith("| — | — | — | — |")


def test_an_empty_table_keeps_its_heads_and_the_floor(workspace: Path) -> None:
    params = make_workspace(workspace, ["vae-elbo-128"])
    aggregate(params)
    write_tables(params)
    (floor,) = read_table(2, "uk")
    heads = ["Модель та функція втрат", "Розмір батчу та латентного простору"]
    assert list(floor)[:2] == heads
    assert floor[heads[0]].startswith("Справжні")


@pytest.mark.parametrize("suffix", ["csv", "md", "tex"])
@pytest.mark.parametrize("language", ["en", "uk"])
def test_only_inception_measures_fid(workspace: Path, suffix: str, language: str) -> None:
    def text_with(folder: str, extractor: str, data: str) -> str:
        place = workspace / folder
        place.mkdir()
        with pytest.MonkeyPatch.context() as patch:
            patch.chdir(place)
            params = make_workspace(place, CELLS, extractor=extractor, data=data)
            aggregate(params)
            write_tables(params)
            text = Path(f"reports/tables/table_3_1.{language}.{suffix}").read_text(encoding="utf-8")
        return (
            text.replace("Thesis FID", "")
            .replace("Магістерська робота FID", "")
            .replace(r"\centering FID}", "", 1)
        )

    own = text_with("own", OWN, SYNTHETIC)
    assert "FID" not in own
    assert "FD (" in own
    assert "synthetic" in own
    real = text_with("inception", INCEPTION, "CIFAR-100")
    assert re.search(r"\bFID\b", real)
    assert "FD (" not in real
    assert "synthetic" not in real


def test_titles_admit_what_the_numbers_are(workspace: Path) -> None:
    params = make_workspace(workspace, CELLS)
    aggregate(params)
    results = pd.read_csv("reports/results.csv")
    results["images_seen"] = 5_000_000
    write_tables(params)
    short = Path("reports/tables/table_3_1.en.md").read_text(encoding="utf-8").splitlines()[0]
    assert short.endswith("experiment 1 — synthetic data, short run**")
    assert "синтетичні" in Path("reports/tables/table_3_1.uk.tex").read_text(encoding="utf-8")
    results.to_csv("reports/results.csv", index=False)
    write_tables(params)
    long = Path("reports/tables/table_3_1.en.md").read_text(encoding="utf-8").splitlines()[0]
    assert long.endswith("experiment 1 — synthetic data**")


def test_latex_escapes() -> None:
    assert escaped("48.1% of a_b & {c} ± 1 — #$") == r"48.1\% of a\_b \& \{c\} $\pm$ 1 --- \#\$"
    assert escaped("\\") == r"\textbackslash{}"


def test_latex_compiles(workspace: Path) -> None:
    compiler = next(filter(None, map(shutil.which, ("pdflatex", "lualatex"))), None)
    if compiler is None:
        pytest.skip("neither pdflatex nor lualatex is installed")
    params = make_workspace(workspace, CELLS, seeds=(0, 1))
    aggregate(params)
    write_tables(params)
    fonts = (
        r"\usepackage{fontspec}\setmainfont{DejaVu Serif}" if "lua" in compiler else r"\usepackage[T2A]{fontenc}"
    )
    tables = "\n".join(
        rf"\input{{reports/tables/{file.stem}}}" for file in sorted(Path("reports/tables").glob("*.tex"))
    )
    Path("main.tex").write_text(
        rf"\documentclass{{article}}{fonts}\usepackage[english,ukrainian]{{babel}}\usepackage{{booktabs}}"
        rf"\begin{{document}}{tables}\end{{document}}",
        encoding="utf-8",
    )
    command = [compiler, "-interaction=nonstopmode", "-halt-on-error", "main.tex"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stdout[-2000:]
