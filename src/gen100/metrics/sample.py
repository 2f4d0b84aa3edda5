"""A set of images to be measured, and what several measures need of it."""

from collections.abc import Callable
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from torch import Tensor

from gen100 import layout
from gen100.device import fastest
from gen100.metrics.features import Extractor, Features, Images
from gen100.metrics.frechet import Gaussian
from gen100.metrics.neighbours import nearest, radii
from gen100.metrics.resampling import resample

if TYPE_CHECKING:
    from gen100.metrics.evaluation import Evaluator


class Sample:
    """Images and what measures need of them, each computed when first asked for.

    Args:
        images: N x 3 x 32 x 32, uint8.
        extractor: the network whose features are compared.
        evaluator: holds the splits of the data; not needed by measures that compare with one reference.
        labels: N, the fine classes that the images are to show, in [0, 100).
        reconstruct: what the run's autoencoder makes of N x 3 x 32 x 32 uint8 images.
    """

    def __init__(
        self,
        images: Images,
        extractor: Extractor,
        evaluator: "Evaluator | None" = None,
        *,
        labels: NDArray[np.integer] | None = None,
        reconstruct: Callable[[Images], Images] | None = None,
    ) -> None:
        self.images = images
        self.extractor = extractor
        self._evaluator = evaluator
        self._labels = labels
        self._reconstruct = reconstruct

    def __len__(self) -> int:
        return len(self.images)

    @property
    def labels(self) -> NDArray[np.integer]:
        assert self._labels is not None, "a measure that needs captions names that need in its row"
        return self._labels

    @property
    def evaluator(self) -> "Evaluator":
        assert self._evaluator is not None, "this measure needs the splits of an evaluator"
        return self._evaluator

    @cached_property
    def features(self) -> Features:
        return self.extractor(self.images)

    @cached_property
    def gaussian(self) -> Gaussian:
        """Fitted to the features, on the device that computes."""
        return Gaussian.fit(self.features.pooled.to(fastest()))

    @cached_property
    def radii(self) -> Tensor:
        return radii(self.features.pooled)

    @cached_property
    def resamples(self) -> pd.DataFrame:
        """The FID of resamples against the reference split."""
        return resample(self.features.pooled, self.evaluator.main.gaussian)

    @cached_property
    def nearest(self) -> tuple[Tensor, Tensor]:
        """Each image's distance to its nearest training image, N, and the index of that, N."""
        return nearest(self.features.pooled, self.evaluator.train.pooled)

    @property
    def held_out(self) -> Tensor:
        """The distances of test images to their nearest training images."""
        return self.evaluator.held_out

    @cached_property
    def reconstructed(self) -> "Sample":
        """As many real images of the other split, encoded and decoded by the run's autoencoder."""
        assert self._reconstruct is not None, "a measure that needs an autoencoder names that need in its row"
        return Sample(self._reconstruct(self.evaluator.held_back(len(self))), self.extractor)

    @cached_property
    def dinov2(self) -> "Sample":
        """The same images, as DINOv2 sees them."""
        return Sample(self.images, Extractor(layout.extractor("dinov2")))
