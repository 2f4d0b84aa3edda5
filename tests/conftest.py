"""What several tests need: a workspace with tiny settings, the program as a process, data and trained networks."""

import copy
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from support.http_server import Server, serving
from support.processes import ROOT, Finished, Process, environment
from support.shared_folders import once

if TYPE_CHECKING:
    from gen100.data.arrays import Cifar100

# Two test processes with a thread for each core in both wait for each other. Before torch is imported.
os.environ.setdefault("OMP_NUM_THREADS", "1")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The files that take minutes first, or one test process would be left with them at the end."""
    items.sort(key=lambda item: item.path.parent.name != "quality")


@pytest.fixture(scope="session")
def demo_params() -> dict[str, Any]:
    """demo/params.yaml as plain values."""
    return yaml.safe_load((ROOT / "demo/params.yaml").read_text())


@pytest.fixture
def write_params(demo_params: dict[str, Any]) -> Callable[..., None]:
    """Write the demo's parameters, with some changed by dotted key, into a folder."""

    def write(folder: Path, **changes: Any) -> None:
        params = copy.deepcopy(demo_params)
        for place, value in changes.items():
            *path, last = place.split("__")
            target = params
            for key in path:
                target = target[key]
            target[last] = value
        (folder / "params.yaml").write_text(yaml.safe_dump(params, sort_keys=False))

    return write


@pytest.fixture(scope="session")
def gen100() -> Process:
    """Run the command line in a folder and wait for it."""

    def run(folder: Path, *arguments: object, check: bool = True) -> Finished:
        command = [sys.executable, "-m", "gen100", *map(str, arguments)]
        done = subprocess.run(command, cwd=folder, env=environment(), capture_output=True, text=True)
        if check and done.returncode:
            raise AssertionError(f"{' '.join(command)} ended with {done.returncode}:\n{done.stderr}")
        return done

    return run


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    """An HTTP server that follows a script; downloads from it wait for nothing between their attempts."""
    from gen100.data import archive

    monkeypatch.setattr(archive, "WAITS", (0.0, 0.0))
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    with serving() as made:
        yield made


@pytest.fixture(scope="session")
def cifar100_archive() -> Path:
    """The archive of the real CIFAR-100; a test that asks for it is skipped where there is none."""
    archive = Path(os.environ.get("GEN100_CIFAR100", ROOT.parent / "shared/data/cifar-100-binary.tar.gz"))
    if not archive.is_file():
        pytest.skip("CIFAR-100 is not here: name its archive in the environment variable GEN100_CIFAR100")
    return archive


@pytest.fixture(scope="session")
def cifar100(cifar100_archive: Path, tmp_path_factory: pytest.TempPathFactory) -> "Cifar100":
    """The real CIFAR-100, read once for all test processes."""
    from gen100.data.arrays import load, prepare
    from gen100.provenance import DataFacts

    def make(folder: Path) -> None:
        facts = DataFacts(name="CIFAR-100", train=50_000, test=10_000)
        prepare(cifar100_archive, folder / "cifar100.npz", facts)

    return load(once(tmp_path_factory, "cifar100", make) / "cifar100.npz")


@pytest.fixture(scope="session")
def feature_file(cifar100: "Cifar100", tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The weights of a small classifier of the real CIFAR-100, trained once for all test processes."""
    from support import quality

    def make(folder: Path) -> None:
        quality.train_features(cifar100, folder / "features.safetensors")

    return once(tmp_path_factory, "features", make) / "features.safetensors"


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A repository with two cells, all made by Snakemake."""
    from support import engines

    return once(tmp_path_factory, "built", engines.build)


@pytest.fixture(scope="session")
def recorded(built: Path, tmp_path_factory: pytest.TempPathFactory, gen100: Process) -> Path:
    """The built repository, recorded in DVC and committed to git."""
    from support import engines

    def record(folder: Path) -> None:
        shutil.copytree(built, folder)
        gen100(folder, "record")
        engines.commit(folder, "a finished run")

    return once(tmp_path_factory, "recorded", record)


@pytest.fixture(scope="module")
def scratch(built: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the built repository, for the tests of one file."""
    return shutil.copytree(built, tmp_path_factory.mktemp("scratch") / "repository")
