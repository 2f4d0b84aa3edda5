"""FID, IS and KID through torch-fidelity, with the reference's features kept for all runs."""

import hashlib
import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
import torch_fidelity
from filelock import FileLock
from numpy.typing import NDArray
from torch import Tensor
from torch.utils.data import Dataset

from gen100.errors import UserError
from gen100.files import digest
from gen100.metrics.extractors import extractor_options
from gen100.metrics.weights import WAY_OUT, InceptionHeader, OwnHeader, read_header

KEYS = {
    torch_fidelity.KEY_METRIC_FID: "fid",
    torch_fidelity.KEY_METRIC_ISC_MEAN: "is",
    torch_fidelity.KEY_METRIC_ISC_STD: "is_std",
    torch_fidelity.KEY_METRIC_KID_MEAN: "kid",
    torch_fidelity.KEY_METRIC_KID_STD: "kid_std",
}
IS_SPLITS = 10
KID_SUBSETS = 100
KID_SUBSET_SIZE = 1000
SEED = 2020
"""Of the order in which IS splits the samples, and of KID's subsets: torch-fidelity's own."""


@dataclass(frozen=True)
class Reference:
    """Real images that samples are compared with.

    Attributes:
        name: of the split, for file names in the cache.
        images: N x 3 x 32 x 32, uint8.
    """

    name: str
    images: NDArray[np.uint8]


class _Images(Dataset[Tensor]):
    def __init__(self, images: NDArray[np.uint8]) -> None:
        self.images = images

    def __len__(self) -> int:
        return len(self.images)

    def __getitem__(self, index: int) -> Tensor:
        return torch.tensor(self.images[index])


def _check(images: NDArray[np.uint8], name: str) -> None:
    if images.dtype != np.uint8 or images.shape[1:] != (3, 32, 32):
        raise UserError(
            f"{name} images must be uint8, N x 3 x 32 x 32, not {images.dtype} {list(images.shape)}:"
            " convert them, or draw them again with the sample stage"
        )
    if len(images) < IS_SPLITS:
        raise UserError(f"{len(images)} {name} images are too few to measure: take at least {IS_SPLITS}")


def _cache_name(reference: Reference, extractor_file: Path) -> str:
    images = hashlib.sha256(np.ascontiguousarray(reference.images).data).hexdigest()
    return f"{reference.name}-{len(reference.images)}-{images[:16]}-{digest(extractor_file)[:16]}"


@contextmanager
def _first_alone(done: Path) -> Iterator[None]:
    """Let one process fill the cache while others wait; once it is filled, nobody waits."""
    done.parent.mkdir(parents=True, exist_ok=True)
    if not done.exists():
        with FileLock(done.with_suffix(".lock")):
            if not done.exists():
                yield
                done.touch()
                return
    yield


def measure(
    samples: NDArray[np.uint8],
    reference: Reference,
    extractor_file: Path,
    measures: Sequence[str],
    cache: Path,
    batch_size: int = 100,
) -> dict[str, float]:
    """Measure samples against real images, in one pass over the samples.

    FID (Heusel et al. 2017), IS over 10 splits in a random but fixed order (Salimans et al. 2016), KID over
    100 subsets of at most 1,000 images (Bińkowski et al. 2018).

    Args:
        samples: N x 3 x 32 x 32, uint8, at least 10.
        measures: some of `fid`, `isc`, `kid`.
        cache: folder for the reference's features; several processes may share it.
        batch_size: of the extractor; it changes memory and speed, not the result.

    Returns:
        `fid`; `is` and `is_std` (over splits); `kid`, `kid_std` (over subsets) and `kid_subset_size`: those
        asked for.

    Raises:
        UserError: images of another type or shape, a file of weights that is missing or damaged, or a
            result that is no finite number.
    """
    _check(samples, "sample")
    _check(reference.images, reference.name)
    size = min(KID_SUBSET_SIZE, len(samples), len(reference.images))
    with extractor_options(extractor_file) as options:
        name = _cache_name(reference, extractor_file)
        with _first_alone(cache / f"{name}-{'-'.join(sorted(measures))}.done"):
            found = torch_fidelity.calculate_metrics(
                **options,
                **dict.fromkeys(measures, True),
                input1=_Images(samples),
                input2=_Images(reference.images),
                input2_cache_name=name,
                cache_root=str(cache),
                batch_size=batch_size,
                cuda=torch.cuda.is_available(),
                isc_splits=IS_SPLITS,
                kid_subsets=KID_SUBSETS,
                kid_subset_size=size,
                samples_shuffle=True,
                rng_seed=SEED,
                save_cpu_ram=True,  # images are in memory: loader processes would only cost time
                verbose=False,
            )
    results = {KEYS[key]: float(value) for key, value in found.items()}
    for key, value in results.items():
        if not math.isfinite(value):
            raise UserError(f"{key} by {extractor_file} is {value}, no finite number: {WAY_OUT}")
    if "kid" in results:
        results["kid_subset_size"] = float(size)
    return results


def describe(extractor_file: Path) -> dict[str, str]:
    """What to call the extractor and its distance: `name`, `distance` (FID or FD), `label`, `sha256`.

    Only Inception v3 gives what the literature calls FID; the distance by another network is an FD.

    Raises:
        UserError: the file is missing, damaged, or holds a network that does not measure.
    """
    header = read_header(extractor_file)
    if isinstance(header, InceptionHeader):
        distance, network = "FID", "Inception v3"
    elif isinstance(header, OwnHeader):
        data = "synthetic images, " if header.synthetic else ""
        network = f"CIFAR-100 network ({data}seed {header.seed}, test accuracy {100 * header.accuracy:.1f}%)"
        distance = "FD"
    else:
        raise UserError(f"{extractor_file} holds {header.kind}, which does not measure: {WAY_OUT}")
    return {
        "name": header.kind,
        "distance": distance,
        "label": f"{distance}, {network}",
        "sha256": digest(extractor_file),
    }
