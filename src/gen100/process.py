"""What a process needs before it can speak and start others, in whatever surroundings it was started."""

import getpass
import io
import os
import sys


def name_user() -> None:
    """Give a user id without a name, as containers have, one: Snakemake, DVC and PyTorch ask for it."""
    try:
        getpass.getuser()
    except (KeyError, OSError):
        os.environ["LOGNAME"] = f"uid{os.getuid()}"


def print_anything() -> None:
    """Print characters that the terminal's encoding does not have as `\\u....`, instead of failing at them."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
