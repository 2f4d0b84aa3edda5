"""Running out of memory: told from other errors, and said in one line with what to lower. Imports no torch."""

import errno
import re
import resource
from collections.abc import Iterator
from contextlib import contextmanager

from gen100.cells import Cell
from gen100.config import Params
from gen100.errors import UserError

MORE = "run it where there is more memory"

GPU = ("cuda out of memory", "cuda error: out of memory", "status_alloc_failed", "cudamalloc failed")
CPU = (
    "can't allocate memory",
    "cannot allocate memory",
    "not enough memory",
    "bad_alloc",
)
"""What libraries say, in lower case, in errors that are of no type of their own."""
LIMITED = ("failed to map segment", "can't start new thread", "could not create a primitive")
"""What they say of other mistakes too, unless the memory of processes is limited."""


def shortage(error: BaseException | None) -> str | None:
    """Where memory ran out, and how much was asked for, if that is what an error is about; else None."""
    while error is not None:
        if where := _where(error):
            asked = re.search(r"allocate (\d[\d.]* \w+)", str(error))
            return where + (f", asked for {asked[1]}" if asked else "")
        error = error.__cause__ or error.__context__
    return None


def _where(error: BaseException) -> str | None:
    text = str(error).lower()
    # torch's is a RuntimeError, known by its name: this module does without torch.
    if type(error).__name__ == "OutOfMemoryError" or any(said in text for said in GPU):
        return "on the GPU"
    if isinstance(error, MemoryError) or (isinstance(error, OSError) and error.errno == errno.ENOMEM):
        return f"on this machine{_limit()}"
    told = CPU + LIMITED * bool(_limit())
    if isinstance(error, RuntimeError | ImportError) and any(said in text for said in told):
        return f"on this machine{_limit()}"
    return None


def _limit() -> str:
    limit, _ = resource.getrlimit(resource.RLIMIT_AS)
    return "" if limit == resource.RLIM_INFINITY else f", of which `ulimit -v` allows {limit / 2**30:.1f} GiB"


@contextmanager
def watched(task: str, way_out: str = MORE) -> Iterator[None]:
    """Tell in one line when memory runs out.

    Raises:
        UserError: memory ran out; names the task, where, and the way out.
    """
    try:
        yield
    except Exception as error:
        found = None if isinstance(error, UserError) else shortage(error)
        if found is None:
            raise
        raise UserError(f"{task}: out of memory {found}: {way_out}") from None


def way_out(params: Params, words: tuple[str | int, ...]) -> str:
    """What helps a stage that ran out of memory: the keys of params.yaml to lower.

    Args:
        words: the stage's name and arguments.
    """
    match words:
        case "train", str(name), _:
            cell = Cell.parse(name)
            keys = f"{_batch(cell)} or the network's size in models.{cell.family}"
        case "autoencoder", str(name), _:
            cell = params.autoencoders[name]
            keys = f"{_batch(cell)} or models.{cell.family}.autoencoder.network"
        case "extractor", role:
            network = f"metrics.{'extractor' if role == 'metric' else role}.network"
            keys = f"{network}.batch_size or {network}.channels"
        case "sample", str(name), _:
            return f"lower the network's size in models.{Cell.parse(name).family}, or {MORE}"
        case (("evaluate" | "reference"), *_):
            return f"lower sampling.images, ask for fewer of metrics.measures, or {MORE}"
        case _:
            return MORE
    return f"lower {keys}, or {MORE}; with unchanged settings it goes on from its checkpoint"


def _batch(cell: Cell) -> str:
    return f"sizes.{cell.family}.{cell.latent} (images of a batch)"
