"""Exceptions whose message is meant for the user."""

import signal
from collections.abc import Collection

NAMES_SHOWN = 12
"""In a message."""


class UserError(Exception):
    """Something the user can mend: the message names the file or key at fault and the way out.

    The command line prints it as one line, without a traceback, and exits with status 2.
    """


class Interrupted(Exception):  # noqa: N818
    """A signal asked the run to stop; its checkpoint is saved and the next start goes on from there.

    The command line exits with status 128 plus the signal's number.
    """

    def __init__(self, number: int, where: str) -> None:
        super().__init__(
            f"stopped by {signal.Signals(number).name} at {where}: checkpoint saved, start again to go on"
        )
        self.number = number


def listed(names: Collection[str]) -> str:
    """The first few names, and how many more there are."""
    shown = sorted(names)[:NAMES_SHOWN]
    more = len(names) - len(shown)
    return ", ".join(shown) + (f" and {more} more" if more else "")
