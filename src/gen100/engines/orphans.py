"""Orphans: what is left of runs and autoencoders that params.yaml had once and does not have any more."""

import re
from collections.abc import Collection
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from gen100 import layout
from gen100.engines.stages import Stage
from gen100.errors import listed
from gen100.files import TEMPORARY, writing
from gen100.locks import locked

RECORDS = {layout.LOGS: (".log", ".tsv"), layout.LINEAGE: (".json",)}
"""What each stage leaves as <folder>/<stage>/<name>-<seed>.<ending>."""


class _Kind(NamedTuple):
    """Something that is trained: the stages that write its files, where they lie, and its names."""

    stages: tuple[str, ...]
    results: Path
    name: str
    lock: str


_KINDS = (
    _Kind(("train", "sample", "evaluate"), Path("results"), r"[a-z0-9_]+-[a-z0-9_]+-[1-9][0-9]*", ""),
    _Kind(("autoencoder",), layout.AUTOENCODERS, r"[a-z0-9_]+(-[a-z0-9_]+)?-[1-9][0-9]*", "autoencoder-"),
)
_SEED = "0|[1-9][0-9]*"


@dataclass
class Orphan:
    """What is left of one run or autoencoder.

    Attributes:
        place: the folder of its outputs, which names it; it may be gone.
        lock: what its stages lock.
        files: all that gen100 wrote for it, and nothing that others put there.
        folders: its own, which may be empty.
    """

    place: Path
    lock: str
    files: list[Path] = field(default_factory=list)
    folders: list[Path] = field(default_factory=list)

    @property
    def size(self) -> int:
        """In bytes."""
        return sum(file.lstat().st_size for file in self.files)


def find(stages: Collection[Stage]) -> list[Orphan]:
    """The orphans of the workspace, by their folders' names.

    Args:
        stages: all of the workspace.
    """
    return [orphan for kind in _KINDS for orphan in _find(kind, stages)]


def _find(kind: _Kind, stages: Collection[Stage]) -> list[Orphan]:
    writers = [stage for stage in stages if any(stage.stage in one.stages for one in _KINDS)]
    names = {output.path.name for stage in writers for output in stage.made} | {layout.CHECKPOINT}
    wanted = {tuple(map(str, stage.arguments)) for stage in writers if stage.stage in kind.stages}
    found: dict[tuple[str, str], Orphan] = {}

    def orphan(name: str, seed: str) -> Orphan | None:
        if (name, seed) in wanted or not (re.fullmatch(kind.name, name) and re.fullmatch(_SEED, seed)):
            return None
        return found.setdefault((name, seed), Orphan(kind.results / name / seed, f"{kind.lock}{name}-{seed}"))

    for top in (kind.results, *(layout.CHECKPOINTS / stage for stage in kind.stages)):
        for folder in top.glob("*/*"):
            files = [file for file in folder.iterdir() if _is_ours(file, names)] if folder.is_dir() else []
            # A folder that holds somebody else's files alone is theirs.
            empty = folder.is_dir() and not any(folder.iterdir())
            if (files or empty) and (owner := orphan(folder.parent.name, folder.name)):
                owner.files += files
                owner.folders.append(folder)
    for top, endings in RECORDS.items():
        for file in (file for stage in kind.stages for file in (top / stage).glob("*")):
            name, _, seed = file.stem.rpartition("-")
            if file.suffix in endings and (owner := orphan(name, seed)):
                owner.files.append(file)
    return [found[key] for key in sorted(found)]


def _is_ours(file: Path, names: Collection[str]) -> bool:
    return file.name in names or TEMPORARY.fullmatch(file.name) is not None


def remove(orphan: Orphan, stages: Collection[Stage]) -> int:
    """Remove an orphan's files, and its folders where nothing else is in them; waits for one that is at work.

    Returns:
        The bytes that were removed.

    Raises:
        UserError: a file cannot be removed.
    """
    with locked(orphan.lock, f"clean {orphan.place}"):
        # A job that was waited for wrote more.
        orphan = next((one for one in find(stages) if one.place == orphan.place), orphan)
        size = orphan.size
        for file in orphan.files:
            with writing(file):
                file.unlink(missing_ok=True)
        for folder in orphan.folders:
            # Not empty, or a link.
            with suppress(OSError):
                folder.rmdir()
                folder.parent.rmdir()
    return size


def notice(stages: Collection[Stage]) -> str:
    """One line that names the orphans of the workspace; empty where there are none."""
    places = [str(orphan.place) for orphan in find(stages)]
    return f"Not in params.yaml any more: {listed(places)}: `gen100 clean` lists what is left." if places else ""


def clean(stages: Collection[Stage], *, yes: bool) -> None:
    """Print the orphans with their sizes, and remove them where `yes`."""
    orphans = find(stages)
    if not orphans:
        print("nothing to remove: all runs and autoencoders here are those of params.yaml")
        return
    total = 0
    for orphan in orphans:
        size = remove(orphan, stages) if yes else orphan.size
        print(f"{size / 2**20:10,.1f} MiB  {orphan.place}, with its checkpoints and logs")
        total += size
    whole = f"{total / 2**20:,.1f} MiB"
    print(f"removed: {whole}" if yes else f"{whole} in all: `gen100 clean --yes` removes it")
