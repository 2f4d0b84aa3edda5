"""A disk that is full or read-only: a line that names the file, nothing half-written, and a way on."""

import re
import signal
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from matplotlib.figure import Figure

from gen100.config import FeatureNetworkSettings as NetworkSettings
from gen100.config import Synthetic
from gen100.data.archive import take
from gen100.data.arrays import prepare
from gen100.data.synthetic import write_archive
from gen100.errors import UserError
from gen100.files import digest, whole, write_bytes, write_json
from gen100.metrics.network import FeatureNetwork
from gen100.metrics.weights import save_network
from gen100.report.style import Caption, save
from gen100.training import checkpoint
from gen100.training.curve import write_curve
from gen100.weights import save_weights
from support.archives import FACTS, archive_contents, pack
from support.faults import (
    AS_A_USER,
    MAIN,
    OFTEN,
    contents,
    disk,
    fill,
    refusal,
    send_and_end,
    start,
    start_and_hold,
    temporaries,
    tiny,
)
from support.lineage import adopt, pretend_checked
from support.processes import Process
from support.report_workspace import make_workspace

CELL = "vae-elbo-128"
FULL = "cannot be written (No space left on device): free space, then start again"
LARGE = torch.zeros(1 << 16)


@pytest.fixture
def trained(folder: Path, write_params: Callable[..., None], gen100: Process) -> Path:
    """A workspace with a trained and sampled run."""
    if not (folder / "params.yaml").exists():
        write_params(folder, **tiny())
        for stage in (["fetch"], ["prepare"]):
            gen100(folder, *stage)
        for stage in ("train", "sample"):
            gen100(folder, stage, CELL, 0)
    return folder


@pytest.fixture(scope="module")
def full(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("full")
    with disk(folder, "64k"):
        fill(folder)
        yield folder


def csv(path: Path) -> None:
    with whole(path) as temporary:
        pd.DataFrame(np.zeros((1000, 10))).to_csv(temporary)


def copy(path: Path) -> None:
    source = path.parents[1] / "source"
    source.write_bytes(bytes(1 << 20))
    take(str(source), f"sha256:{digest(source)}", path)


def arrays(path: Path) -> None:
    prepare(pack(path.parents[1] / "archive.tar.gz", archive_contents()), path, FACTS)


WRITERS: dict[str, Callable[[Path], None]] = {
    "state.pt": lambda path: checkpoint.save(path.parent, "mark", {"network": LARGE}),
    "model.safetensors": lambda path: save_weights(path, {"weight": LARGE}, {}),
    "samples.npy": lambda path: write_bytes(path, bytes(1 << 20)),
    "metrics.json": lambda path: write_json(path, list(range(100_000))),
    "curve.csv": lambda path: write_curve(path, [{"step": k} for k in range(100_000)]),
    "results.csv": csv,
    "grid.png": lambda path: save(Figure(), path, Caption("", "")),
    "figure.svg": lambda path: save(Figure(), path, Caption("", "")),
    "archive.tar.gz": lambda path: write_archive(path, Synthetic(train=200, test=100, seed=0)),
    "copy.tar.gz": copy,
    "cifar100.npz": arrays,
}


@pytest.mark.parametrize("name", WRITERS)
def test_whatever_is_written_to_a_full_disk_is_named(full: Path, name: str) -> None:
    with pytest.raises(UserError) as raised:
        WRITERS[name](full / name)
    assert str(raised.value) == f"{full / name} {FULL}"
    assert [path.name for path in full.iterdir()] == ["filler"]


def test_a_checkpoint_on_a_full_disk_leaves_the_one_before(trained: Path, gen100: Process) -> None:
    run, checkpoints = trained / "results" / CELL / "0", trained / "checkpoints"
    whole_run = contents(run)
    (run / "model.safetensors").unlink()
    file = checkpoints / "train" / CELL / "0/state.pt"
    file.unlink()
    with disk(checkpoints, "64m"):
        send_and_end(start_and_hold(trained, "train", CELL, 0), signal.SIGTERM)
        before = file.read_bytes()
        filler = fill(checkpoints, leave=len(before) // 2)
        said = refusal(start(trained, "train", CELL, 0, program=OFTEN + MAIN))
        assert f"{file.relative_to(trained)} {FULL}" in said
        assert file.read_bytes() == before
        assert not temporaries(checkpoints)
        assert not (run / "model.safetensors").exists()
        filler.unlink()
        assert "starting over" not in gen100(trained, "train", CELL, 0).stderr
    assert (run / "model.safetensors").read_bytes() == whole_run["model.safetensors"]
    assert (run / "curve.csv").read_bytes() == whole_run["curve.csv"]


def test_samples_on_a_full_disk_leave_those_before(trained: Path, gen100: Process) -> None:
    run = trained / "results" / CELL / "0"
    before = contents(run)
    with disk(run, "16m"):
        filler = fill(run, leave=100_000)
        said = refusal(start(trained, "sample", CELL, 0))
        assert f"results/{CELL}/0/samples.npy {FULL}" in said
        filler.unlink()
        assert contents(run) == before
        gen100(trained, "sample", CELL, 0)
        assert contents(run) == before


def test_tables_on_a_full_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, gen100: Process) -> None:
    monkeypatch.chdir(tmp_path)
    make_workspace(tmp_path, [CELL])
    adopt(tmp_path)
    gen100(tmp_path, "aggregate")
    adopt(tmp_path)
    tables = tmp_path / "reports/tables"
    with disk(tables, "256k"):
        filler = fill(tables)
        said = refusal(start(tmp_path, "tables"))
        assert f"reports/tables/table_3_1.en.csv {FULL}" in said
        assert list(tables.iterdir()) == [filler]
        filler.unlink()
        gen100(tmp_path, "tables")
        assert len(list(tables.iterdir())) == 18


def test_the_references_features_on_a_full_disk(trained: Path) -> None:
    settings = NetworkSettings.model_validate(tiny()["metrics__extractor"]["network"])
    network = FeatureNetwork(settings)
    save_network(trained / "data/extractors/metric.safetensors", network, seed=1000, accuracy=0.1, synthetic=True)
    images = np.random.default_rng(0).integers(0, 256, (100, 3, 32, 32), dtype=np.uint8)
    np.save(trained / "results/vae-elbo-128/0/samples.npy", images)
    pretend_checked(trained)
    cache = trained / ".cache/fidelity"
    with disk(cache, "256k"):
        filler = fill(cache)
        said = refusal(start(trained, "evaluate", "vae-elbo-128", 0))
        assert re.search(rf"\.cache/fidelity/train-\S+\.npz {re.escape(FULL)}", said)
        assert [path for path in cache.iterdir() if path.stat().st_size] == [filler]
    assert not (trained / "results/vae-elbo-128/0/metrics.json").exists()


@pytest.mark.parametrize(
    ("place", "arguments", "named"),
    [
        ("data", ("fetch",), "data/archive.tar.gz"),
        (f"results/{CELL}/0", ("train", CELL, 0), f"results/{CELL}/0"),
        (f"results/{CELL}/0", ("sample", CELL, 0), f"results/{CELL}/0"),
        ("checkpoints", ("train", CELL, 0), f"checkpoints/locks/{CELL}-0.lock"),
        ("reports", ("theory",), "reports/figures/figure_1_1.en.svg"),
    ],
)
@pytest.mark.parametrize("kind", ["read-only disk", "folder of another user"])
def test_a_place_that_may_not_be_written_is_named(
    trained: Path, kind: str, place: str, arguments: tuple[object, ...], named: str
) -> None:
    folder = trained / place
    folder.mkdir(exist_ok=True)
    (trained / "checkpoints/locks" / f"{CELL}-0.lock").unlink(missing_ok=True)
    if kind == "read-only disk":
        with disk(folder, "64m", options="ro"):
            said = refusal(start(trained, *arguments))
        assert f"gen100: {named} cannot be written (Read-only file system): make its file system writable" in said
        return
    closed = [folder, *(path for path in folder.rglob("*") if path.is_dir())]
    for path in closed:
        path.chmod(0o555)
    try:
        said = refusal(start(trained, *arguments, before=AS_A_USER))
    finally:
        for path in closed:
            path.chmod(0o755)
    assert f"gen100: {named} cannot be written (Permission denied): make the file and its folder writable" in said


@pytest.mark.parametrize("home", ["-uHOME", "HOME=/proc"])
def test_a_user_without_a_home_or_a_name_runs_stages(trained: Path, home: str) -> None:
    """What libraries want to keep there goes elsewhere."""
    nameless = ["unshare", "--user", "--map-user=54321"]
    if subprocess.run([*nameless, "true"], capture_output=True).returncode:
        nameless = []  # not allowed in this container
    before = *nameless, "env", "-uUSER", "-uLOGNAME", home
    for stage in ("train", "sample"):
        process = start(trained, stage, CELL, 0, before=before)
        _, said = process.communicate(timeout=240)
        assert process.returncode == 0, said
        assert "Traceback" not in said
