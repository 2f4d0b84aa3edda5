"""Claims C1 to C13: on studies made so that each must hold, must fail, and cannot be told."""

from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from gen100.cells import Cell
from gen100.errors import UserError
from gen100.thesis.claims import CLAIMS, as_markdown, write_claims
from gen100.thesis.claims.judgement import judge
from gen100.thesis.claims.study import crossings, fall, gap, read_study, rises
from support.made_up import CELLS, World

NAMES = [f"C{number}" for number in range(1, 14)]
LOOKS = {
    "C4": (Cell("vae", "elbo", 128), Cell("vae", "elbo", 2048)),
    "C8": (Cell("dalle", "perceptual", 128), Cell("dalle", "perceptual", 2048)),
    "C9": (Cell("stylegan2", "wasserstein", 128), Cell("stylegan2", "wasserstein", 1024)),
    "C10": tuple(Cell("stylegan2", loss, latent) for loss in ("hinge", "lsgan") for latent in (128, 1024)),
}


def holding(name: str) -> World:
    """A study in which the claim is true."""
    world = World(shown=LOOKS.get(name, ()))
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


def failing(name: str) -> World:
    """A study in which one part of the claim is false, the others as where it holds."""
    world = holding(name)
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


def untold(name: str) -> World:
    """A study in which noise, or what is missing, hides whether the claim is true."""
    world = holding(name)
    match name:
        case "C1":
            world.set("vae", "mi", 128, score=1.006)
        case "C2":
            world.extractor = "FD, CIFAR-100 network (seed 1, test accuracy 50.0%)"
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
            world.data = "synthetic stand-in (2,000 training images, seed 0)"
        case "C12":
            world.devices = {"vae": "CPU, 2 threads"}
    return world


CASES = {"holds": holding, "fails": failing, "cannot be told": untold}


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def verdict(name: str, world: World) -> tuple[str, list[str]]:
    (claim,) = (claim for claim in CLAIMS if claim.name == name)
    world.cells = {cell: made for cell, made in world.cells.items() if cell.family in claim.models}
    world.write()
    judged = judge(claim, read_study())
    assert all(text["en"] and text["uk"] for text in judged.evidence)
    return judged.verdict, [text["en"] for text in judged.evidence]


@pytest.mark.parametrize("expected", CASES)
@pytest.mark.parametrize("name", NAMES)
def test_every_claim_holds_fails_or_cannot_be_told(name: str, expected: str) -> None:
    found, evidence = verdict(name, CASES[expected](name))
    assert found == expected, "\n".join(evidence)


@pytest.mark.parametrize("name", NAMES)
def test_nothing_holds_of_synthetic_data(name: str) -> None:
    world = holding(name)
    world.data = "synthetic stand-in (2,000 training images, seed 0)"
    found, evidence = verdict(name, world)
    assert found == "cannot be told"
    assert any("the data is synthetic" in text for text in evidence)


@pytest.mark.parametrize("name", NAMES)
def test_nothing_holds_of_short_runs(name: str) -> None:
    world = holding(name)
    world.images_seen = 20_000
    assert verdict(name, world)[0] == "cannot be told"


@pytest.mark.parametrize("name", ["C1", "C2", "C10"])
def test_short_runs_can_refute_what_training_cannot_mend(name: str) -> None:
    world = failing(name)
    world.images_seen = 20_000
    assert verdict(name, world)[0] == "fails"


@pytest.mark.parametrize("name", [name for name in NAMES if name != "C1"])
@pytest.mark.parametrize("make", [holding, failing])
def test_one_seed_tells_nothing(name: str, make: Callable[[str], World]) -> None:
    world = make(name)
    world.seeds = (0,)
    assert verdict(name, world)[0] == "cannot be told"


def test_a_missing_cell_is_named() -> None:
    world = holding("C5")
    del world.cells[Cell("vae", "mi", 128)]
    found, evidence = verdict("C5", world)
    assert found == "cannot be told"
    assert evidence[0].endswith("cannot be told. Not in the results: vae-mi-128.")


def test_some_cells_can_refute_what_is_said_of_every_cell() -> None:
    world = failing("C2")
    for cell in CELLS:
        if cell.family != "stylegan2":
            del world.cells[cell]
    assert verdict("C2", world)[0] == "fails"


def test_measures_of_curves() -> None:
    curve = pd.DataFrame({"train_loss": [1.0, 3.0, 3.0, 1.0], "val_loss": [2.0, 2.0, 3.0, 1.5]})
    assert crossings(curve) == 2  # below, above, equal, below
    assert fall(curve) == pytest.approx(0.25)
    assert rises(curve) == pytest.approx(1 / 3)
    assert gap(curve) == pytest.approx(0.5)


def test_files_say_what_they_rest_on() -> None:
    world = World(
        shown=tuple(cell for cells in LOOKS.values() for cell in cells), images_seen=20_000, seeds=(0, 1)
    )
    world.write()
    write_claims(None)  # pyright: ignore[reportArgumentType]
    table = pd.read_csv("reports/claims.csv")
    assert list(table["id"]) == NAMES
    assert list(table.columns) == ["id", "claim_en", "claim_uk", "verdict", "evidence_en", "evidence_uk", "figure"]
    assert set(table["verdict"]) <= set(CASES)
    assert not table.isna().any().any()
    assert table["evidence_en"].str.contains(r"Inception v3; samples: 100; seeds: 2; images seen: 20,000\]$").all()
    for language, title in (("en", "short run"), ("uk", "короткий прогін")):
        text = Path(f"reports/claims.{language}.md").read_text(encoding="utf-8")
        assert text.splitlines()[0].endswith(f"— {title}**")
        assert all(f"**{name}. " in text for name in NAMES)
        assert "Inception v3" in text.splitlines()[-1]
    first = Path("reports/claims.csv").read_bytes()
    write_claims(None)  # pyright: ignore[reportArgumentType]
    assert Path("reports/claims.csv").read_bytes() == first


def test_markdown_tables_are_whole() -> None:
    holding("C3").write()
    study = read_study()
    judged = [judge(claim, study) for claim in CLAIMS if claim.name == "C3"]
    lines = as_markdown(judged, study, "en").splitlines()
    assert [line.count("|") for line in lines if line.startswith("|")] == [5, 5, 5]


def test_missing_resamples_are_named() -> None:
    holding("C3").write()
    Path("results/vae-mi-128/2/resamples.csv").unlink()
    with pytest.raises(
        UserError, match=r"vae-mi-128/2/resamples\.csv is missing: run stage evaluate vae-mi-128 2"
    ):
        judge(CLAIMS[2], read_study())
