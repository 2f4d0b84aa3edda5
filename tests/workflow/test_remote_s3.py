"""A recorded run goes through a remote and comes back in a fresh clone: a folder, and a real S3 server."""

import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from s3fs import S3FileSystem

from gen100.files import digest
from support.engines import STAGES, clone, commit, due_jobs
from support.processes import ROOT, Process, dvc, environment, git

ACCESS_KEY, SECRET_KEY = "test:tester", "only-for-this-test"
SignIn = Callable[[Path], None]


@pytest.fixture(scope="module")
def endpoint(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of an S3 server with an empty bucket `study`."""
    folder = tmp_path_factory.mktemp("s3") / "server"
    command = [sys.executable, "-W", "ignore", str(ROOT / "tests/support/s3_server.py"), str(folder), SECRET_KEY]
    server = subprocess.Popen(command, env=environment(), stdout=subprocess.PIPE, text=True)
    try:
        assert server.stdout is not None
        address = f"http://127.0.0.1:{int(server.stdout.readline())}"
        S3FileSystem(key=ACCESS_KEY, secret=SECRET_KEY, endpoint_url=address).mkdir("study")
        yield address
    finally:
        server.terminate()
        server.communicate()


def files(folder: Path) -> dict[str, bytes]:
    """The contents of all tables, figures and results."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for top in ("reports", "results", "data")
        for path in sorted((folder / top).rglob("*"))
        if path.is_file()
    }


def round_trip(origin: Path, folder: Path, gen100: Process, sign_in: SignIn) -> None:
    """Push, clone, pull without a cache and with one, restore; `sign_in` gives a clone what git must not have."""
    sign_in(origin)
    dvc(origin, "push")
    commit(origin, "a remote")
    fresh = clone(origin, folder)
    assert not (fresh / "results/vae-elbo-128/0/model.safetensors").exists()
    sign_in(fresh)
    dvc(fresh, "pull")
    assert files(fresh) == files(origin)
    assert f"restored {STAGES} of {STAGES} stages" in gen100(fresh, "restore").stdout
    assert due_jobs(fresh) == set()

    shutil.rmtree(fresh / "results")
    shutil.rmtree(fresh / "data")
    git(fresh, "checkout", "--", "results")
    dvc(fresh, "pull")
    assert files(fresh) == files(origin)


def test_a_folder(recorded: Path, gen100: Process, tmp_path: Path) -> None:
    origin = shutil.copytree(recorded, tmp_path / "origin")
    dvc(origin, "remote", "add", "--default", "store", str(tmp_path / "store"))
    round_trip(origin, tmp_path / "clone", gen100, lambda _: None)


def test_an_s3_server(recorded: Path, gen100: Process, tmp_path: Path, endpoint: str) -> None:
    origin = shutil.copytree(recorded, tmp_path / "origin")
    dvc(origin, "remote", "add", "--default", "s3", "s3://study/dvc")
    dvc(origin, "remote", "modify", "s3", "endpointurl", endpoint)

    def sign_in(folder: Path) -> None:
        dvc(folder, "remote", "modify", "--local", "s3", "access_key_id", ACCESS_KEY)
        dvc(folder, "remote", "modify", "--local", "s3", "secret_access_key", SECRET_KEY)

    round_trip(origin, tmp_path / "clone", gen100, sign_in)
    store = S3FileSystem(key=ACCESS_KEY, secret=SECRET_KEY, endpoint_url=endpoint)
    stored = {path.removeprefix("study/dvc/files/md5/").replace("/", "") for path in store.find("study/dvc")}
    assert digest(origin / "results/vae-elbo-128/0/model.safetensors", "md5") in stored
    # This one goes through git.
    assert digest(origin / "reports/results.csv", "md5") not in stored
    for name in ("config", "config.local"):
        kept = SECRET_KEY in (origin / ".dvc" / name).read_text()
        assert kept == (name == "config.local")
    assert git(origin, "status", "--porcelain") == ""


def test_a_wrong_key_is_refused(recorded: Path, tmp_path: Path, endpoint: str) -> None:
    origin = shutil.copytree(recorded, tmp_path / "origin")
    dvc(origin, "remote", "add", "--default", "s3", "s3://study/other")
    dvc(origin, "remote", "modify", "s3", "endpointurl", endpoint)
    dvc(origin, "remote", "modify", "--local", "s3", "access_key_id", ACCESS_KEY)
    dvc(origin, "remote", "modify", "--local", "s3", "secret_access_key", "wrong")
    command = [sys.executable, "-m", "dvc", "push"]
    done = subprocess.run(command, cwd=origin, env=environment(), capture_output=True, text=True)
    assert done.returncode
    assert S3FileSystem(key=ACCESS_KEY, secret=SECRET_KEY, endpoint_url=endpoint).find("study/other") == []
