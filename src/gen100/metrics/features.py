"""Features of images, taken once for all measures; those of real images are kept on disk for all runs."""

import hashlib
from collections.abc import Callable
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from gen100.device import fastest, set_full_precision
from gen100.errors import UserError
from gen100.files import digest, read_arrays, write_arrays
from gen100.locks import hold
from gen100.metrics.extractors import load_extractor
from gen100.metrics.frechet import Gaussian
from gen100.metrics.neighbours import radii

Images = NDArray[np.uint8]
Tensors = dict[str, Tensor]

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
        """Features of N x 3 x 32 x 32 uint8 images, N > 0; one that is not finite is an error (UserError)."""
        with torch.no_grad():
            batches = (images[begin : begin + self.batch_size] for begin in range(0, len(images), self.batch_size))
            found = (self.network(torch.tensor(batch).to(fastest())) for batch in batches)
            parts = [[layer.float().cpu() for layer in layers] for layers in found]
        features = Features(*map(torch.cat, zip(*parts, strict=True)))
        if not all(bool(part.isfinite().all()) for part in features):
            raise UserError(
                f"{self.file} gives a feature of {name} images that is not a finite number:"
                " delete it and run stage extractor again"
            )
        return features


def evenly(size: int, count: int) -> NDArray[np.intp]:
    """`count` of `size` indices, sorted, always the same: one at random of each of `count` equal stretches.

    At random, since samples, and the images of some archives, come with their classes in turn: every fifth of them
    has one of 20 classes.
    """
    edges = np.arange(count + 1) * size // count
    return np.random.default_rng((size, count)).integers(edges[:-1], edges[1:])


def cached(file: Path, compute: Callable[[], Tensors]) -> Tensors:
    """The tensors of an .npz file, computed and written first where it is missing, so that many runs share them.

    Several processes may share the file: one computes while the others wait, and none waits once it is there.

    Raises:
        UserError: the file is damaged or cannot be written.
    """
    if not file.exists():
        with hold(file.with_suffix(".lock"), file.name):
            if not file.exists():
                tensors = compute()
                write_arrays(file, {name: tensor.cpu().numpy() for name, tensor in tensors.items()})
                return tensors
    stored = read_arrays(file, "delete it and start again")
    return {name: torch.from_numpy(array) for name, array in stored.items()}


class ImageFeatures:
    """Images as a network sees them, and what measures need of that, each computed when first asked for.

    Args:
        images: N x 3 x 32 x 32, uint8.
        name: what they are, for messages.
    """

    def __init__(self, images: Images, extractor: Extractor, name: str = "sample") -> None:
        self.images, self.extractor, self.name = images, extractor, name

    def __len__(self) -> int:
        return len(self.images)

    @cached_property
    def features(self) -> Features:
        return Features(**self._kept("features", lambda: self.extractor(self.images, self.name)._asdict()))

    @cached_property
    def gaussian(self) -> Gaussian:
        """Fitted to the features, on the device that computes."""
        kept = self._kept("gaussian", lambda: vars(Gaussian.fit(self.features.pooled.to(fastest()))))
        return Gaussian(**{name: part.to(fastest()) for name, part in kept.items()})

    def balls(self, count: int) -> tuple[Tensor, Tensor]:
        """The points of precision and recall: pooled features of `count` of the images, and their radii.

        At most all images; of more than `count` those of `evenly`.
        """
        pooled = self.features.pooled
        if count >= len(self):
            return pooled, self._radii
        some = pooled[torch.from_numpy(evenly(len(self), count))]
        return some, self._kept(f"radii-{count}", lambda: {"radii": radii(some)})["radii"]

    @cached_property
    def _radii(self) -> Tensor:
        return self._kept("radii", lambda: {"radii": radii(self.features.pooled)})["radii"]

    def _kept(self, _what: str, compute: Callable[[], Tensors], /) -> Tensors:
        return compute()


class ReferenceFeatures(ImageFeatures):
    """Real images that samples are compared with; what is computed of them is kept in files for other runs.

    The files' names hold hashes of the images and of the weights.

    Args:
        name: of the split.
        cache: folder of the files; several processes may share it.
    """

    def __init__(self, images: Images, extractor: Extractor, name: str, cache: Path) -> None:
        super().__init__(images, extractor, name)
        content = hashlib.sha256(np.ascontiguousarray(images).data).hexdigest()
        self.key = f"{name}-{len(images)}-{content[:16]}-{extractor.digest[:16]}"
        self._cache = cache

    @cached_property
    def features(self) -> Features:
        """Without logits, which no measure reads of a reference: Inception's take more memory than the images."""
        return Features(super().features.pooled)

    def seen_by(self, extractor: Extractor) -> "ReferenceFeatures":
        """The same images, by another network."""
        return ReferenceFeatures(self.images, extractor, self.name, self._cache)

    def _kept(self, what: str, compute: Callable[[], Tensors], /) -> Tensors:
        return cached(self._cache / f"{self.key}-{what}.npz", compute)
