"""Claims C1 to C13: on studies made so that each must be supported, refuted and inconclusive."""

from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from gen100 import i18n
from gen100.cells import Cell
from gen100.errors import UserError
from gen100.families.registry import FAMILIES
from gen100.thesis.cells import CELLS
from gen100.thesis.claims import write_claims
from gen100.thesis.claims.claim import VERDICTS, judge
from gen100.thesis.claims.decision import plain
from gen100.thesis.claims.loss_curves import crossings, fall, gap, rises
from gen100.thesis.claims.report import COLUMNS, as_markdown
from gen100.thesis.claims.runs import ThesisRuns
from gen100.thesis.claims.table import CLAIMS, TESTS
from support.made_up import OWN, SYNTHETIC, World

NAMES = [f"C{number}" for number in range(1, 14)]
SHOWN = {
    "C4": (Cell("vae", "elbo", 128), Cell("vae", "elbo", 2048)),
    "C8": (Cell("dalle", "perceptual", 128), Cell("dalle", "perceptual", 2048)),
    "C9": (Cell("stylegan2", "wasserstein", 128), Cell("stylegan2", "wasserstein", 1024)),
    "C10": tuple(Cell("stylegan2", loss, latent) for loss in ("hinge", "lsgan") for latent in (128, 1024)),
}


def supporting(name: str) -> World:
    """A study in which the claim is true."""
    world = World(shown=SHOWN.get(name, ()))
    match name:
        case "C1":
            world.set(score=1.0)
        case "C2":
            world.set(fid=1500)
        case "C3":
            world.set(latent="large", fid=30)
        case "C4":
            world.set("vae", fid=90).set("vae", latent=128, detail=0.2).set("vae", latent=2048, detail=0.5)
        case "C5":
            world.set("vae", "wae", 2048, fid=40).set("vae", "mi", mse=0.05)
        case "C6":
            world.set("vae", latent=128, gap=0.2).set("vae", "mi", 128, gap=0.4).set("vae", "mi", 2048, gap=0.02)
        case "C7":
            world.set("dalle", "perceptual", fid=60).set("dalle", "mse", last=3)
        case "C8":
            world.set("dalle", "perceptual", 2048, colour=0.1, fid=70)
        case "C9":
            world.set("stylegan2", fid=30).set("stylegan2", latent=128, detail=2).set(
                "stylegan2", latent=1024, detail=1.2
            )
        case "C10":
            world.set("stylegan2", "hinge", fid=30).set("stylegan2", "lsgan", crossings=2, detail=2)
        case "C11":
            world.set("stable_diffusion", "mae", last=3).set("vae", rises=2).set("dalle", rises=1)
            world.set("stylegan2", rises=3)
        case "C12":
            world.set("stable_diffusion", seconds=7000).set("stylegan2", seconds=15000)
        case "C13":
            world.set("stylegan2", "hinge", fid=30).set("stable_diffusion", "mae", fid=32)
    return world


def refuting(name: str) -> World:
    """A study in which one part of the claim is false, the others as where it is supported."""
    world = supporting(name)
    changes: dict[str, Callable[[], World]] = {
        "C1": lambda: world.set("stylegan2", "hinge", 128, score=4),
        "C2": lambda: world.set("stylegan2", fid=50),
        "C3": lambda: world.set("dalle", "mse", 2048, fid=60),
        "C4": lambda: world.set("dalle", "cross_entropy", 128, fid=120),
        "C5": lambda: world.set("vae", "mi", mse=0.03),
        "C6": lambda: world.set("vae", "wae", 2048, gap=0.3),
        "C7": lambda: world.set("dalle", "cross_entropy", 2048, last=1),
        "C8": lambda: world.set("dalle", "perceptual", 2048, colour=1),
        "C9": lambda: world.set("stylegan2", latent=1024, detail=3),
        "C10": lambda: world.set("stylegan2", "hinge", 1024, crossings=1),
        "C11": lambda: world.set("stable_diffusion", "huber", 2048, fid=80),
        "C12": lambda: world.set("stylegan2", seconds=5000),
        "C13": lambda: world.set("vae", "wae", 2048, fid=20),
    }
    return changes[name]()


def undecided(name: str) -> World:
    """A study in which noise, or what is missing, hides whether the claim is true."""
    world = supporting(name)
    match name:
        case "C1":
            world.set("vae", "mi", 128, score=1.006)
        case "C2":
            world.extractor = OWN
        case "C3" | "C13" | "C4":
            world.error = 40
        case "C5":
            world.set("vae", "wae", 128, fid=40)
        case "C6":
            world.set("vae", "mi", 2048, gap=0.05)
        case "C7" | "C8":
            world.seeds = (0,)
        case "C9":
            del world.cells[Cell("vae", "elbo", 2048)]
        case "C10":
            world.images_seen = 20_000
        case "C11":
            world.data = SYNTHETIC
        case "C12":
            world.devices = {"vae": "CPU, 2 threads"}
    return world


CASES = {"supported": supporting, "refuted": refuting, "inconclusive": undecided}


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def verdict(name: str, world: World) -> tuple[str, list[str]]:
    """A claim's verdict and evidence; only the runs that it is about are written."""
    (claim,) = (claim for claim in CLAIMS if claim.id == name)
    world.cells = {cell: made for cell, made in world.cells.items() if cell.family in claim.families}
    world.write()
    judged = judge(claim, ThesisRuns())
    return judged.verdict, judged.evidence


def test_every_part_of_a_claim_has_its_own_test() -> None:
    assert [claim.id for claim in CLAIMS] == list(TESTS) == NAMES
    assert {claim.id: list(claim.parts.values()) for claim in CLAIMS} == {
        name: list(tests.values()) for name, tests in TESTS.items()
    }


@pytest.mark.parametrize("expected", CASES)
@pytest.mark.parametrize("name", NAMES)
def test_every_claim_is_supported_refuted_or_inconclusive(name: str, expected: str) -> None:
    found, evidence = verdict(name, CASES[expected](name))
    assert found == expected, "\n".join(evidence)


@pytest.mark.parametrize("name", NAMES)
def test_synthetic_data_decides_nothing(name: str) -> None:
    world = supporting(name)
    world.data = SYNTHETIC
    found, evidence = verdict(name, world)
    assert found == "inconclusive"
    assert any("the data is synthetic" in text for text in evidence)


@pytest.mark.parametrize("name", NAMES)
def test_short_runs_support_nothing(name: str) -> None:
    world = supporting(name)
    world.images_seen = 20_000
    assert verdict(name, world)[0] == "inconclusive"


@pytest.mark.parametrize("name", ["C1", "C2", "C10"])
def test_short_runs_can_refute_what_training_cannot_mend(name: str) -> None:
    world = refuting(name)
    world.images_seen = 20_000
    assert verdict(name, world)[0] == "refuted"


@pytest.mark.parametrize("name", [name for name in NAMES if name != "C1"])
@pytest.mark.parametrize("make", [supporting, refuting])
def test_one_seed_decides_nothing(name: str, make: Callable[[str], World]) -> None:
    world = make(name)
    world.seeds = (0,)
    assert verdict(name, world)[0] == "inconclusive"


def test_a_missing_cell_is_named() -> None:
    world = supporting("C5")
    del world.cells[Cell("vae", "mi", 128)]
    found, evidence = verdict("C5", world)
    assert found == "inconclusive"
    assert evidence[0].endswith("inconclusive. Not in the results: vae-mi-128.")


def test_some_cells_can_refute_what_is_said_of_every_cell() -> None:
    world = refuting("C2")
    for cell in CELLS:
        if cell.family != "stylegan2":
            del world.cells[cell]
    assert verdict("C2", world)[0] == "refuted"


def test_measures_of_curves() -> None:
    curve = pd.DataFrame({"train_loss": [1.0, 3.0, 3.0, 1.0], "val_loss": [2.0, 2.0, 3.0, 1.5]})
    assert crossings(curve) == 2  # below, above, equal, below
    assert fall(curve) == pytest.approx(0.25)
    assert rises(curve) == pytest.approx(1 / 3)
    assert gap(curve) == pytest.approx(0.5)


def decided(case: str) -> World:
    """A study that decides all 13 claims at once: all are refuted, or all but C3, which contradicts C8."""
    world = World(
        shown=tuple(dict.fromkeys(cell for cells in SHOWN.values() for cell in cells)), seeds=(0, 1, 2), error=0.1
    )
    world.set("vae", latent=128, detail=0.2).set("vae", latent=2048, detail=0.4)
    if case == "refuted":
        world.set(latent="large", fid=60).set("vae", fid=20).set("vae", "mi", fid=21).set(
            "vae", latent=2048, gap=0.3
        )
        world.set("dalle", "cross_entropy", last=1).set("stylegan2", "hinge", crossings=1, fid=90)
        world.set("stable_diffusion", "huber", fid=80).set("stylegan2", seconds=1000)
        return world
    world.levels = (3.0, 900.0, 850.0)
    world.set(score=1.0, fid=1500).set(latent="large", fid=1450).set("vae", fid=1700).set(
        "vae", "wae", 2048, fid=1600
    )
    world.set("vae", "mi", mse=0.05).set("vae", latent=128, gap=0.2).set("vae", "mi", 128, gap=0.4)
    world.set("vae", "mi", 2048, gap=0.02)
    world.set("dalle", "perceptual", fid=1550).set("dalle", "perceptual", 2048, colour=0.1, fid=1580)
    world.set("dalle", "mse", last=3).set("stylegan2", latent=128, detail=2).set(
        "stylegan2", latent=1024, detail=1.2
    )
    world.set("stylegan2", fid=1300).set("stylegan2", "hinge", fid=1150, detail=1.0)
    world.set("stylegan2", "lsgan", crossings=2, detail=3).set("stable_diffusion", fid=1310)
    world.set("stable_diffusion", "mae", last=3, fid=1200).set("vae", rises=2).set("dalle", rises=1)
    world.set("stylegan2", rises=3).set("stable_diffusion", seconds=7000).set("stylegan2", seconds=15000)
    return world


def foreign_rows(table: pd.DataFrame) -> pd.DataFrame:
    """Runs of a loss, a size and a family that the thesis has not, each extreme in every measure."""
    extreme = {
        "is": 90.0,
        "is_std": 0.0,
        "fid": 0.1,
        "images_seen": 10,
        "seconds": 1.0,
        "device": "another device",
    }
    rows = []
    for family, loss, latent in (("vae", "beta", 128), ("vae", "elbo", 512), ("flow", "likelihood", 64)):
        for seed in range(4):
            row = table.iloc[0].to_dict() | extreme | {"family": family, "loss": loss, "latent_size": latent}
            rows.append(row | {"cell": f"{family}-{loss}-{latent}", "seed": seed})
    return pd.DataFrame(rows, columns=table.columns)


@pytest.mark.parametrize("case", ["supported", "refuted"])
def test_only_the_thesis_cells_move_a_verdict(case: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not runs of another loss, size or family, wherever they stand, nor what the program knows of them."""
    decided(case).write()
    write_claims(None)
    before = Path("reports/claims.en.csv").read_bytes()
    verdicts = pd.read_csv("reports/claims.en.csv").set_index("id")["verdict"].to_dict()
    assert verdicts == dict.fromkeys(NAMES, case) | {"C3": "refuted"}
    results = pd.read_csv("reports/results.csv")
    rows = foreign_rows(results)
    pd.concat([rows.iloc[:6], results, rows.iloc[6:]]).to_csv("reports/results.csv", index=False)
    for family in FAMILIES.values():
        monkeypatch.setattr(family, "losses", {"beta": "Beta"} | family.losses)
    monkeypatch.setitem(FAMILIES, "flow", FAMILIES["vae"])
    write_claims(None)
    assert Path("reports/claims.en.csv").read_bytes() == before


def test_results_without_any_of_the_thesis_cells_decide_nothing() -> None:
    World().write()
    table = pd.read_csv("reports/results.csv")
    foreign_rows(table).to_csv("reports/results.csv", index=False)
    write_claims(None)
    assert set(pd.read_csv("reports/claims.en.csv")["verdict"]) == {"inconclusive"}
    text = Path("reports/claims.en.md").read_text(encoding="utf-8")
    assert text.endswith(". None of the thesis's cells is in the results.\n")


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a study of short runs and its claims."""
    folder = tmp_path_factory.mktemp("written")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        shown = tuple(cell for cells in SHOWN.values() for cell in cells)
        World(shown=shown, images_seen=20_000, seeds=(0, 1)).write()
        write_claims(None)
    return folder


def test_files_say_what_they_rest_on(written: Path) -> None:
    said = {
        "en": ("Inception v3; samples: 100; seeds: 2; images seen: 20,000]", "short run"),
        "uk": (
            "згенеровано зображень: 100; кількість зерен: 2; переглянуто зображень: 20\N{NO-BREAK SPACE}000]",
            "короткий прогін",
        ),
    }
    for language, (basis, admitted) in said.items():
        table = pd.read_csv(written / f"reports/claims.{language}.csv")
        assert list(table["id"]) == NAMES
        assert list(table.columns) == COLUMNS
        assert set(table["verdict"]) <= set(VERDICTS)
        assert not table.isna().any().any()
        assert table["evidence"].str.endswith(basis).all()
        assert table["figure"].str.fullmatch(rf"figures/\w+\.{language}\.(svg|png)").all()
        text = (written / f"reports/claims.{language}.md").read_text(encoding="utf-8")
        assert text.splitlines()[0].endswith(f"— {admitted}**")
        assert all(f"**{name}. " in text for name in NAMES)
        assert "Inception v3" in text.splitlines()[-1]


def test_ukrainian_files_are_ukrainian_and_agree_with_the_english(written: Path) -> None:
    english, ukrainian = (pd.read_csv(written / f"reports/claims.{language}.csv") for language in i18n.LANGUAGES)
    assert list(english["verdict"]) == list(ukrainian["verdict"])
    for column in ("claim", "evidence"):
        assert not english[column].str.contains("[а-яіїєґ]").any()
        assert ukrainian[column].str.contains("[а-яіїєґ]{4}").all()
        # Decimal points occur between digits in no Ukrainian text.
        assert not ukrainian[column].str.contains(r"\d\.\d").any()
    words = "beyond noise|crossings|samples|seeds|claimed|hours|inconclusive|measured"
    assert not ukrainian["evidence"].str.contains(words).any()


def test_files_are_the_same_bytes_again(written: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(written)
    first = [file.read_bytes() for file in sorted(Path("reports").glob("claims.*"))]
    write_claims(None)
    assert [file.read_bytes() for file in sorted(Path("reports").glob("claims.*"))] == first


@pytest.mark.parametrize(
    ("value", "english", "ukrainian"),
    [
        (5.0, "5", "5"),
        (1234.56, "1235", "1235"),
        (-0.00012346, "−0.0001235", "−0,0001235"),
        (0.30000004, "0.3", "0,3"),
    ],
)
def test_numbers_have_four_digits_and_the_mark_of_the_language(value: float, english: str, ukrainian: str) -> None:
    assert plain(value) == english
    with i18n.language("uk"):
        assert plain(value) == ukrainian


def test_markdown_tables_are_whole() -> None:
    supporting("C3").write()
    runs = ThesisRuns()
    judged = [judge(claim, runs) for claim in CLAIMS if claim.id == "C3"]
    lines = as_markdown(judged, runs).splitlines()
    assert [line.count("|") for line in lines if line.startswith("|")] == [5, 5, 5]


def test_missing_resamples_are_named() -> None:
    supporting("C3").write()
    Path("results/vae-mi-128/2/resamples.csv").unlink()
    with pytest.raises(
        UserError, match=r"vae-mi-128/2/resamples\.csv is missing: run stage evaluate vae-mi-128 2"
    ):
        judge(CLAIMS[2], ThesisRuns())
