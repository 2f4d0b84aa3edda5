"""Records of files that a test made up: as if the stages that write them had."""

from collections.abc import Iterable
from contextlib import chdir
from pathlib import Path

from gen100 import files, layout
from gen100.cli import every_stage
from gen100.config import load_params
from gen100.engines.lineage import Lineage, plain


def adopt(folder: Path) -> None:
    """Record of every stage of a workspace that it was run on what is there now, be it anything or nothing."""

    def digests(paths: Iterable[Path]) -> dict[str, str]:
        return {str(path): files.digest(path) if path.exists() else "absent" for path in paths}

    with chdir(folder):
        for stage in every_stage(load_params()):
            made = digests(output.path for output in stage.made)
            record = Lineage(settings=plain(stage.settings), inputs=digests(stage.inputs), outputs=made)
            files.write_json(stage.lineage, record.model_dump(mode="json"))


def pretend_checked(folder: Path) -> None:
    """Make up the floor, so that runs are measured by networks that fail the self-check."""
    floor = folder / layout.REFERENCE
    if not floor.exists():
        files.write_json(floor, {})
    adopt(folder)
