"""Which state of the program is running."""

import subprocess
from functools import cache
from pathlib import Path


@cache
def commit() -> str:
    """The commit of the clone this program runs from, with `-dirty` where its code was changed since.

    "unknown" where the program is in no clone, or git is not there.
    """
    here = Path(__file__).resolve()

    def git(*question: str) -> str:
        command = ["git", "-C", str(here.parent), *question]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()

    try:
        # Installed below somebody else's clone, it would tell of that one.
        git("ls-files", "--error-unmatch", here.name)
        return git("rev-parse", "--short=12", "HEAD") + "-dirty" * bool(git("status", "--porcelain", "--", "."))
    except (OSError, subprocess.CalledProcessError):
        return "unknown"
