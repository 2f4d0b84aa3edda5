"""On a real SLURM: the profile gives what a local run gives, and no fault of the cluster changes a bit of it."""

import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import yaml
from conftest import ROOT, environment
from lab import Lab, missing_packages, wait_for

pytestmark = [
    pytest.mark.timeout(1500),
    pytest.mark.skipif(os.geteuid() != 0, reason="a SLURM of its own needs root"),
]

GRID = ["vae-elbo-128", "dalle-perceptual-128", "stylegan2-hinge-128", "stable_diffusion-mse-128"]
SMALL = {"images": 320, "records": 2, "ema_images": 100, "optimizer": {"lr": 1e-3}}
RUN = "vae-elbo-128"
WEIGHTS = f"results/{RUN}/0/model.safetensors"
LOG = f"logs/train/{RUN}-0.log"
SHORT, LONG = 30_000, 60_000
"""Images of the runs that are broken off: at least half a minute, and at least a minute, on one core."""
AT_A_TIME = 3


@dataclass
class Submission:
    """Snakemake at work in a workspace, submitting to the cluster."""

    lab: Lab
    workspace: Path
    process: "subprocess.Popen[bytes]"

    @property
    def log(self) -> str:
        return (self.workspace / "snakemake.log").read_text()

    def job(self) -> str:
        """The SLURM job of the training, as it was last submitted."""
        jobs = re.findall(r"Job 0 has been submitted with SLURM jobid (\d+)", self.log)
        return jobs[-1] if jobs else ""

    def wait_for_training(self) -> None:
        """Until the run has said how far it is, and so has weights to lose."""
        wait_for(lambda: "images/s" in (self.workspace / LOG).read_text(), "progress of the training", 400)

    def node(self) -> str:
        return self.lab.ask("squeue", "-h", "-o", "%N", "-j", self.job())

    def finish(self) -> Path:
        assert self.process.wait(1200) == 0, self.log[-5000:]
        return self.workspace / WEIGHTS


def params(cells: list[str], images: int) -> dict[str, Any]:
    """The demo's parameters for these cells, with this budget for the VAE and next to none for the rest."""
    found = yaml.safe_load((ROOT / "demo/params.yaml").read_text())
    found |= {"cells": cells, "data": {"synthetic": {"train": 300, "test": 100, "seed": 0}}}
    for model in found["models"].values():
        model["training"] |= SMALL
        if "autoencoder" in model:
            model["autoencoder"]["training"] |= SMALL
    found["models"]["vae"]["training"]["images"] = images
    for role in ("extractor", "perceptual"):
        found["metrics"][role]["network"]["training"] |= SMALL
    found["sampling"]["images"] = 100
    return found


def profile(partition: str, **changes: Any) -> dict[str, Any]:
    """The project's profile, with what a site edits, and asking more often than a busy cluster would like."""
    found = yaml.safe_load((ROOT / "profiles/slurm/profile.yaml").read_text())
    found["default-resources"] |= {"slurm_account": "study", "slurm_partition": partition}
    found |= {"slurm-init-seconds-before-status-checks": 1, "seconds-between-status-checks": 1, "latency-wait": 5}
    return found | changes


def workspace(folder: Path, settings: dict[str, Any]) -> Path:
    folder.mkdir()
    (folder / "params.yaml").write_text(yaml.safe_dump(settings, sort_keys=False))
    return folder


def run_here(place: Path, *targets: str) -> Path:
    """The same on this machine, with no cluster."""
    command = [sys.executable, "-m", "snakemake", "--cores", "2", "--directory", str(place), "--", *targets]
    done = subprocess.run(command, cwd=ROOT, env=environment(), capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return place


def submit(lab: Lab, place: Path, site: dict[str, Any], *targets: str) -> Submission:
    """Start Snakemake with a profile; it goes on beside the test."""
    (place / "profile").mkdir()
    (place / "profile/profile.yaml").write_text(yaml.safe_dump(site))
    command = [sys.executable, "-m", "snakemake", "--workflow-profile", str(place / "profile")]
    with (place / "snakemake.log").open("wb") as log:
        process = subprocess.Popen(
            [*command, "--directory", str(place), "--", *targets],
            cwd=ROOT,
            env={
                **environment(),
                **lab.environment,
                "PATH": f"{Path(sys.executable).parent}:{lab.environment['PATH']}",
            },
            stdout=log,
            stderr=subprocess.STDOUT,
        )
    return Submission(lab, place, process)


def processes(run: Submission) -> list[int]:
    """All processes of the run's job, SLURM's own guards of its steps first, which would report that it ended."""
    guards, workers = [], []
    for entry in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            if f"slurmstepd: [{run.job()}." in (entry / "cmdline").read_text():
                guards.append(int(entry.name))
            elif (entry / "cwd").resolve() == run.workspace and int(entry.name) != run.process.pid:
                workers.append(int(entry.name))
    return guards + workers


def wait_out(run: Submission) -> None:
    """No fault but those that the profile brings."""
    run.wait_for_training()


def requeue(run: Submission) -> None:
    run.wait_for_training()
    run.lab.ask("scontrol", "requeue", run.job())


def cancel(run: Submission) -> None:
    run.wait_for_training()
    first = run.job()
    run.lab.ask("scancel", first)
    wait_for(lambda: run.job() not in ("", first), "another submission", 120)


def kill_slurmd(run: Submission) -> None:
    """The daemon alone: what it had started goes on, while SLURM starts a second copy on another node."""
    run.wait_for_training()
    first = run.node()
    run.lab.kill_node(first)
    wait_for(lambda: run.node() not in ("", first), "the second copy on another node", 120)


def kill_node(run: Submission) -> None:
    """The daemon and all that it had started, once there is a checkpoint to go on from."""
    checkpoint = run.workspace / f"checkpoints/train/{RUN}/0/state.pt"
    wait_for(checkpoint.exists, "a checkpoint", 400)
    first = run.node()
    run.lab.kill_node(first)
    for pid in processes(run):
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    wait_for(lambda: run.node() not in ("", first), "the second attempt on another node", 120)


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

    def broken(name: str, images: int, fault: Callable[[Submission], None], **site: Any) -> Path:
        place = workspace(lab.folder / name, params([RUN], images))
        run = submit(lab, place, profile("unsafe", **site), WEIGHTS)
        started.append(run)
        fault(run)
        return run.finish()

    def limited() -> Path:
        site = profile("unsafe")["default-resources"] | {"slurm_extra": "'--signal=TERM@45'"}
        limits = {"default-resources": site, "set-resources": {"train": {"runtime": 2}}, "retries": 20}
        return broken("limit", LONG, wait_out, **limits)

    def uninterrupted(name: str, images: int) -> Path:
        return run_here(workspace(lab.folder / name, params([RUN], images)), WEIGHTS) / WEIGHTS

    def grid() -> Path:
        place = workspace(lab.folder / "grid", params(GRID, 320))
        run = submit(lab, place, profile("gpu"))
        started.append(run)
        run.finish()
        return place

    pool = ThreadPoolExecutor(AT_A_TIME)
    try:
        yield {
            "limit": pool.submit(limited),
            "node killed": pool.submit(broken, "node", LONG, kill_node),
            "long": pool.submit(uninterrupted, "long", LONG),
            "requeue": pool.submit(broken, "requeue", SHORT, requeue),
            "scancel": pool.submit(broken, "scancel", SHORT, cancel),
            "slurmd killed": pool.submit(broken, "slurmd", SHORT, kill_slurmd),
            "short": pool.submit(uninterrupted, "short", SHORT),
            "grid": pool.submit(grid),
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
    tables = [pd.read_csv(place / "reports/results.csv").drop(columns=["seconds"]) for place in (there, here)]
    pd.testing.assert_frame_equal(tables[0], tables[1])


def test_gpu_stages_are_jobs_with_a_gpu_and_small_ones_run_here(lab: Lab, outcomes: Outcomes) -> None:
    outcomes["grid"].result()
    log = (lab.folder / "grid/snakemake.log").read_text()
    submitted = set(re.findall(r"slurm_logs/rule_(\w+)/", log))
    assert submitted == {"extractor", "autoencoder", "train", "sample", "evaluate", "reference"}
    jobs = re.findall(r"submitted with SLURM jobid (\d+)", log)
    assert len(jobs) == 2 + 2 + 3 * len(GRID) + 1
    asked = lab.ask("sacct", "-Xnj", ",".join(jobs), "-o", "ReqTRES%80").splitlines()
    assert len(asked) == len(jobs)
    assert all("gres/gpu=1" in line and "cpu=4" in line for line in asked)


@pytest.mark.parametrize(
    ("fault", "same_as"),
    [
        ("limit", "long"),
        ("node killed", "long"),
        ("requeue", "short"),
        ("scancel", "short"),
        ("slurmd killed", "short"),
    ],
)
def test_a_fault_changes_no_bit(outcomes: Outcomes, fault: str, same_as: str) -> None:
    file = outcomes[fault].result()
    assert file.read_bytes() == outcomes[same_as].result().read_bytes()
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
    assert log.count("stopped by SIGTERM") == len(jobs) - 1
    states = lab.ask("sacct", "-Xnj", ",".join(jobs), "-o", "State").split()
    assert states == ["FAILED"] * (len(jobs) - 1) + ["COMPLETED"]


def test_two_runs_share_a_gpu_that_is_cut_into_shards(lab: Lab) -> None:
    """What the profile's commented lines give: two trainings on one node's only GPU at the same time."""
    site = profile("gpu", **{"set-resources": {"train": {"gpu": 0, "gres": "'shard:1'"}}})
    place = workspace(lab.folder / "shards", params([RUN, "vae-wae-128"], 10_000))
    lab.ask("scontrol", "update", "nodename=n2", "state=drain", "reason=one node only")
    try:
        run = submit(lab, place, site, *(f"results/{cell}/0/model.safetensors" for cell in (RUN, "vae-wae-128")))
        assert run.process.wait(300) == 0, run.log[-3000:]
    finally:
        lab.ask("scontrol", "update", "nodename=n2", "state=resume")
    jobs = re.findall(r"submitted with SLURM jobid (\d+)", run.log)
    rows = lab.ask("sacct", "-XPnj", ",".join(jobs), "-o", "NodeList,Start,End").splitlines()
    (node, start, end), (other, other_start, other_end) = (row.split("|") for row in rows)
    assert node == other == "n1"
    assert max(start, other_start) < min(end, other_end)


def test_a_stopped_snakemake_cancels_nothing_that_is_done(lab: Lab) -> None:
    """Ctrl-C cancels the jobs under way; the next start goes on with what is left."""
    place = workspace(lab.folder / "stopped", params([RUN], SHORT))
    run = submit(lab, place, profile("gpu"), WEIGHTS)
    run.wait_for_training()
    run.process.send_signal(signal.SIGINT)
    assert run.process.wait(120) != 0
    wait_for(lambda: not lab.ask("squeue", "-h", "-j", run.job()), "the job's end", 60)
    shutil.rmtree(place / "profile")
    submit(lab, place, profile("gpu"), WEIGHTS).finish()
    assert "going on from" in (place / LOG).read_text()
