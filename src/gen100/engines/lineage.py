"""What the files of a workspace were made from: a record for every stage, and the check of the chain of records.

A record names the digests of what a stage read and wrote, and the settings that decided it. Before a stage starts,
whoever starts it, the files that it reads are compared with the records of the stages that wrote them, and these
with params.yaml and with the records before them, back to the data set's archive.
"""

import errno
import json
import os
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError

from gen100 import files
from gen100.config import Params, load_params
from gen100.engines.keys import Keys
from gen100.engines.stages import Stage
from gen100.errors import UserError
from gen100.provenance import difference

DECIDED = "GEN100_PARAMS"
"""The environment variable by which Snakemake hands over a workspace and the parameters that it decided on."""
LONGEST_VARIABLE = 1 << 17
CLOCK = 60.0
"""Seconds by which the clocks of two machines may differ: so long a stage waits for the date of what it reads."""

StagesOf = Callable[[Params], Iterable[Stage]]


class Lineage(BaseModel):
    """What the outputs of a stage were made from.

    Attributes:
        settings: the values that decided them, by dotted key of params.yaml.
        inputs, outputs: the SHA-256 of every file, in hexadecimal, by its path in the workspace.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    settings: Keys
    inputs: dict[str, str]
    outputs: dict[str, str]


class _HandedOver(BaseModel):
    workspace: Path
    params: Params


class Chain:
    """The records of a workspace, each read and checked once.

    Args:
        stages: all of the workspace.
    """

    def __init__(self, stages: Iterable[Stage]) -> None:
        self._makers = {output.path: stage for stage in stages for output in stage.outputs}
        self._checked: dict[str, Lineage] = {}

    def check_inputs(self, stage: Stage) -> dict[str, str]:
        """Refuse to start a stage that would read anything but what params.yaml describes.

        Returns:
            The digests of the inputs, by path.

        Raises:
            UserError: a file is missing, dated in the future, or not the one that its stage wrote; or it was made
                with other settings or from other files than a stage would use today. Names the file, what
                differs, and the stage to run.
        """
        return {str(path): self._check_file(path) for path in stage.inputs}

    def check_outputs(self, stage: Stage) -> None:
        """Refuse (UserError) outputs that are not what the stage would write today."""
        for output in stage.made:
            self._check_file(output.path)

    def is_made(self, stage: Stage) -> bool:
        """Whether the outputs are there, whole, and what the stage would write today."""
        try:
            self.check_outputs(stage)
        except UserError:
            return False
        return True

    def _check_file(self, path: Path) -> str:
        maker = self._makers[path]
        record = self._check_record(path)
        if not path.exists():
            raise UserError(f"{path} is missing: run stage {maker.words} first")
        with reading(path):
            _check_date(path)
            digest = files.digest(path)
        if digest != record.outputs.get(str(path)):
            raise UserError(f"{path} was changed after it was made: run stage {maker.words} again")
        return digest

    def _check_record(self, path: Path) -> Lineage:
        """The record of the stage that made a file, itself and all before it as params.yaml describes."""
        maker = self._makers[path]
        if maker.name in self._checked:
            return self._checked[maker.name]
        record, again = _read(maker, path), f"run stage {maker.words} again"
        before = {source: self._check_record(source).outputs.get(str(source)) for source in maker.inputs}
        if found := difference(record.settings, plain(maker.settings)):
            key, was, now = found
            raise UserError(f"{path} was made with {key} = {was}, but params.yaml has {now}: {again}")
        for source, digest in before.items():
            if record.inputs.get(str(source)) != digest:
                raise UserError(f"{path} was made from another {source} than is there now: {again}")
        if unknown := record.inputs.keys() - {str(source) for source in before}:
            raise UserError(f"{path} was made from {min(unknown)} too, which it does not depend on now: {again}")
        self._checked[maker.name] = record
        return record


def _read(stage: Stage, path: Path) -> Lineage:
    """The record of a stage, which made a file; UserError where there is none that can be read."""
    file = stage.lineage
    if file.exists():
        with reading(file):
            content = file.read_bytes()
        with suppress(ValidationError):
            return Lineage.model_validate_json(content)
    elif not path.exists():
        raise UserError(f"{path} is missing: run stage {stage.words} first")
    why = f"{file} is {'damaged' if file.exists() else 'missing'}"
    raise UserError(f"nothing says what {path} was made from ({why}): run stage {stage.words} again")


@contextmanager
def reading(path: Path) -> Iterator[None]:
    """Refuse (UserError) a file that the disk or its owner does not give."""
    try:
        yield
    except OSError as error:
        if error.errno == errno.ENOMEM:
            raise
        raise UserError(
            f"{path} cannot be read ({error.strerror}): let it be a file that you may read, then start again"
        ) from None


def _check_date(path: Path) -> None:
    """Refuse a file of the future: Snakemake deletes what a job makes from one, once it is made."""
    date = path.stat().st_mtime
    ahead = date - time.time()
    if ahead > CLOCK:
        raise UserError(
            f"{path} is dated {datetime.fromtimestamp(date):%Y-%m-%d %H:%M:%S}, which is in the future: set the"
            f" clock right, or run `touch {path}`, then start again"
        )
    if ahead > 0:
        time.sleep(ahead)


def plain(settings: Keys) -> Keys:
    """The settings as JSON gives them back."""
    return json.loads(json.dumps(settings))


@contextmanager
def making(stage: Stage, stages_of: StagesOf, chain: Chain) -> Iterator[None]:
    """Make a stage's outputs within the block: from inputs that were checked, and recorded at its end.

    Raises:
        UserError: as `Chain.check_inputs`; or an input was changed meanwhile; or DVC started the stage, and its
            settings were edited meanwhile.
    """
    inputs = chain.check_inputs(stage)
    before = [path.stat() for path in stage.inputs]
    yield
    for path, was in zip(stage.inputs, before, strict=True):
        # It may have been read before or after, hours from the check where a GPU was waited for.
        now = path.stat() if path.exists() else None
        unchanged = now and (now.st_mtime_ns, now.st_size) == (was.st_mtime_ns, was.st_size)
        if not unchanged and (now is None or files.digest(path) != inputs[str(path)]):
            raise UserError(f"{path} was changed while stage {stage.words} ran: run it again")
    if "DVC_STAGE" in os.environ and (found := _edited(stage, stages_of(load_params()))):
        # It reads params.yaml once more, and would record the edit as what the outputs were made with.
        key, now, was = found
        raise UserError(
            f"params.yaml was edited while {stage.command} ran: {key} is {now}, was {was}: run `dvc repro` again"
        )
    outputs = {str(output.path): files.digest(output.path) for output in stage.made}
    made = Lineage(settings=plain(stage.settings), inputs=inputs, outputs=outputs)
    files.write_json(stage.lineage, made.model_dump(mode="json"))


def _edited(stage: Stage, others: Iterable[Stage]) -> tuple[str, Any, Any] | None:
    """The first setting of a stage that differs from that of its namesake: the key, that one's value, its own."""
    other = next((one for one in others if one.name == stage.name), None)
    return other and difference(plain(other.settings), plain(stage.settings))


def hand_over(params: Params) -> None:
    """Tell all that this process starts which settings it decided on, unless what started it has told already."""
    told = _HandedOver(workspace=Path.cwd(), params=params).model_dump_json()
    # Linux takes no longer variable; the stages that follow check the records all the same.
    if len(told) < LONGEST_VARIABLE:
        os.environ.setdefault(DECIDED, told)


def check_decided(stage: Stage, stages_of: StagesOf) -> None:
    """Refuse (UserError) a stage whose settings are not those that Snakemake decided on, and will record."""
    if not (text := os.environ.get(DECIDED)):
        return
    try:
        told = _HandedOver.model_validate_json(text)
    except ValidationError:
        raise UserError(
            "Snakemake was started by another version of gen100: let it end and start it again"
        ) from None
    # On another machine the folder may have another path.
    elsewhere = told.workspace.exists() and not told.workspace.samefile(Path.cwd())
    if not elsewhere and (found := _edited(stage, stages_of(told.params))):
        key, was, now = found
        raise UserError(
            f"params.yaml was edited after Snakemake had started: {key} is {now}, was {was}: put it back, or let"
            " Snakemake end and start it again"
        )
