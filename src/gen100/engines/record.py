"""Between the engines: record in DVC what Snakemake made, and tell Snakemake what DVC brought back."""

import json
from collections.abc import Collection, Iterable
from pathlib import Path
from typing import Any

import yaml

from gen100.config import Params
from gen100.engines import dvc as dvc_file
from gen100.engines.asking import run_module
from gen100.engines.lineage import Chain
from gen100.engines.snakemake import due, forgotten, snakemake, with_downstream
from gen100.engines.stages import Stage
from gen100.errors import UserError, listed

LOCK = Path("dvc.lock")


def record(params: Params, stages: Collection[Stage]) -> None:
    """Record a finished, or partly finished, Snakemake run in DVC: every stage that is up to date."""
    _check_workspace()
    to_run = due(stages)
    left = with_downstream(stages, to_run | _unsure(stages))
    names = [stage.name for stage in stages if stage.name not in left]
    if not names:
        raise UserError(f"nothing to record: {_cause(stages, to_run)}")
    chain = Chain(stages)
    for stage in stages:
        if stage.name not in left:
            chain.check_outputs(stage)
    if dvc_file.write(params, stages):
        print(f"{dvc_file.FILE} written: it had not the stages of params.yaml")
    dvc_file.mark_checked()
    dvc("commit", "-f", "--no-relink", *([dvc_file.CHECK, *names] if left else []))

    # One may have been started meanwhile.
    _check_workspace()
    unclean = set(_status()) & set(names)
    if unclean:
        raise UserError(f"dvc.lock does not have what is in the workspace of {listed(unclean)}: record again")
    if due(stages) != to_run:
        raise UserError("files changed while they were recorded: see `snakemake -n`, then record again")
    print(f"recorded {len(names)} of {len(stages)} stages in {LOCK}")
    if left:
        print(f"{len(left)} of {len(stages)} stages are not up to date and were left out: {listed(left)}")


def _unsure(stages: Iterable[Stage]) -> set[str]:
    """The stages that Snakemake does not run and DVC cannot record all the same."""
    # Snakemake does without an early output that is gone as long as the later ones are there. And an output whose
    # making it does not remember may be of other parameters.
    untold = forgotten()
    return {stage.name for stage in stages if _missing(stage) or not untold.isdisjoint(_files(stage))}


def _files(stage: Stage) -> list[Path]:
    return [output.path for output in stage.outputs]


def _missing(stage: Stage) -> list[str]:
    return [str(path) for path in _files(stage) if not path.exists()]


def _cause(stages: Iterable[Stage], to_run: set[str]) -> str:
    """Why nothing can be recorded, and what to do."""
    finished = [stage for stage in stages if stage.name not in to_run]
    gone = [path for stage in finished for path in _missing(stage)]
    if gone:
        # With other jobs due, `--touch` would hide why they are.
        by_hand = "make it with `gen100`, then `snakemake --touch --cores 1`"
        cure = "run `snakemake` with it as the target" if to_run else by_hand
        return f"missing: {listed(gone)}: {cure}"
    if finished:
        return "Snakemake does not remember making these files: after `dvc pull`, run `gen100 restore`"
    return "no stage is up to date with params.yaml: run `snakemake`"


def restore(params: Params, stages: Collection[Stage]) -> None:
    """Tell Snakemake that what DVC brought back is up to date: after `dvc pull` in a clone, or `dvc repro`."""
    _check_workspace()
    known = _recorded()
    dvc_file.check(params, stages)
    changes = _status()
    _check_outputs({name: change for name, change in changes.items() if name in known})
    left = with_downstream(stages, changes.keys())
    not_due = left - due(stages)
    _check_finished([stage for stage in stages if stage.name in not_due])
    targets = [str(path) for stage in stages if stage.name not in left for path in _files(stage)]
    if targets:
        # Without targets it would touch everything.
        snakemake("--touch", "--forceall", "--cores", "1", *(targets if left else []))

    to_run = due(stages)
    print(f"restored {len(stages) - len(left)} of {len(stages)} stages: Snakemake has nothing to do for them")
    if to_run - left:
        raise UserError(f"Snakemake would still run {listed(to_run - left)}: see `snakemake -n`")
    if left:
        print(f"{len(left)} of {len(stages)} stages are not as recorded and will run: {listed(left)}")
    unseen = left - to_run
    if unseen:
        # A stage without inputs leaves Snakemake nothing to compare.
        first = " ".join(sorted({stage.stage for stage in stages if stage.name in unseen}))
        print(f"Snakemake cannot see that by itself: run `snakemake --cores all --forcerun {first}`")


def _check_finished(others: Iterable[Stage]) -> None:
    """Nothing that Snakemake has finished is missing from the record.

    Args:
        others: the stages that are not as recorded, and that Snakemake would not run.

    Raises:
        UserError: else. What such a stage reads would get a new time, and Snakemake would make it again.
    """
    candidates = [stage for stage in others if not _missing(stage)]
    untold = forgotten() if candidates else set()
    finished = {stage.name for stage in candidates if untold.isdisjoint(_files(stage))}
    if finished:
        raise UserError(f"finished, but not as in {LOCK}: {listed(finished)}: run `gen100 record` first")


def dvc(*arguments: str) -> str:
    """Run DVC in the workspace and give its standard output.

    Raises:
        UserError: DVC failed; its message is repeated.
    """
    done = run_module("dvc", *arguments)
    if done.returncode:
        errors = [line for line in done.stderr.splitlines() if line.startswith("ERROR: ")]
        said = errors or ["ERROR: without a message"]
        raise UserError(f"dvc {arguments[0]} failed: {said[0].removeprefix('ERROR: ')}")
    return done.stdout


def _check_workspace() -> None:
    """DVC is set up here, and no Snakemake is at work.

    Raises:
        UserError: else.
    """
    here = Path.cwd()
    if {"{", "}"} & set(str(here)):
        raise UserError(f"{here} has a brace in its path, which DVC takes for a template: move the clone")
    if not Path(".dvc").is_dir():
        raise UserError(f"{here} has no .dvc: DVC works in the repository's root, after `dvc init`")
    locks = Path(".snakemake/locks")
    if locks.is_dir() and any(locks.iterdir()):
        raise UserError(f"{locks} is not empty: wait for Snakemake; if none runs, `snakemake --unlock`")


def recorded() -> set[str]:
    """The names of the stages in dvc.lock."""
    return set((yaml.safe_load(LOCK.read_text()) or {}).get("stages", {})) if LOCK.exists() else set()


def _recorded() -> set[str]:
    """The same; UserError where there are none."""
    if not (stages := recorded()):
        raise UserError(f"{LOCK} has no stage: run `dvc repro`, or `snakemake --cores all` and `gen100 record`")
    return stages


def _status() -> dict[str, list[Any]]:
    """What DVC finds changed since the record, by stage; a stage that is clean is absent."""
    return json.loads(dvc("status", "--json"))


def _check_outputs(changes: dict[str, list[Any]]) -> None:
    """The recorded stages' outputs are there, as recorded.

    Raises:
        UserError: else; names a file.
    """
    outputs = {
        path: state
        for change in changes.values()
        for part in change
        if isinstance(part, dict)
        for path, state in part.get("changed outs", {}).items()
    }
    gone = [path for path, state in outputs.items() if state != "modified"]
    if gone:
        raise UserError(
            f"missing: {listed(gone)}: run `dvc pull` (and `git restore` for what git keeps), or `dvc repro`"
            " where nothing was pushed"
        )
    if outputs:
        raise UserError(
            f"not as recorded in {LOCK}: {listed(outputs)}: run `dvc checkout` (`git restore` for what"
            " git keeps), or keep them with `gen100 record`"
        )
