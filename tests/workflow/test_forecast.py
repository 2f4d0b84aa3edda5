"""What a grid would take, told from the benchmarks of an earlier run."""

import csv
import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import yaml

from gen100.cli import every_stage
from gen100.engines.forecast import Benchmark, benchmarks, forecast, read_workspace
from gen100.engines.snakemake import due
from gen100.errors import UserError
from gen100.report.labels import device
from support.engines import AUTOENCODER, edit
from support.processes import Process


def lines(workspace: Path, earlier: list[Benchmark]) -> dict[tuple[str, str], SimpleNamespace]:
    rows = forecast(read_workspace(workspace, every_stage), earlier).to_dict("records")
    return {
        (row["stage"], row["model"]): SimpleNamespace(**{str(key): value for key, value in row.items()})
        for row in rows
    }


def seconds(workspace: Path, stage: str, run: str) -> float:
    with (workspace / f"logs/{stage}/{run}.tsv").open() as file:
        (row,) = csv.DictReader(file, delimiter="\t")
    return float(row["s"])


@pytest.fixture(scope="module")
def earlier(scratch: Path) -> list[Benchmark]:
    return benchmarks(read_workspace(scratch, every_stage))


@pytest.fixture(scope="module")
def larger(scratch: Path) -> Path:
    """A workspace with ten times the finished one's images, a cell of another model, and one that shares an
    autoencoder."""

    def change(params: dict[str, Any]) -> None:
        params["cells"] += ["stylegan2-hinge-128", "stable_diffusion-mae-128"]
        for model in ("vae", "stable_diffusion"):
            params["models"][model]["training"]["images"] *= 10
        params["sampling"]["images"] *= 10

    folder = scratch / "larger"
    folder.mkdir()
    (folder / "params.yaml").write_text((scratch / "params.yaml").read_text())
    edit(folder, change)
    return folder


def test_hours_and_disk_grow_with_the_images(scratch: Path, larger: Path, earlier: list[Benchmark]) -> None:
    found = lines(larger, earlier)
    for model, cell in (("VAE", "vae-elbo-128"), ("Stable Diffusion", "stable_diffusion-mse-128")):
        record = json.loads((scratch / f"results/{cell}/0/run.json").read_text())
        train, runs = found["train", model], 2 if model == "Stable Diffusion" else 1
        assert (train.jobs, train.known, train.devices) == (runs, runs, device(record))
        assert train.hours == pytest.approx(runs * 10 * record["seconds"] / 3600)
        sample = found["sample", model]
        assert sample.hours == pytest.approx(runs * 10 * seconds(scratch, "sample", f"{cell}-0") / 3600)
        samples = (scratch / f"results/{cell}/0/samples.npy").stat().st_size
        assert sample.bytes == pytest.approx(
            runs * 10 * (samples + (scratch / f"results/{cell}/0/grid.png").stat().st_size)
        )
    autoencoder = found["autoencoder", "Stable Diffusion"]
    record = json.loads((scratch / f"results/autoencoders/{AUTOENCODER}/0/run.json").read_text())
    # Its benchmark holds more: the start of the program. Both cells use the one autoencoder.
    assert 0 < record["seconds"] < seconds(scratch, "autoencoder", f"{AUTOENCODER}-0")
    assert (autoencoder.jobs, autoencoder.known, autoencoder.devices) == (1, 1, device(record))
    assert autoencoder.hours == pytest.approx(record["seconds"] / 3600)
    assert found["extractor", ""].hours == pytest.approx(seconds(scratch, "extractor", "metric") / 3600)
    assert found["fetch", ""].local


def test_what_no_run_tells_of_is_said(scratch: Path, larger: Path, gen100: Process) -> None:
    assert "not a folder" in gen100(larger, "forecast", "nowhere", check=False).stderr
    shown = gen100(larger, "forecast", scratch).stdout
    (train,) = (row for row in shown.splitlines() if "train" in row and "StyleGAN2" in row)
    assert train.count("?") == 2
    assert "Unknown: 2 jobs, unlike any earlier one" in shown


def test_another_network_tells_nothing(scratch: Path, larger: Path, earlier: list[Benchmark]) -> None:
    other = scratch / "other"
    other.mkdir(exist_ok=True)
    params = yaml.safe_load((larger / "params.yaml").read_text())
    params["models"]["vae"]["network"]["channels"] = [16, 16, 32]
    (other / "params.yaml").write_text(yaml.safe_dump(params, sort_keys=False))
    found = lines(other, earlier)
    assert found["train", "VAE"].known == 0
    assert found["train", "Stable Diffusion"].known == 2


def test_a_snakemake_that_says_nothing_is_not_taken_to_have_nothing_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gen100.engines.snakemake.snakemake", lambda *_arguments: "")
    with pytest.raises(UserError, match="does not say what is due"):
        due([])
