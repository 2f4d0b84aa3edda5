"""The two descriptions of the workflow agree: the Snakefile's jobs and DVC's stages, run for run."""

import re
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml
from dvc.dependency.param import ParamsDependency
from dvc.repo import Repo

from support.processes import ROOT, snakemake


@dataclass
class Job:
    """One job or stage: its command, and the files it reads and writes."""

    command: str
    inputs: set[str]
    outputs: set[str]
    settings: str | None = None


@pytest.fixture(scope="module")
def snakemake_jobs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Job]:
    """The jobs of a full dry run with the repository's params.yaml, by command."""
    workspace = tmp_path_factory.mktemp("dry")
    (workspace / "params.yaml").write_text((ROOT / "params.yaml").read_text())
    done = snakemake("-n", "-F", "-p", "--directory", str(workspace))
    assert done.returncode == 0, done.stderr
    settings = {}
    for file in (ROOT / "workflow/rules").glob("*.smk"):
        for rule, body in re.findall(r"^rule (\w+):\n(.*?)(?=^rule |^use |\Z)", file.read_text(), re.M | re.S):
            found = re.search(r"settings=(.*),\n", body)
            settings[rule] = found and found.group(1)
    jobs = {}
    text = done.stdout + done.stderr
    for rule, block in re.findall(r"^(?:local)?rule (\w+):\n(.*?)(?=^\[|\Z)", text, re.M | re.S):
        if rule == "all":
            continue
        fields = dict(re.findall(r"^    (\w+): (.*)$", block, re.M))
        command = re.search(r"exec (gen100 .*?) >> ", block)
        assert command, block
        inputs, outputs = (set(fields.get(kind, "").split(", ")) - {""} for kind in ("input", "output"))
        jobs[command.group(1)] = Job(command.group(1), inputs, outputs, settings[rule.removesuffix("_local")])
    return jobs


@pytest.fixture(scope="module")
def dvc_stages() -> dict[str, Job]:
    """DVC's stages by command."""
    stages = {}
    for stage in Repo(str(ROOT)).index.stages:
        settings = None
        inputs = set()
        for dependency in stage.deps:
            if isinstance(dependency, ParamsDependency):
                if dependency.def_path == "plan.json":
                    (settings,) = dependency.params
            else:
                inputs.add(dependency.def_path)
        command = str(stage.cmd)
        stages[command] = Job(command, inputs, {out.def_path for out in stage.outs}, settings)
    return stages


def test_same_commands(snakemake_jobs: dict[str, Job], dvc_stages: dict[str, Job]) -> None:
    assert len(snakemake_jobs) == 4 * 24 + 15
    assert snakemake_jobs.keys() == dvc_stages.keys()


def test_same_outputs(snakemake_jobs: dict[str, Job], dvc_stages: dict[str, Job]) -> None:
    for command, job in snakemake_jobs.items():
        assert job.outputs == dvc_stages[command].outputs, command


def test_same_inputs(snakemake_jobs: dict[str, Job], dvc_stages: dict[str, Job]) -> None:
    """Equal, but that DVC names a folder where a stage reads a file of every run or report, and cannot tell
    that only the perceptual loss' autoencoders need its network."""
    for command, job in snakemake_jobs.items():
        named = set(dvc_stages[command].inputs)
        if command.startswith("gen100 autoencoder") and "perceptual" not in command:
            named.remove("data/extractors/perceptual.safetensors")
        folders = {name for name in named if not Path(name).suffix}
        assert named - folders <= job.inputs, command
        for file in job.inputs - named:
            assert any(file.startswith(f"{folder}/") for folder in folders), f"{command} reads {file}"
        for folder in folders:
            assert any(file.startswith(f"{folder}/") for file in job.inputs), f"{command} does not read {folder}"


def test_same_settings(snakemake_jobs: dict[str, Job], dvc_stages: dict[str, Job]) -> None:
    """Where a rule has settings of the plan, DVC's stage depends on the same entry of plan.json."""
    for command, job in snakemake_jobs.items():
        entry = dvc_stages[command].settings
        _, stage, *arguments = command.split()
        if stage == "plan":
            continue
        if job.settings is None:
            assert entry is None, command
            continue
        expected = ".".join([stage_of(job.settings), "-".join(arguments)]).rstrip(".")
        assert entry == expected, command


def stage_of(expression: str) -> str:
    """The plan's stage in a rule's `settings=` expression."""
    if expression == "extractor_settings":
        return "extractor"
    found = re.fullmatch(r"(?:PLAN\[|settings_of\()\"(\w+)\"[\])]", expression)
    assert found, expression
    return found.group(1)


def test_lint_finds_nothing() -> None:
    done = snakemake("--lint")
    assert done.returncode == 0, done.stderr


def test_every_command_of_the_workflow_explains_itself(dvc_stages: dict[str, Job], gen100) -> None:
    for stage in {command.split()[1] for command in dvc_stages}:
        assert stage in gen100(ROOT, stage, "--help").stdout


def test_planning_many_seeds_takes_no_resource_for_each(tmp_path: Path) -> None:
    """Snakemake works out every resource of a rule for every job: with one a seed, the square of their number."""
    params = yaml.safe_load((ROOT / "params.yaml").read_text())
    cells = ["stable_diffusion-mse-128", "stable_diffusion-mae-128"]
    (tmp_path / "params.yaml").write_text(yaml.safe_dump(params | {"cells": cells, "seeds": list(range(5, 30))}))
    done = snakemake("-n", "--directory", str(tmp_path))
    assert done.returncode == 0, done.stderr
    taken: dict[str, set[str]] = {}
    for seed, name in re.findall(r"seed=(\d+)\n    resources: .*?(stable_diffusion_\w+)=1\b", done.stdout):
        taken.setdefault(seed, set()).add(name)
    assert len(taken) == 25
    assert all(len(names) == 1 for names in taken.values())
    assert len(set.union(*taken.values())) == 10
