"""The two descriptions of the workflow agree: the Snakefile's jobs and DVC's stages, run for run."""

import ast
import base64
import json
import re
import shutil
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import yaml
from dvc.dependency.param import ParamsDependency
from dvc.repo import Repo

from gen100.config import load_params
from gen100.engines.keys import is_given
from support.processes import ROOT, Process, refused, snakemake

CHECK = "gen100 dvc --check"
CHECKED = "data/dvc_check.txt"


@dataclass
class Job:
    """One job or stage: the files it reads and writes, and what it depends on in params.yaml."""

    inputs: set[str] = field(default_factory=set)
    outputs: set[str] = field(default_factory=set)
    settings: dict[str, Any] = field(default_factory=dict)


@pytest.fixture(scope="module")
def dvc_stages() -> dict[str, Job]:
    """DVC's stages by command."""
    stages = {}
    for stage in Repo(str(ROOT)).index.stages:
        job = Job(outputs={out.def_path for out in stage.outs})
        for dependency in stage.deps:
            if isinstance(dependency, ParamsDependency):
                job.settings |= dict.fromkeys(dependency.params)
            else:
                job.inputs.add(dependency.def_path)
        assert stage.cmd not in stages
        stages[str(stage.cmd)] = job
    return stages


@pytest.fixture(scope="module")
def snakemake_jobs(dvc_stages: dict[str, Job], tmp_path_factory: pytest.TempPathFactory) -> dict[str, Job]:
    """Snakemake's jobs by command, as it remembers them once it is told that all of DVC's outputs are made."""
    workspace = tmp_path_factory.mktemp("touched")
    shutil.copy(ROOT / "params.yaml", workspace)
    for job in dvc_stages.values():
        for output in job.outputs:
            file = workspace / output
            file.parent.mkdir(parents=True, exist_ok=True)
            file.touch()
    done = snakemake("--touch", "--forceall", "--directory", str(workspace))
    assert done.returncode == 0, done.stdout + done.stderr
    jobs: dict[str, Job] = {}
    for file in (workspace / ".snakemake/metadata").rglob("*"):
        if not file.is_file():
            continue
        # A long path is cut into folders, all but the last marked with an @.
        name = "".join(
            part.removeprefix("@") for part in file.relative_to(workspace / ".snakemake/metadata").parts
        )
        record = json.loads(file.read_text())
        command = re.search(r"exec (gen100 .*?) >> ", record["shellcmd"])
        assert command, record
        job = jobs.setdefault(command.group(1), Job(set(record["input"])))
        job.outputs.add(base64.b64decode(name).decode())
        for settings in record["params"]:
            job.settings = ast.literal_eval(settings)
    return jobs


def test_same_commands(snakemake_jobs: dict[str, Job], dvc_stages: dict[str, Job]) -> None:
    assert len(snakemake_jobs) == 3 * 24 + 8 + 13
    assert snakemake_jobs.keys() == dvc_stages.keys() - {CHECK}
    autoencoders = [command for command in snakemake_jobs if command.startswith("gen100 autoencoder")]
    assert len(autoencoders) == 8


def test_same_outputs(snakemake_jobs: dict[str, Job], dvc_stages: dict[str, Job]) -> None:
    for command, job in snakemake_jobs.items():
        assert job.outputs == dvc_stages[command].outputs, command


def test_same_inputs(snakemake_jobs: dict[str, Job], dvc_stages: dict[str, Job]) -> None:
    for command, job in snakemake_jobs.items():
        # What comes first waits in DVC for the check.
        assert dvc_stages[command].inputs == (job.inputs or {CHECKED}), command


def test_same_settings(snakemake_jobs: dict[str, Job], dvc_stages: dict[str, Job]) -> None:
    """DVC names the keys that params.yaml holds; Snakemake has the defaults too, with the values."""
    params, raw = load_params(ROOT / "params.yaml"), yaml.safe_load((ROOT / "params.yaml").read_text())
    for command, job in snakemake_jobs.items():
        given = {key for key in job.settings if is_given(params, key)}
        assert dvc_stages[command].settings.keys() == given, command
        for key in given:
            assert includes(job.settings[key], at(raw, key)), (command, key)
    assert "models.vae.training" in snakemake_jobs["gen100 train vae-elbo-128 0"].settings
    assert dvc_stages[CHECK].settings.keys() == raw.keys()


def at(values: Any, key: str) -> Any:
    """The value of a dotted key."""
    for part in key.split("."):
        values = {str(name): value for name, value in values.items()}[part]
    return values


def includes(value: Any, part: Any) -> bool:
    """Whether a value is `part`, or a mapping that has all of it, and defaults."""
    if isinstance(part, dict) and isinstance(value, dict):
        value = {str(name): below for name, below in value.items()}
        return all(str(name) in value and includes(value[str(name)], below) for name, below in part.items())
    return value == part


def test_dvc_yaml_is_that_of_params_yaml(gen100: Process, tmp_path: Path) -> None:
    for name in ("params.yaml", "dvc.yaml"):
        shutil.copy(ROOT / name, tmp_path)
    before = (tmp_path / "dvc.yaml").read_bytes()
    assert "already" in gen100(tmp_path, "dvc").stdout
    assert (tmp_path / "dvc.yaml").read_bytes() == before
    gen100(tmp_path, "dvc", "--check")
    assert (tmp_path / CHECKED).exists()


@pytest.mark.parametrize(
    "change",
    [
        lambda params: params["cells"].remove("vae-elbo-128"),
        lambda params: params["seeds"].append(1),
        lambda params: params["models"]["vae"].pop("network"),
        lambda params: params["metrics"].update(
            dinov2={"weights": {"source": "d.pth", "checksum": "md5:" + "0" * 32}}
        ),
    ],
    ids=["cell", "seed", "key", "network"],
)
def test_a_dvc_yaml_of_other_stages_is_refused_and_written_again(
    gen100: Process, tmp_path: Path, change: Callable[[dict[str, Any]], object]
) -> None:
    shutil.copy(ROOT / "dvc.yaml", tmp_path)
    params = yaml.safe_load((ROOT / "params.yaml").read_text())
    change(params)
    (tmp_path / "params.yaml").write_text(yaml.safe_dump(params))
    assert "run `gen100 dvc`" in refused(gen100(tmp_path, "dvc", "--check", check=False))
    assert not (tmp_path / CHECKED).exists()
    assert gen100(tmp_path, "dvc").stdout == "dvc.yaml written\n"
    gen100(tmp_path, "dvc", "--check")


def test_another_value_needs_no_other_dvc_yaml(gen100: Process, tmp_path: Path) -> None:
    shutil.copy(ROOT / "dvc.yaml", tmp_path)
    params = yaml.safe_load((ROOT / "params.yaml").read_text())
    params["models"]["vae"]["training"]["images"] = 5
    (tmp_path / "params.yaml").write_text(yaml.safe_dump(params))
    gen100(tmp_path, "dvc", "--check")


def test_lint_finds_nothing() -> None:
    done = snakemake("--lint")
    assert done.returncode == 0, done.stderr


def test_every_command_of_the_workflow_explains_itself(dvc_stages: dict[str, Job], gen100: Process) -> None:
    for stage in {command.split()[1] for command in dvc_stages}:
        said = gen100(ROOT, stage, "--help").stdout
        assert stage in said
        assert "empty" not in said


@pytest.mark.parametrize("old", ["results/vae-elbo-128/0/autoencoder.safetensors", "plan.json"])
def test_a_workspace_of_an_earlier_version_is_refused_with_one_line(
    gen100: Process, tmp_path: Path, old: str
) -> None:
    shutil.copy(ROOT / "params.yaml", tmp_path)
    file = tmp_path / old
    file.parent.mkdir(parents=True, exist_ok=True)
    file.touch()
    said = refused(gen100(tmp_path, "fetch", check=False))
    assert f"{old} was written by an earlier version" in said
    assert "start a new workspace" in said
    done = snakemake("-n", "--directory", str(tmp_path))
    assert done.returncode
    assert [line for line in (done.stdout + done.stderr).splitlines() if f"{old} was written by" in line]
    assert "Traceback" not in done.stdout + done.stderr
