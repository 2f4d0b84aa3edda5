"""dvc.yaml, written from the table of stages: DVC's templates cannot give a stage a list of its own."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import yaml

from gen100 import layout
from gen100.config import Params
from gen100.engines.keys import is_given
from gen100.engines.stages import Output, Stage
from gen100.errors import UserError
from gen100.files import write_text

FILE = Path("dvc.yaml")
CHECK = "check"
"""The first stage: it refuses to go on where dvc.yaml was written for another params.yaml."""
HEADER = """\
# Written by `gen100 dvc` from params.yaml: the Snakefile's jobs, one for one, with the same commands and files.
# Do not edit it. After an edit of params.yaml that adds or removes cells, seeds or keys, run `gen100 dvc` again.
"""


def describe(params: Params, stages: Iterable[Stage]) -> dict[str, Any]:
    """dvc.yaml as plain values."""
    check = {
        "cmd": "gen100 dvc --check",
        "params": list(Params.model_fields),
        "outs": [str(layout.DVC_CHECK)],
    }
    return {"stages": {CHECK: check, **{stage.name: _describe(params, stage) for stage in stages}}}


def _describe(params: Params, stage: Stage) -> dict[str, Any]:
    # What has no input would else run before the check.
    inputs = stage.inputs or (layout.DVC_CHECK,)
    # DVC cannot depend on a key that is not there.
    given = [key for key in stage.settings if is_given(params, key)]
    described: dict[str, Any] = {"cmd": stage.command}
    if given:
        described["params"] = given
    described["deps"] = [str(path) for path in inputs]
    for output in stage.outputs:
        described.setdefault(output.kind, []).append(_output(output))
    return described


def _output(output: Output) -> str | dict[str, Any]:
    options: dict[str, Any] = {"cache": False} if output.in_git else {}
    options |= output.options
    return {str(output.path): options} if options else str(output.path)


def write(params: Params, stages: Iterable[Stage]) -> bool:
    """Write dvc.yaml, if it is not there already for these stages; whether it had to be written."""
    described = describe(params, stages)
    if _read() == described:
        return False
    text = yaml.dump(described, Dumper=_Dumper, sort_keys=False, width=1000, default_flow_style=False)
    write_text(FILE, HEADER + text)
    return True


def check(params: Params, stages: Iterable[Stage]) -> None:
    """Refuse a dvc.yaml of other cells, seeds or keys than params.yaml; else write what all stages follow from.

    Raises:
        UserError: dvc.yaml is another one.
    """
    if _read() != describe(params, stages):
        raise UserError(
            f"{FILE} was written for other cells, seeds or keys than params.yaml has: run `gen100 dvc`"
        )
    mark_checked()


def mark_checked() -> None:
    """Write what the check leaves behind: always the same, so that no other stage runs again for it."""
    write_text(layout.DVC_CHECK, f"{FILE} has the stages of params.yaml\n")


def _read() -> Any:
    try:
        return yaml.safe_load(FILE.read_text(encoding="utf-8"))
    except (FileNotFoundError, yaml.YAMLError, UnicodeDecodeError):
        return None


class _Dumper(yaml.SafeDumper):
    """Indents lists below their key, as the rest of the repository does."""

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
        del indentless
        super().increase_indent(flow, False)
