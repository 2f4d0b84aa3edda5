"""reports/comparisons.csv: intervals around measured differences, verdicts, and which losses may be best."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from gen100.cells import Cell
from gen100.errors import UserError
from gen100.report.comparisons import COLUMNS, compare, comparisons, write_comparisons
from gen100.report.results import read_results
from support.made_up import CELLS, World


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def written(world: World) -> pd.DataFrame:
    world.write()
    write_comparisons(None)  # pyright: ignore[reportArgumentType]
    return pd.read_csv("reports/comparisons.csv")


KEYS = ("family", "latent_size", "loss_a", "loss_b")


def row(table: pd.DataFrame, *wanted: str | int) -> dict[str, Any]:
    (found,) = (each for each in table.to_dict("records") if tuple(each[key] for key in KEYS) == wanted)
    return {str(key): value for key, value in found.items()}


def test_a_row_for_each_pair_of_losses() -> None:
    table = written(World())
    assert list(table.columns) == COLUMNS
    assert len(table) == 4 * 2 * 3
    found = row(table, "vae", 128, "elbo", "wae")
    fids = {loss: [r["fid"] for r in read_results() if r["cell"] == f"vae-{loss}-128"] for loss in ("elbo", "wae")}
    test = stats.ttest_rel(fids["elbo"], fids["wae"])
    assert (found["mean_a"], found["mean_b"]) == pytest.approx((np.mean(fids["elbo"]), np.mean(fids["wae"])))
    assert found["difference"] == pytest.approx(found["mean_a"] - found["mean_b"])
    assert found["p_seeds"] == pytest.approx(test.pvalue)  # pyright: ignore[reportAttributeAccessIssue]
    assert (found["low_seeds"], found["high_seeds"]) == pytest.approx(tuple(test.confidence_interval(0.95)))
    runs: dict[str, list[np.ndarray]] = {loss: [] for loss in fids}
    for loss, found_runs in runs.items():
        for seed in range(4):
            rows = pd.read_csv(f"results/vae-{loss}-128/{seed}/resamples.csv").query("kind == 'bootstrap'")
            found_runs.append(rows["fid"].to_numpy(float))
    spread = (np.mean(runs["elbo"], axis=0) - np.mean(runs["wae"], axis=0)).std(ddof=1)
    half = 1.959964 * spread
    assert (found["low_samples"], found["high_samples"]) == pytest.approx(
        (found["difference"] - half, found["difference"] + half)
    )
    p = np.fmax(table["p_seeds"].to_numpy(float), table["p_samples"].to_numpy(float))
    adjusted, families = table["p_adjusted"].to_numpy(float), table["family"].to_numpy(str)
    for family in set(families):
        assert adjusted[families == family].min() == pytest.approx(min(1, 6 * p[families == family].min()))


def test_other_families_do_not_move_a_verdict() -> None:
    table = written(World(error=0.1).set("vae", "wae", 128, fid=30))
    alone = comparisons([run for run in read_results() if run["family"] == "vae"])
    assert list(alone["verdict"]) == list(table["verdict"][table["family"] == "vae"])
    assert list(alone["p_adjusted"]) == pytest.approx(list(table["p_adjusted"][table["family"] == "vae"]))


def test_a_clear_difference_is_found_and_nothing_else() -> None:
    table = written(World(error=0.1).set("vae", "wae", 128, fid=30).set("dalle", "mse", 2048, fid=70))
    clear = [each for each in table.to_dict("records") if each["verdict"] != "within noise"]
    assert [(each["family"], each["latent_size"]) for each in clear] == [("vae", 128)] * 2 + [("dalle", 2048)] * 2
    assert row(table, "vae", 128, "elbo", "wae")["verdict"] == "b"
    assert row(table, "dalle", 2048, "cross_entropy", "mse")["verdict"] == "a"


def test_one_seed_calls_nothing_better() -> None:
    table = written(World(seeds=(0,)).set("vae", "wae", 128, fid=30))
    assert set(table["verdict"]) <= {"within noise", "one seed"}
    found = row(table, "vae", 128, "mi", "wae")
    assert found["verdict"] == "one seed"
    assert np.isnan([found[name] for name in ("low_seeds", "high_seeds", "p_seeds")]).all()
    assert found["p_adjusted"] < 0.05


def test_a_difference_over_seeds_alone_is_within_noise() -> None:
    """Seeds agree by accident, but the samples of each run are too few to tell."""
    world = World(error=0.01).set("vae", "wae", 128, fid=49)
    world.write()
    for file in Path("results").glob("vae-*-128/*/resamples.csv"):
        rows = pd.read_csv(file)
        rows["fid"] += np.random.default_rng(sum(map(ord, str(file)))).normal(0, 5, len(rows))
        rows.to_csv(file, index=False)
    found = row(comparisons(read_results()), "vae", 128, "elbo", "wae")
    assert found["p_seeds"] < 0.001
    assert found["low_samples"] < 0 < found["high_samples"]
    assert found["verdict"] == "within noise"


def test_equal_losses_are_hardly_ever_told_apart() -> None:
    world = World(error=2)
    world.cells = {cell: made for cell, made in world.cells.items() if cell.family == "vae"}
    world.write()
    results = read_results()
    random = np.random.default_rng(0)
    wrong = 0
    for _ in range(20):
        drawn = [{**r, "fid": 50 + random.normal(0, 2)} for r in results]
        wrong += set(comparisons(drawn)["verdict"]) != {"within noise"}
    assert wrong <= 4  # nominally one; four or fewer in 99.7% of such twenties


def frechet(x: np.ndarray, y: np.ndarray) -> float:
    """Frechet distance of two samples' Gaussians (Dowson & Landau 1982)."""
    first, second = np.cov(x.T), np.cov(y.T)
    root = np.sqrt(np.linalg.eigvals(first @ second).real).sum()
    return float(((x.mean(0) - y.mean(0)) ** 2).sum() + np.trace(first) + np.trace(second) - 2 * root)


def test_interval_of_samples_covers_the_true_difference_of_biased_distances() -> None:
    """Two models at known distances, equally biased by the number of samples, drawn and resampled many times."""
    random = np.random.default_rng(0)
    reference = random.normal(size=(20_000, 4))
    count, replicates, trials, covered = 200, 40, 40, 0
    expected = 0.5**2 - 0.3**2  # equal covariances: means of length 0.5 and 0.3
    draws = [np.random.default_rng((count, r)).integers(0, count, count) for r in range(replicates)]
    results = [{"cell": f"vae-{loss}-128", "seed": 0} for loss in ("elbo", "mi")]
    for _ in range(trials):
        for result, length in zip(results, (0.5, 0.3), strict=True):
            samples = random.normal(size=(count, 4)) + np.array([length, 0, 0, 0])
            result["fid"] = frechet(samples, reference)
            rows = [("bootstrap", count, r, frechet(samples[d], reference)) for r, d in enumerate(draws)]
            folder = Path("results") / str(result["cell"]) / "0"
            folder.mkdir(parents=True, exist_ok=True)
            pd.DataFrame(rows, columns=["kind", "images", "replicate", "fid"]).to_csv(
                folder / "resamples.csv", index=False
            )
        found = compare(Cell("vae", "elbo", 128), Cell("vae", "mi", 128), results)
        covered += found.by_samples[0] < expected < found.by_samples[1]
    assert covered / trials == pytest.approx(0.95, abs=0.08)


def test_wrong_resamples_are_named() -> None:
    World(seeds=(0,)).write()
    file = Path("results/vae-elbo-128/0/resamples.csv")
    good = file.read_text()
    for text, message in (
        ("", "not readable CSV"),
        ("kind,images\n", "lacks replicate, fid"),
        ("kind,images,replicate,fid\nsubset,1,0,1\n", "lacks bootstrap rows"),
        (good + "subset,100,9,x\n", "not a finite number"),
        (good.replace("bootstrap,100,99,", "bootstrap,100,100,"), "different bootstrap replicates"),
    ):
        file.write_text(text)
        with pytest.raises(UserError, match=message):
            comparisons(read_results())


def test_nothing_to_compare_is_an_empty_table() -> None:
    world = World()
    world.cells = {CELLS[0]: world.cells[CELLS[0]]}
    assert written(world).empty
