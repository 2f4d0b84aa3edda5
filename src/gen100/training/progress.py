"""Progress of a training run: a bar on a terminal, a plain line now and then elsewhere."""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

FIRST, INTERVAL = 1.0, 10.0
"""Seconds until the first plain line, which tells early of a wrong budget or device, and between the next ones."""


class Reporter:
    """Says how far a run is: images seen, loss, images per second, time left."""

    def __init__(self, name: str, total: int, start: int, bar: Progress | None) -> None:
        self._name, self._total, self._start, self._bar = name, total, start, bar
        self._task = bar.add_task(name, total=total, completed=start, detail="") if bar else None
        self._begin = self._last = time.monotonic()
        self._interval = 0.5 if bar else FIRST

    def due(self) -> bool:
        """Whether enough time has passed to report again (the loss is only then read from the device)."""
        return time.monotonic() - self._last >= self._interval

    def report(self, images: int, loss: float) -> None:
        self._last = time.monotonic()
        rate = (images - self._start) / max(self._last - self._begin, 1e-9)
        if self._bar is not None and self._task is not None:
            self._bar.update(self._task, completed=images, detail=f"loss {loss:.4g}  {rate:,.0f} images/s")
            return
        self._interval = INTERVAL
        left = int((self._total - images) / max(rate, 1e-9))
        # Training goes on though nobody can read of it any more: its terminal is closed, say.
        with suppress(OSError):
            print(
                f"{self._name}: {images:,} of {self._total:,} images, loss {loss:.4g}, {rate:,.0f} images/s,"
                f" {left // 60}:{left % 60:02d} left",
                file=sys.stderr,
                flush=True,
            )


@contextmanager
def reporter(name: str, total: int, start: int) -> Iterator[Reporter]:
    """A reporter for a run of `total` images that goes on from `start`."""
    if start:
        print(f"{name}: going on from {start:,} of {total:,} images", file=sys.stderr, flush=True)
    console = Console(stderr=True)
    if not console.is_terminal:
        yield Reporter(name, total, start, None)
        return
    columns = TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeRemainingColumn()
    bar = Progress(*columns, TextColumn("{task.fields[detail]}"), console=console)
    bar.start()
    try:
        yield Reporter(name, total, start, bar)
    finally:
        with suppress(OSError):  # as in `report`
            bar.stop()
