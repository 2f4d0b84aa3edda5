"""Which state of the program is running."""

import subprocess
import sys
from contextlib import suppress
from functools import cache
from pathlib import Path


@cache
def commit() -> str:
    """The commit of the clone this program runs from, with `-dirty` where its code was changed since.

    "unknown" where git does not tell: the program is in no clone, or in another user's, or git is not installed. A
    line on stderr then says why.
    """
    here = Path(__file__).resolve()

    def git(*question: str) -> str:
        command = ["git", "-C", str(here.parent), *question]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()

    try:
        # Installed below somebody else's clone, it would tell of that one.
        git("ls-files", "--error-unmatch", here.name)
        return git("rev-parse", "--short=12", "HEAD") + "-dirty" * bool(git("status", "--porcelain", "--", "."))
    except FileNotFoundError:
        why = "git is not installed"
    except OSError as error:
        why = f"git does not start: {error.strerror}"
    except subprocess.CalledProcessError as error:
        why = " ".join(error.stderr.split()) or f"git ended with status {error.returncode}"
    with suppress(OSError):  # a terminal that is closed takes no line
        print(f"the commit is recorded as unknown: {why}", file=sys.stderr, flush=True)
    return "unknown"
