"""results.csv and the tables made from it."""

import csv
import io
import json
import re
from pathlib import Path

import pandas as pd
import pytest
from babel.numbers import format_decimal

from gen100 import layout
from gen100.cells import Cell
from gen100.config import Metrics
from gen100.errors import UserError
from gen100.metrics.measures import MEASURES, Measure, Number, columns, measure
from gen100.provenance import DataFacts, ExtractorFacts
from gen100.report.labels import data_label, extractor_label
from gen100.report.results import aggregate, read_results
from gen100.report.table_formats import for_latex, for_markdown
from gen100.thesis.cells import NUMBERS
from gen100.thesis.tables import write_tables
from support.made_up import INCEPTION, OWN, REAL, SYNTHETIC
from support.report_workspace import ALL_CELLS, make_workspace, write_comparisons

CELLS = ["stylegan2-hinge-1024", "vae-elbo-128", "vae-wae-512", "vae-elbo-2048"]


@pytest.fixture
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def read_table(name: str, language: str = "en") -> list[dict[str, str]]:
    text = Path(f"reports/tables/table_{name}.{language}.csv").read_text(encoding="utf-8")
    return list(csv.DictReader(io.StringIO(text)))


def test_results_have_one_row_per_run_in_the_order_of_params(workspace: Path) -> None:
    params = make_workspace(workspace, CELLS, seeds=(3, 0))
    aggregate(params)
    results = pd.read_csv("reports/results.csv")
    assert set(columns()) < set(results.columns)
    assert list(zip(results["cell"], results["seed"], strict=True)) == [(c, s) for c in CELLS for s in (3, 0)]
    assert read_results()[5]["extractor_sha256"] == OWN.sha256
    row = results.iloc[5]
    assert (row["family"], row["loss"], row["batch_size"], row["latent_size"]) == ("vae", "wae", 512, 512)
    assert (row["fid"], row["is"], row["kid"], row["images_seen"]) == (121.0, 2.5, 0.05, 200_000)
    curve = pd.read_csv("results/vae-wae-512/0/curve.csv")
    assert (row["train_loss"], row["val_loss"]) == pytest.approx(
        (curve["train_loss"].iloc[-1], curve["val_loss"].iloc[-1])
    )
    assert (row["fid_other"], row["kid_other"], row["precision_other"]) == (121.0, 0.05, 0.5)
    assert (row["fid_limit"], row["fid_limit_se"]) == (119.0, 1.25)
    assert (row["fid_se"], row["prc_images"], row["memory"]) == (0.75, 200, 1_500_000_000)
    assert (row["reference"], row["reference_images"]) == ("train", 2000)
    assert (row["other"], row["other_images"], row["samples"]) == ("test", 500, 200)
    assert (row["distance"], row["extractor"], row["extractor_accuracy"]) == ("FD", "cifar100-network", 0.481)
    assert row["extractor_seed"] == OWN.seed
    assert (row["data"], row["synthetic"], row["data_seed"]) == ("synthetic", True, 0)
    empty = {column for column in results.columns if results[column].isna().to_numpy().any()}
    first_stage = {"reconstruction_fid", "reconstruction_images", "autoencoder_images", "autoencoder_seconds"}
    assert empty == first_stage | {"fd_dinov2", "fd_dinov2_other", "class_accuracy"}


def test_a_measure_that_the_data_do_not_allow_is_a_dash(workspace: Path) -> None:
    params = make_workspace(workspace, CELLS)
    for file in (*workspace.rglob("metrics.json"), Path("reports/reference.json")):
        record = json.loads(file.read_text())
        for entry in (record, *(record.get(kind, {}) for kind in ("real", "noise", "constant"))):
            entry |= {key: None for key in ("neighbour_ratio", "neighbour_closer") if key in entry}
        file.write_text(json.dumps(record))
    file = Path("results/vae-elbo-128/0/metrics.json")
    whole = json.loads(file.read_text())
    file.write_text(json.dumps(whole | {"fid": None}))
    with pytest.raises(UserError, match=r"metrics\.json holds fid = None, not a finite number"):
        aggregate(params)
    file.write_text(json.dumps(whole | {"neighbour_ratio": 1.5}))
    aggregate(params)
    write_tables(params)
    rows = read_table("measures")
    head = next(name for name in rows[0] if name.startswith("Neighbour distance, ratio"))
    assert [row[head] for row in rows] == ["", "1.5", *[""] * (len(rows) - 2)]


def test_a_two_stage_model_has_its_autoencoders_cost_and_distance(workspace: Path) -> None:
    aggregate(make_workspace(workspace, ["vae-elbo-128", "dalle-mse-128"]))
    first, second = pd.read_csv("reports/results.csv").to_dict("records")
    assert (second["autoencoder_images"], second["autoencoder_seconds"]) == (50_000, 5.5)
    assert second["reconstruction_fid"] == 21.0
    assert (second["class_accuracy"], pd.isna(first["class_accuracy"])) == (0.125, True)
    assert all(pd.isna(first[key]) for key in ("reconstruction_fid", "autoencoder_images", "autoencoder_seconds"))


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
    record = json.loads(file.read_text())
    for change, said in (
        ({"extractor": INCEPTION.model_dump()}, "differ in extractor.kind"),
        ({"extractor": OWN.model_dump() | {"sha256": "2" * 64}}, "differ in extractor.sha256"),
        ({"samples": 199}, "differ in samples.* has 200, vae-elbo-2048/0 has 199"),
        ({"reference": {"split": "train", "images": 1999}}, "differ in reference.images"),
    ):
        file.write_text(json.dumps(record | {"provenance": record["provenance"] | change}))
        with pytest.raises(UserError, match=said):
            aggregate(params)


def test_measures_of_an_older_version_are_refused(workspace: Path) -> None:
    params = make_workspace(workspace, CELLS)
    file = Path("results/vae-elbo-2048/0/metrics.json")
    record = json.loads(file.read_text())
    file.write_text(json.dumps({key: value for key, value in record.items() if key != "provenance"}))
    with pytest.raises(UserError, match="no valid 'provenance': remove it and run stage evaluate vae-elbo-2048 0"):
        aggregate(params)


def test_means_and_intervals_over_seeds(workspace: Path) -> None:
    params = make_workspace(workspace, CELLS, seeds=(0, 1, 2))
    aggregate(params)
    write_tables(params)
    first, second, floor, noise, constant = read_table("3_1")
    assert first["Model and loss function"] == "VAE, ELBO"
    assert [first["Batch and latent size"], second["Batch and latent size"]] == ["(128, 128)", "(2048, 2048)"]
    # Cell 1 of the list: fid 110, 111, 112; is 2, 2.5, 3. Student's t for 2 degrees of freedom at 97.5%: 4.302653.
    half = 4.302653 / 3**0.5
    assert float(first["FD (CIFAR-100 network)"]) == 111
    assert float(first["FD (CIFAR-100 network) ±"]) == pytest.approx(half)
    assert float(first["IS (CIFAR-100 network)"]) == 2.5
    assert float(first["IS (CIFAR-100 network) ±"]) == pytest.approx(half / 2)
    assert first["Seeds"] == "3"
    assert (first["Data"], first["Extractor"]) == (data_label(SYNTHETIC), extractor_label(OWN))
    assert (first["Samples"], first["Reference"]) == ("200", "train, 2,000 images")
    assert (float(floor["FD (CIFAR-100 network)"]), floor["Thesis FID"], floor["Samples"]) == (3.5, "", "500")
    assert [float(row["FD (CIFAR-100 network)"]) for row in (noise, constant)] == [410, 520]
    text = Path("reports/tables/table_3_1.en.md").read_text(encoding="utf-8")
    assert "| 111.00 ± 2.5 | 2.50 ± 1.2 |" in text
    assert "half the width of the mean's 95% t interval" in text


def test_one_seed_has_no_interval(workspace: Path) -> None:
    params = make_workspace(workspace, CELLS)
    aggregate(params)
    write_tables(params)
    for file in Path("reports/tables").glob("*.md"):
        assert "±" not in file.read_text(encoding="utf-8")
    assert {row["FD (CIFAR-100 network) ±"] for row in read_table("3_1")} == {""}


@pytest.mark.parametrize("name", ["3_1", "3_2", "measures"])
def test_every_table_ends_with_the_floor_and_both_ceilings(workspace: Path, name: str) -> None:
    params = make_workspace(workspace, CELLS)
    aggregate(params)
    write_tables(params)
    labels = [row["Model and loss function"] for row in read_table(name)[-3:]]
    assert labels == [
        "Real test images against real training images (N = 500)",
        "Uniform noise (N = 500)",
        "One flat image of the mean colour (N = 500)",
    ]


def test_the_table_of_measures_has_what_was_measured(workspace: Path) -> None:
    params = make_workspace(workspace, ["dalle-mse-128", "vae-elbo-128"])
    aggregate(params)
    write_tables(params)
    dalle, vae, floor, noise, _ = read_table("measures")
    assert (dalle["Precision, train"], dalle["Recall, test"]) == ("0.5", "0.25")
    assert (dalle["FD (CIFAR-100 network), train"], dalle["Limit for N → ∞"]) == ("100.0", "98.0")
    reconstruction = "FD of the autoencoder's reconstructions"
    assert (dalle[reconstruction], vae[reconstruction]) == ("20.0", "")
    assert (floor["FD (CIFAR-100 network), test"], noise["FD (CIFAR-100 network), test"]) == ("", "412.0")
    assert not any("DINOv2" in head for head in dalle)


@pytest.mark.parametrize(
    ("verdict", "signs"),
    [("a", ["*", ""]), ("b", ["≈", "≈"]), ("within noise", ["≈", "≈"]), ("one seed", ["≈", "≈"])],
)
def test_no_cell_is_best_within_the_noise(workspace: Path, verdict: str, signs: list[str]) -> None:
    # In the workspace the loss that comes first has the lower distance, so `b` contradicts the means.
    params = make_workspace(workspace, ["vae-mi-128", "vae-wae-128", "vae-elbo-2048"])
    aggregate(params)
    write_comparisons(params, verdict)
    write_tables(params)
    lines = Path("reports/tables/table_3_2.en.md").read_text(encoding="utf-8").splitlines()
    cells = [line.split("|")[3].replace("\\", "").split() for line in lines if line.startswith("| VAE")]
    assert [" ".join(cell[1:]) for cell in cells] == signs
    told = "≈: within the noise of the lowest FD" if "≈" in signs else "*: the lowest FD of its family and latent"
    assert told in "\n".join(lines).replace("\\", "")
    # A cell with nothing to compare it with is neither.
    assert "≈" not in Path("reports/tables/table_3_1.en.md").read_text(encoding="utf-8")


def test_missing_comparisons_are_named(workspace: Path) -> None:
    params = make_workspace(workspace, CELLS)
    aggregate(params)
    Path("reports/comparisons.csv").unlink()
    with pytest.raises(UserError, match=r"comparisons\.csv is missing: run stage compare"):
        write_tables(params)


def test_the_thesis_numbers_stand_next_to_their_cells(workspace: Path) -> None:
    params = make_workspace(workspace, ALL_CELLS)
    aggregate(params)
    write_tables(params)
    assert len(read_table("3_1")) == 8 + 3
    assert len(read_table("3_2")) == 16 + 3
    lines = {(row["Model and loss function"], row["Batch and latent size"]): row for row in read_table("3_2")}
    row = lines["StyleGAN2, Hinge", "(64, 1024)"]
    printed = [row[f"Thesis {name}"] for name in ("FID", "IS", "Training Loss", "Validation Loss")]
    assert printed == ["1152.5728", "1.00", "-0.0853", "1.7892"]
    assert lines["DALL-E, Perceptual", "(128, 128)"]["Thesis FID"] == "989.0345"
    assert set(NUMBERS) == set(map(Cell.parse, ALL_CELLS))


def test_a_cell_that_the_thesis_lacks_is_in_the_table_of_measures_alone(workspace: Path) -> None:
    params = make_workspace(workspace, CELLS)
    aggregate(params)
    write_tables(params)
    sizes = {
        name: [row["Batch and latent size"] for row in read_table(name)] for name in ("3_1", "3_2", "measures")
    }
    assert "(512, 512)" in sizes["measures"]
    assert "(512, 512)" not in sizes["3_1"] + sizes["3_2"]


def test_an_empty_table_keeps_its_heads_and_the_floor_and_says_so(workspace: Path) -> None:
    params = make_workspace(workspace, ["vae-elbo-128"])
    aggregate(params)
    write_tables(params)
    floor, *_ = read_table("3_2", "uk")
    heads = ["Модель та функція втрат", "Розмір батчу та латентного простору"]
    assert list(floor)[:2] == heads
    assert floor[heads[0]].startswith("Справжні")
    for language, said in (("en", "No cell of this table is in params.yaml."), ("uk", "У params.yaml немає")):
        for suffix in ("md", "tex"):
            text = Path(f"reports/tables/table_3_2.{language}.{suffix}").read_text(encoding="utf-8")
            assert said in text


def test_ukrainian_tables_have_a_decimal_comma_and_their_data_a_point(workspace: Path) -> None:
    params = make_workspace(workspace, CELLS)
    aggregate(params)
    write_tables(params)
    text = Path("reports/tables/table_3_2.uk.md").read_text(encoding="utf-8")
    assert "| StyleGAN2, Hinge | (64, 1024) | 100,00 | 2,00 |" in text
    assert "| 1152,5728 | 1,00 | -0,0853 | 1,7892 |" in text
    row = read_table("3_2", "uk")[0]
    assert row["Магістерська робота FID"] == "1152.5728"
    assert row["FD (мережа CIFAR-100)"] == "100.0"
    assert "100,00" in Path("reports/tables/table_3_2.uk.tex").read_text(encoding="utf-8")


@pytest.mark.parametrize(("language", "mark"), [("en", "."), ("uk", ",")])
def test_negative_numbers_agree(workspace: Path, language: str, mark: str) -> None:
    """As the language's own minus (a hyphen-minus in both), as a minus in LaTeX, and as data with a hyphen."""
    assert [format_decimal(-1, locale=code) for code in ("en", "uk")] == ["-1", "-1"]
    params = make_workspace(workspace, CELLS)
    curve = Path("results/stylegan2-hinge-1024/0/curve.csv")
    curve.write_text("epoch,step,images,train_loss,val_loss\n1,9,9,-1.25,-0.5\n")
    aggregate(params)
    write_tables(params)
    row = read_table("3_2", language)[0]
    heads = [head for head in row if "Loss" in head or "втрат" in head][-8:]
    printed, training, validation = "-0.0853", "-1.25", "-0.5"
    assert [row[head] for head in heads if "-" in row[head]] == [training, validation, printed]
    text = Path(f"reports/tables/table_3_2.{language}.md").read_text(encoding="utf-8")
    latex = Path(f"reports/tables/table_3_2.{language}.tex").read_text(encoding="utf-8")
    for number in (printed, "-1.250", "-0.5000"):
        shown = number.replace(".", mark)
        assert f"| {shown} |" in text
        assert f"& {shown.replace('-', '$-$')} " in latex
    assert "−" not in text + latex


def test_families_with_other_losses_say_which(workspace: Path) -> None:
    params = make_workspace(workspace, CELLS)
    aggregate(params)
    write_tables(params)
    said = "For StyleGAN2 the two loss columns hold the losses of: generator, discriminator."
    assert said in Path("reports/tables/table_3_2.en.md").read_text(encoding="utf-8")
    # Neither a table without such a family, nor one without such columns.
    for name in ("3_1", "measures"):
        for suffix in ("md", "tex"):
            file = Path(f"reports/tables/table_{name}.en.{suffix}")
            assert "loss columns" not in file.read_text(encoding="utf-8")


def test_heads_of_the_table_of_measures_point_to_better_values(workspace: Path) -> None:
    params = make_workspace(workspace, CELLS)
    aggregate(params)
    write_tables(params)
    text = Path("reports/tables/table_measures.en.md").read_text(encoding="utf-8")
    assert "| FD (CIFAR-100 network), train ↓ |" in text
    assert "| Precision, test ↑ |" in text
    text = Path("reports/tables/table_measures.en.tex").read_text(encoding="utf-8")
    assert r"Precision, test $\uparrow$" in text


def test_a_new_measure_is_a_row_of_the_list(workspace: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    number = Number("brightness", "Brightness", "Brightness is the mean of all pixels.", digits=1)
    row = Measure("brightness", (number,), lambda sample, _: (float(sample.images.mean()),), both_splits=True)
    monkeypatch.setitem(MEASURES, "brightness", row)
    params = make_workspace(workspace, CELLS)
    metrics = Metrics.model_validate(params.metrics.model_dump() | {"measures": ["fid", "brightness"]})
    params = params.model_copy(update={"metrics": metrics})
    with pytest.raises(UserError, match="has no 'brightness'"):
        aggregate(params)
    files = [layout.run(cell, 0) / "metrics.json" for cell in CELLS]
    for file in files:
        record = json.loads(file.read_text()) | {"brightness": 127.25, "brightness_other": 126.0}
        file.write_text(json.dumps(record))
    reference = json.loads(layout.REFERENCE.read_text())
    for kind in ("real", "noise", "constant"):
        reference[kind] |= {"brightness": 100.0, "brightness_other": 101.0}
    layout.REFERENCE.write_text(json.dumps(reference))
    aggregate(params)
    write_tables(params)
    assert set(pd.read_csv("reports/results.csv")["brightness"]) == {127.25}
    text = Path("reports/tables/table_measures.en.md").read_text(encoding="utf-8")
    assert "Brightness, train" in text
    assert "Brightness is the mean of all pixels." in text
    assert "| 127.2 |" in text
    assert "127,2" in Path("reports/tables/table_measures.uk.tex").read_text(encoding="utf-8")


@pytest.mark.parametrize("suffix", ["csv", "md", "tex"])
@pytest.mark.parametrize("language", ["en", "uk"])
def test_only_inception_measures_fid(workspace: Path, suffix: str, language: str) -> None:
    def text_with(folder: str, extractor: ExtractorFacts, data: DataFacts) -> str:
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
            .replace(r"\centering\hspace{0pt}FID}", "", 1)
        )

    own = text_with("own", OWN, SYNTHETIC)
    assert "FID" not in own
    assert "FD (" in own
    synthetic = {"en": "synthetic", "uk": "синтетичн"}[language]
    assert synthetic in own
    real = text_with("inception", INCEPTION, REAL)
    assert re.search(r"\bFID\b", real)
    assert "FD (" not in real
    assert synthetic not in real


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
    assert for_latex("48.1% of a_b & {c} ± 1 — #$") == r"48.1\% of a\_b \& \{c\} $\pm$ 1 --- \#\$"
    assert for_latex("[x] R², ≤ 2…") == r"{}[x] R$^2$, $\leq$ 2\dots{}"
    assert for_latex("\\") == r"\textbackslash{}"
    assert for_latex("β-VAE, λ = −1, ΔΤ ς") == r"$\beta$-VAE, $\lambda$ = $-$1, $\Delta$$\mathrm{T}$ $\varsigma$"


def test_latex_knows_the_greek_alphabet() -> None:
    letters = [chr(code) for code in (*range(0x391, 0x3A2), *range(0x3A3, 0x3AA), *range(0x3B1, 0x3CA))]
    assert len(letters) == 24 + 25
    written = [for_latex(letter) for letter in letters]
    assert all(re.fullmatch(r"\$(\\[A-Za-z]+(\{[A-Z]\})?|o)\$", text) for text in written)
    assert len(set(written)) == len(letters)


def test_a_measure_needs_a_name_and_keys_of_its_own() -> None:
    def once_more(_sample: object, _reference: object) -> list[float]:
        return []

    for number, name in (("kid_other", "other"), ("its_own", "fid")):
        once_more.__name__ = name
        with pytest.raises(ValueError, match="has the name, or a key, of another measure: rename it"):
            measure(Number(number, "a title"))(once_more)
    assert "other" not in MEASURES


def test_markdown_shows_texts_as_they_are() -> None:
    assert for_markdown("a|b *c* `d` <e> [f](g) _h_ i_j [k]") == (r"a\|b \*c\* \`d\` \<e> [f\](g) \_h\_ i_j [k]")
