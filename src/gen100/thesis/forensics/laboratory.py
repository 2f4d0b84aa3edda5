"""Measure images by any procedure, each feature being extracted once for all that need it."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from gen100.device import set_full_precision
from gen100.thesis.forensics.distances import Features
from gen100.thesis.forensics.networks import Kind, Networks
from gen100.thesis.forensics.pixels import Pixels
from gen100.thesis.forensics.procedure import Layer, Procedure

BATCH = 100
"""Images that a network sees at a time: what training mode normalises by."""
WIDE_IMAGES = 1000
"""At most, where there are thousands of features, or several observations, an image."""
INCEPTION_IMAGES = 20
"""Of each set, where Inception v3 looks without weights: on one core it takes a quarter of a second an image."""
PIXEL_SCALES: dict[Layer, tuple[float, float]] = {
    "pixels 255": (1.0, 0.0),
    "pixels 1": (1 / 255, 0.0),
    "pixels -1 1": (1 / 127.5, -1.0),
}
Outputs = dict[str, Tensor]


@dataclass(frozen=True, eq=False)
class ImageSet:
    """Images that are measured.

    Attributes:
        name: for the column `images`.
        images: uint8, N x 3 x 32 x 32.
        real: whether they are real images.
    """

    name: str
    images: NDArray[np.uint8]
    real: bool = False


class Laboratory:
    """All procedures, against one set of real images.

    Args:
        reference: the real images that every set is compared with.
        where: the device that the networks run on.
    """

    def __init__(self, networks: Networks, reference: ImageSet, where: torch.device) -> None:
        set_full_precision()
        self.networks = networks
        self.reference = reference
        self._where = where
        self._classifier = lru_cache(maxsize=None)(lambda kind: networks.build(kind, where))
        # As many as the right procedure and one with a mistake need for all sets, so that memory stays bounded.
        self._outputs = lru_cache(maxsize=20)(self._extract)
        self._features = lru_cache(maxsize=24)(self._build)

    def shown(self, images: ImageSet, procedure: Procedure) -> int:
        """How many of a set's images a procedure's distance is of."""
        counts = [len(images.images), procedure.images or len(images.images)]
        counts += [INCEPTION_IMAGES] if procedure.network.startswith("inception") else []
        counts += [WIDE_IMAGES] if procedure.layer in ("map", "positions", *PIXEL_SCALES) else []
        return min(counts)

    def distance(self, procedure: Procedure, images: ImageSet, scale: float = 1.0) -> float:
        """The procedure's distance of `images` from the reference; not a number where it has none.

        Args:
            scale: what features are multiplied with before.
        """
        pairs = ((images, procedure.samples), (self.reference, procedure.real))
        sides = [
            self._features(of, pixels, procedure.network, procedure.layer, self.shown(of, procedure))
            for of, pixels in pairs
        ]
        a, b = sides if scale == 1 else [side.times(scale) for side in sides]
        return procedure.distance(a, b)

    def score(self, procedure: Procedure, images: ImageSet) -> float:
        """The procedure's Inception Score of `images`."""
        found = self._outputs(images, procedure.samples, procedure.network)
        return procedure.score(found["logits"][: procedure.images], found["pooled"][: procedure.images])

    def _batches(
        self, images: ImageSet, pixels: Pixels, kind: Kind, count: int
    ) -> Iterator[tuple[Tensor, Tensor]]:
        """Last map and logits of the first `count` images, batch by batch."""
        shown = pixels(torch.from_numpy(images.images[:count]).float())
        for batch in shown.split(BATCH):
            with torch.inference_mode():
                last, logits = self._classifier(kind)(batch.to(self._where))
            yield last.cpu(), logits.cpu()

    def _extract(self, images: ImageSet, pixels: Pixels, kind: Kind) -> Outputs:
        count = INCEPTION_IMAGES if kind.startswith("inception") else len(images.images)
        found = [
            (last.mean(dim=(2, 3)), last.amax(dim=(2, 3)), logits)
            for last, logits in self._batches(images, pixels, kind, count)
        ]
        names = ("pooled", "maximum", "logits")
        return {name: torch.cat(parts) for name, parts in zip(names, zip(*found, strict=True), strict=True)}

    def _build(self, images: ImageSet, pixels: Pixels, kind: Kind, layer: Layer, count: int) -> Features:
        if layer in PIXEL_SCALES:
            factor, shift = PIXEL_SCALES[layer]
            values = pixels(torch.from_numpy(images.images[:count]).double())
            return Features(factor * values.flatten(start_dim=1) + shift)
        if layer in ("map", "positions"):
            maps = torch.cat([last for last, _ in self._batches(images, pixels, kind, count)])
            return Features(maps.flatten(1) if layer == "map" else maps.movedim(1, -1).flatten(0, 2))
        found = self._outputs(images, pixels, kind)
        values = found["logits"].double().softmax(dim=1) if layer == "probabilities" else found[layer]
        return Features(values[:count])
