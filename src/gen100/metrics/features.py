"""Features of images, taken once for all measures; those of real images are kept on disk for all runs."""

import hashlib
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.utils.data import Dataset
from torch_fidelity.utils import get_featuresdict_from_dataset

from gen100.device import fastest, set_full_precision
from gen100.errors import UserError
from gen100.files import digest, whole
from gen100.locks import hold
from gen100.metrics.extractors import load_extractor
from gen100.metrics.frechet import Gaussian
from gen100.metrics.neighbours import radii

Arrays = dict[str, NDArray]
Images = NDArray[np.uint8]

BATCH_SIZE = {"cpu": 20, "cuda": 100}
"""Of extractors, by device: on a CPU Inception v3 takes a fifth longer for images that come a hundred at once."""

MINIMUM = 100
"""Images, ten for each split of IS: the measures of fewer tell of their number more than of their quality."""


class Features(NamedTuple):
    """What a network says of N images, float32 on the CPU.

    Attributes:
        pooled: N x D, which FID, KID, precision and recall compare.
        logits: N x classes, for IS; none where the network does not classify.
    """

    pooled: Tensor
    logits: Tensor = torch.empty(0)


def require(images: Images, name: str, minimum: int = MINIMUM) -> None:
    """Refuse images that cannot be measured.

    Raises:
        UserError: they are not uint8, N x 3 x 32 x 32, or fewer than `minimum`.
    """
    if images.dtype != np.uint8 or images.shape[1:] != (3, 32, 32):
        raise UserError(
            f"{name} images must be uint8, N x 3 x 32 x 32, not {images.dtype} {list(images.shape)}:"
            " convert them, or draw them again with the sample stage"
        )
    if len(images) < minimum:
        raise UserError(f"{len(images)} {name} images are too few to measure: take at least {minimum}")


class _Dataset(Dataset[Tensor]):
    def __init__(self, images: Images) -> None:
        self.images = images

    def __len__(self) -> int:
        return len(self.images)

    def __getitem__(self, index: int) -> Tensor:
        return torch.tensor(self.images[index])


class Extractor:
    """The stored network that measures, on the GPU where there is one.

    Its weights lie channels last, by which Inception v3 takes three quarters of the time on a CPU.

    Args:
        file: of its weights.
        batch_size: changes memory and speed; features of one image differ by rounding alone, below 1e-4 of
            their size. `BATCH_SIZE` of the device where none is given.

    Raises:
        UserError: the file is missing, damaged, or holds a network that does not measure.
    """

    def __init__(self, file: Path, batch_size: int | None = None) -> None:
        set_full_precision()
        self.file = file
        self.digest = digest(file)
        self.network = load_extractor(file).requires_grad_(False).eval().to(fastest())
        self.network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.batch_size = batch_size or BATCH_SIZE[fastest().type]

    def __call__(self, images: Images, name: str = "sample") -> Features:
        """Features of images, through torch-fidelity.

        Args:
            images: N x 3 x 32 x 32, uint8, N > 0.
            name: what they are, for messages.

        Raises:
            UserError: features that are not finite.
        """
        found = get_featuresdict_from_dataset(
            _Dataset(images),
            self.network,
            self.batch_size,
            cuda=fastest().type == "cuda",
            save_cpu_ram=True,  # images are in memory: loader processes would only cost time
            verbose=False,
        )
        features = Features(*(found[layer].float() for layer in self.network.get_requested_features_list()))
        if not all(bool(part.isfinite().all()) for part in features):
            raise UserError(
                f"{self.file} gives a feature of {name} images that is not a finite number:"
                " delete it and run stage extractor again"
            )
        return features


def cached(file: Path, compute: Callable[[], Arrays]) -> Arrays:
    """The arrays of an .npz file, computed and written first where it is missing, so that many runs share them.

    Several processes may share the file: one computes while the others wait, and none waits once it is there.
    Reading it runs no code.

    Raises:
        UserError: the file is damaged or cannot be written.
    """
    if not file.exists():
        with hold(file.with_suffix(".lock"), file.name):
            if not file.exists():
                arrays = compute()
                with whole(file) as temporary, temporary.open("wb") as opened:
                    np.savez(opened, allow_pickle=False, **arrays)
                return arrays
    try:
        with np.load(file, allow_pickle=False) as stored:
            return dict(stored)
    except (OSError, EOFError, ValueError, KeyError, zipfile.BadZipFile) as error:
        raise UserError(f"{file} is damaged ({error}): delete it and start again") from None


@dataclass(frozen=True)
class Reference:
    """Real images that samples are compared with.

    Attributes:
        name: of the split.
        images: N x 3 x 32 x 32, uint8.
    """

    name: str
    images: Images


class ReferenceFeatures:
    """What measures need of a reference, each computed when first asked for and kept in files for other runs.

    The files' names hold hashes of the images and of the weights.

    Args:
        cache: folder of the files; several processes may share it.
    """

    def __init__(self, reference: Reference, extractor: Extractor, cache: Path) -> None:
        self.reference = reference
        self._extractor = extractor
        images = hashlib.sha256(np.ascontiguousarray(reference.images).data).hexdigest()
        self.key = f"{reference.name}-{len(reference.images)}-{images[:16]}-{extractor.digest[:16]}"
        self.cache = cache

    def __len__(self) -> int:
        return len(self.reference.images)

    def seen_by(self, extractor: Extractor) -> "ReferenceFeatures":
        """The same images, by another network."""
        return ReferenceFeatures(self.reference, extractor, self.cache)

    @cached_property
    def pooled(self) -> Tensor:
        """N x D, float32."""
        return torch.from_numpy(self._features()["pooled"])

    @cached_property
    def gaussian(self) -> Gaussian:
        """What FID compares with, on the device that computes."""

        def compute() -> Arrays:
            found = Gaussian.fit(self.pooled.to(fastest()))
            return {"mean": found.mean.cpu().numpy(), "root": found.root.cpu().numpy()}

        kept = self._kept("gaussian", compute)
        return Gaussian(*(torch.from_numpy(kept[name]).to(fastest()) for name in ("mean", "root")))

    @cached_property
    def radii(self) -> Tensor:
        """N, float32: the balls of precision and recall."""
        return torch.from_numpy(self._kept("radii", lambda: {"radii": radii(self.pooled).numpy()})["radii"])

    def _features(self) -> Arrays:
        def compute() -> Arrays:
            found = self._extractor(self.reference.images, self.reference.name)
            return {name: values.numpy() for name, values in found._asdict().items()}

        return self._kept("features", compute)

    def _kept(self, what: str, compute: Callable[[], Arrays]) -> Arrays:
        return cached(self.cache / f"{self.key}-{what}.npz", compute)
