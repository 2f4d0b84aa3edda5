"""Snakemake submitting runs to the cluster of lab.py, and what may be done to them there."""

import os
import re
import signal
import subprocess
import sys
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from conftest import ROOT, environment
from lab import Lab, wait_for

SMALL = {"images": 320, "records": 2, "ema_images": 100, "optimizer": {"lr": 1e-3}}
RUN = "vae-elbo-128"
WEIGHTS = f"results/{RUN}/0/model.safetensors"
LOG = f"logs/train/{RUN}-0.log"


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
    found["metrics"]["perceptual"]["network"]["training"] |= SMALL
    # Long enough that the self-check finds it trained.
    found["metrics"]["extractor"]["network"]["training"] |= {"images": 4000, "records": 2}
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
    (place / "profile").mkdir(exist_ok=True)
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
    run.lab.ask("scancel", run.job())


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
