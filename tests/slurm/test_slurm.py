"""On a real SLURM: the profile gives what a local run gives, and no fault of the cluster changes a bit of it."""

import os
import re
import shutil
import signal
import tempfile
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from support.slurm_lab import SHARED_NODE, Lab, missing_packages, wait_for
from support.slurm_submission import (
    LOG,
    RUN,
    WEIGHTS,
    Submission,
    cancel,
    kill_node,
    kill_slurmd,
    limit,
    params,
    profile,
    requeue,
    run_here,
    submit,
    workspace,
)

pytestmark = [
    pytest.mark.timeout(1700),
    pytest.mark.skipif(os.geteuid() != 0, reason="a SLURM of its own needs root"),
]

COSTS = ["seconds", "autoencoder_seconds", "memory"]
"""Columns that differ from run to run."""
GRID = ["dalle-perceptual-128", "stylegan2-hinge-128"]
"""One with a first stage and both feature networks, and one without."""
IMAGES = 10_000
"""Of the runs that are broken off: a quarter of a minute on one core. They are held where they have to wait."""
AT_A_TIME = 5


@pytest.fixture(scope="module")
def lab() -> Iterator[Lab]:
    """The cluster, in a folder that every user may enter, as munge and the database want it."""
    if missing := missing_packages():
        pytest.fail(f"install {' '.join(missing)}: `make slurm-test` does")
    folder = Path(tempfile.mkdtemp(prefix="gen100-slurm-", dir="/var/tmp"))
    folder.chmod(0o755)
    cluster = Lab(folder)
    try:
        cluster.start()
        yield cluster
    finally:
        cluster.stop()
        shutil.rmtree(folder)


Outcomes = dict[str, "Future[Path]"]


@pytest.fixture(scope="module")
def outcomes(lab: Lab) -> Iterator[Outcomes]:
    """A few runs at a time, to spend the waiting of one on the work of another."""
    started: list[Submission] = []

    def broken(name: str, fault: Callable[[Submission], None], **site: Any) -> Path:
        place = workspace(lab.folder / name, params([RUN], IMAGES))
        run = submit(lab, place, profile("unsafe", **site), WEIGHTS)
        started.append(run)
        fault(run)
        return run.finish()

    def limited() -> Path:
        site = profile("unsafe")["default-resources"] | {"slurm_extra": "'--signal=TERM@60'"}
        limits = {"default-resources": site, "set-resources": {"train": {"runtime": 3}}, "retries": 20}
        return broken("limit", limit, **limits)

    def uninterrupted() -> Path:
        return run_here(workspace(lab.folder / "uninterrupted", params([RUN], IMAGES)), WEIGHTS) / WEIGHTS

    def grid() -> Path:
        place = workspace(lab.folder / "grid", params(GRID, 320))
        run = submit(lab, place, profile("gpu"))
        started.append(run)
        run.finish()
        return place

    def shards() -> Path:
        cells = [RUN, "vae-wae-128"]
        place = workspace(lab.folder / "shards", params(cells, IMAGES))
        site = profile("shared", **{"set-resources": {"train": {"gpu": 0, "gres": "'shard:1'"}}})
        run = submit(lab, place, site, *(f"results/{cell}/0/model.safetensors" for cell in cells))
        started.append(run)
        training = run.hold()
        wait_for(lambda: len(lab.ask("squeue", "-hp", "shared", "-tR").splitlines()) == 2, "both running", 120)
        training.resume()
        run.finish()
        return place

    def stopped() -> Path:
        place = workspace(lab.folder / "stopped", params([RUN], IMAGES))
        # Snakemake does not cancel the jobs that it asks SLURM about at that moment, so it seldom asks.
        run = submit(lab, place, profile("gpu"), WEIGHTS, seconds=20)
        started.append(run)
        run.hold()
        run.process.send_signal(signal.SIGINT)
        assert run.process.wait(120) != 0
        wait_for(lambda: not lab.ask("squeue", "-h", "-j", run.job()), "the job's end", 60)
        run = submit(lab, place, profile("gpu"), WEIGHTS)
        started.append(run)
        run.finish()
        return place

    def login_node_lost() -> Path:
        place = workspace(lab.folder / "login", params([RUN], IMAGES))
        run = submit(lab, place, profile("gpu"), WEIGHTS)
        started.append(run)
        training = run.hold()
        run.process.kill()
        run.process.wait()
        run_here(place, "--unlock")
        run = submit(lab, place, profile("gpu"), WEIGHTS)
        started.append(run)
        run.wait_for("another process is at work")
        training.resume()
        run.finish()
        return place

    pool = ThreadPoolExecutor(AT_A_TIME)
    try:
        yield {
            "grid": pool.submit(grid),
            "limit": pool.submit(limited),
            "node killed": pool.submit(broken, "node", kill_node),
            "slurmd killed": pool.submit(broken, "slurmd", kill_slurmd),
            "stopped": pool.submit(stopped),
            "login node lost": pool.submit(login_node_lost),
            "requeue": pool.submit(broken, "requeue", requeue),
            "scancel": pool.submit(broken, "scancel", cancel),
            "shards": pool.submit(shards),
            "uninterrupted": pool.submit(uninterrupted),
            "grid here": pool.submit(run_here, workspace(lab.folder / "here", params(GRID, 320))),
        }
    finally:
        pool.shutdown(wait=False, cancel_futures=True)
        for run in started:
            run.process.kill()


def test_the_grid_gives_what_a_local_run_gives(outcomes: Outcomes) -> None:
    there, here = outcomes["grid"].result(), outcomes["grid here"].result()
    for cell in GRID:
        for name in ("model.safetensors", "samples.npy", "metrics.json", "curve.csv", "grid.png"):
            file = Path("results") / cell / "0" / name
            assert (there / file).read_bytes() == (here / file).read_bytes(), file
    for file in here.glob("reports/tables/*"):
        assert (there / "reports/tables" / file.name).read_bytes() == file.read_bytes(), file.name
    tables = [pd.read_csv(place / "reports/results.csv").drop(columns=COSTS) for place in (there, here)]
    pd.testing.assert_frame_equal(tables[0], tables[1])


def test_gpu_stages_are_jobs_with_a_gpu_and_small_ones_run_here(lab: Lab, outcomes: Outcomes) -> None:
    outcomes["grid"].result()
    log = (lab.folder / "grid/snakemake.log").read_text()
    submitted = set(re.findall(r"slurm_logs/rule_(\w+)/", log))
    assert submitted == {"extractor", "autoencoder", "train", "sample", "evaluate", "reference", "forensics"}
    jobs = re.findall(r"submitted with SLURM jobid (\d+)", log)
    assert len(jobs) == 2 + 1 + 3 * len(GRID) + 2
    asked = lab.ask("sacct", "-Xnj", ",".join(jobs), "-o", "ReqTRES%80").splitlines()
    assert len(asked) == len(jobs)
    assert all("gres/gpu=1" in line and "cpu=4" in line for line in asked)


@pytest.mark.parametrize("fault", ["limit", "node killed", "requeue", "scancel", "slurmd killed"])
def test_a_fault_changes_no_bit(outcomes: Outcomes, fault: str) -> None:
    file = outcomes[fault].result()
    assert file.read_bytes() == outcomes["uninterrupted"].result().read_bytes()
    log = (file.parents[3] / LOG).read_text()
    if fault == "slurmd killed":
        assert "another process" in log, log
    else:
        assert "going on from" in log, log


def test_a_time_limit_took_several_attempts(lab: Lab, outcomes: Outcomes) -> None:
    outcomes["limit"].result()
    log = (lab.folder / "limit/snakemake.log").read_text()
    jobs = re.findall(r"submitted with SLURM jobid (\d+)", log)
    assert len(jobs) >= 2
    assert log.count("stopped by SIGTERM") >= 1
    states = lab.ask("sacct", "-Xnj", ",".join(jobs), "-o", "State").split()
    assert states == ["FAILED"] * (len(jobs) - 1) + ["COMPLETED"]


def test_two_runs_share_a_gpu_that_is_cut_into_shards(lab: Lab, outcomes: Outcomes) -> None:
    """What the profile's commented lines give: two trainings on one node's only GPU at the same time."""
    log = (outcomes["shards"].result() / "snakemake.log").read_text()
    jobs = re.findall(r"submitted with SLURM jobid (\d+)", log)
    rows = lab.ask("sacct", "-XPnj", ",".join(jobs), "-o", "NodeList,Start,End").splitlines()
    (node, start, end), (other, other_start, other_end) = (row.split("|") for row in rows)
    assert node == other == SHARED_NODE
    assert max(start, other_start) < min(end, other_end)


def test_after_ctrl_c_the_next_start_goes_on(outcomes: Outcomes) -> None:
    place = outcomes["stopped"].result()
    assert "going on from" in (place / LOG).read_text()
    assert (place / WEIGHTS).read_bytes() == outcomes["uninterrupted"].result().read_bytes()


def test_when_the_login_node_is_lost_jobs_go_on_and_are_kept(outcomes: Outcomes) -> None:
    place = outcomes["login node lost"].result()
    assert "the other process has made it: kept" in (place / LOG).read_text()
    assert (place / WEIGHTS).read_bytes() == outcomes["uninterrupted"].result().read_bytes()


def test_a_folder_from_which_no_job_can_be_submitted_is_refused(lab: Lab) -> None:
    place = workspace(lab.folder / "$HOME", params([RUN], 320))
    run = submit(lab, place, profile("gpu"), WEIGHTS)
    assert run.process.wait(120) != 0
    assert f"'{place}': no job can be submitted with '$' in a path" in run.log
    assert not (place / "data").exists()
