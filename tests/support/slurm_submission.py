"""Snakemake submitting runs to the cluster of slurm_lab.py, and what may be done to them there."""

import re
import signal
import subprocess
import sys
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import yaml

from support.processes import ROOT, command, environment
from support.slurm_lab import Lab, wait_for

SMALL = {"images": 320, "records": 2, "ema_images": 100, "optimizer": {"lr": 1e-3}}
RUN = "vae-elbo-128"
WEIGHTS = f"results/{RUN}/0/model.safetensors"
LOG = f"logs/train/{RUN}-0.log"
SNAKEMAKE = """
from snakemake.cli import main
from snakemake_interface_executor_plugins.executors.remote import RemoteExecutor
RemoteExecutor.next_seconds_between_status_checks = property(lambda self: {seconds}, lambda self, _: None)
main()
"""
"""Snakemake that asks SLURM at an even pace: the plugin waits 10 s longer each time that no job has ended."""


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

    def wait_for(self, words: str) -> None:
        """Until the log of the training has them."""
        wait_for(lambda: words in (self.workspace / LOG).read_text(), f"'{words}' in the training's log", 400)

    def hold(self, words: str = "images/s") -> psutil.Process:
        """Stop the training once its log has the words, by default that it has weights to lose: a machine of any
        speed then finds it unfinished. SLURM lets it go on (SIGCONT) when it ends its job."""
        self.wait_for(words)
        (training,) = (one for one in self.processes() if command(one)[-3:] == ["train", RUN, "0"])
        training.suspend()
        return training

    def processes(self) -> list[psutil.Process]:
        """All of the run's jobs, SLURM's own guards of their steps first, which would report that they ended."""
        guards, workers = [], []
        for one in psutil.process_iter():
            with suppress(psutil.Error):
                if f"slurmstepd: [{self.job()}." in " ".join(command(one)):
                    guards.append(one)
                elif Path(one.cwd()) == self.workspace and one.pid != self.process.pid:
                    workers.append(one)
        return guards + workers

    def node(self) -> str:
        return self.lab.ask("squeue", "-h", "-o", "%N", "-j", self.job())

    def finish(self) -> Path:
        assert self.process.wait(1600) == 0, self.log[-5000:]
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
    found["metrics"]["perceptual"]["network"]["training"] |= SMALL
    # Long enough that the self-check finds it trained.
    found["metrics"]["extractor"]["network"]["training"] |= {"images": 4000, "records": 2}
    found["sampling"]["images"] = 100
    return found


def profile(partition: str, **changes: Any) -> dict[str, Any]:
    """The project's profile, with what a site edits."""
    found = yaml.safe_load((ROOT / "profiles/slurm/profile.yaml").read_text())
    found["default-resources"] |= {"slurm_account": "study", "slurm_partition": partition}
    found |= {"slurm-init-seconds-before-status-checks": 1, "latency-wait": 5}
    return found | changes


def workspace(folder: Path, settings: dict[str, Any]) -> Path:
    folder.mkdir()
    (folder / "params.yaml").write_text(yaml.safe_dump(settings, sort_keys=False))
    return folder


def run_here(place: Path, *arguments: str) -> Path:
    """Snakemake on this machine, with no cluster."""
    command = [sys.executable, "-m", "snakemake", "--cores", "2", "--directory", str(place), *arguments]
    done = subprocess.run(command, cwd=ROOT, env=environment(), capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return place


def submit(lab: Lab, place: Path, site: dict[str, Any], *targets: str, seconds: int = 1) -> Submission:
    """Start Snakemake with a profile, to ask SLURM in these intervals; it goes on beside the test."""
    (place / "profile").mkdir(exist_ok=True)
    (place / "profile/profile.yaml").write_text(yaml.safe_dump(site))
    # A shell starts what it runs in the background deaf to Ctrl-C, and so would Snakemake be.
    hearing = ["env", "--default-signal=INT"]
    command = [*hearing, sys.executable, "-c", SNAKEMAKE.format(seconds=seconds)]
    with (place / "snakemake.log").open("wb") as log:
        process = subprocess.Popen(
            [*command, "--workflow-profile", str(place / "profile"), "--directory", str(place), "--", *targets],
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


def limit(run: Submission) -> None:
    """The run is not through when SLURM's signal before the time limit comes."""
    training = run.hold()

    def signalled() -> bool:
        # It may have been so late to start that the signal came before it was held.
        if not training.is_running():
            return True
        status = (Path("/proc") / str(training.pid) / "status").read_text()
        pending = re.findall(r"^S\w*Pnd:\s*(\w+)", status, re.M)
        return any(int(mask, 16) >> (signal.SIGTERM - 1) & 1 for mask in pending)

    wait_for(signalled, "SLURM's signal before the limit", 200)
    with suppress(psutil.NoSuchProcess):
        training.resume()


def requeue(run: Submission) -> None:
    run.hold()
    run.lab.ask("scontrol", "requeue", run.job())


def cancel(run: Submission) -> None:
    run.hold()
    run.lab.ask("scancel", run.job())


def kill_slurmd(run: Submission) -> None:
    """The daemon alone: what it had started goes on, while SLURM starts a second copy on another node."""
    training = run.hold()
    first = run.node()
    run.lab.kill_node(first)
    run.wait_for("another process is at work")
    assert run.node() != first
    training.resume()


def kill_node(run: Submission) -> None:
    """The daemon and all that it had started, once there is a checkpoint to go on from."""
    requeue(run)
    run.hold("going on from")
    first = run.node()
    run.lab.kill_node(first)
    for process in run.processes():
        with suppress(psutil.NoSuchProcess):
            process.kill()
    wait_for(lambda: run.node() not in ("", first), "the next attempt on another node", 120)
