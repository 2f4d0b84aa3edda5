"""A set of images to be measured, and all that is measured of it, against both splits of the data."""

import math
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray
from torch import Tensor

from gen100 import layout
from gen100.config import Metrics
from gen100.data.arrays import Cifar100
from gen100.errors import UserError
from gen100.metrics.extractors import describe
from gen100.metrics.features import (
    Extractor,
    ImageFeatures,
    Images,
    ReferenceFeatures,
    cached,
    evenly,
    require,
)
from gen100.metrics.measures import MEASURES, OTHER, computed
from gen100.metrics.neighbours import nearest
from gen100.metrics.resampling import resample
from gen100.provenance import Provenance, SplitFacts


class Sample(ImageFeatures):
    """Images, what measures need of them, and what was found of them.

    Attributes:
        values: by their names in metrics.json, once they were evaluated; None where the data allow no value.

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
        super().__init__(images, extractor)
        self._evaluator, self._labels, self._reconstruct = evaluator, labels, reconstruct
        self.values: dict[str, float | None] = {}

    @property
    def scores(self) -> dict[str, float]:
        """Of what was found, what tells how good the images are, of the measures that params.yaml may name."""
        numbers = [
            number for one in MEASURES.values() if not one.always for number in one.numbers if number.better
        ]
        found = {number.key: self.values.get(number.key) for number in numbers}
        return {key: value for key, value in found.items() if value is not None}

    @property
    def labels(self) -> NDArray[np.integer]:
        assert self._labels is not None, "a measure that needs captions names that need"
        return self._labels

    @property
    def evaluator(self) -> "Evaluator":
        assert self._evaluator is not None, "this measure needs the splits of an evaluator"
        return self._evaluator

    @cached_property
    def resamples(self) -> pd.DataFrame:
        """The rows of resamples.csv: the FID of resamples against the reference split."""
        return resample(self.features.pooled, self.evaluator.main.gaussian)

    @cached_property
    def nearest(self) -> tuple[Tensor, Tensor]:
        """Each image's distance to its nearest training image, N, and the index of that, N."""
        return nearest(self.features.pooled, self.evaluator.train.features.pooled)

    @cached_property
    def reconstructed(self) -> "Sample":
        """As many real images of the other split, encoded and decoded by the run's autoencoder."""
        assert self._reconstruct is not None, "a measure that needs an autoencoder names that need"
        return Sample(self._reconstruct(self.evaluator.held_back(len(self))), self.extractor)

    @cached_property
    def dinov2(self) -> "Sample":
        """The same images, as DINOv2 sees them."""
        return Sample(self.images, Extractor(layout.extractor("dinov2")))


class Evaluator:
    """The network that measures, and the features of both splits of the data.

    Attributes:
        train, test: the splits.
        main: the split that unsuffixed names are against, as params say; `other` is the other one.
    """

    def __init__(self, data: Cifar100, settings: Metrics, cache: Path) -> None:
        self.data = data
        self.settings = settings
        self.extractor = Extractor(layout.extractor("metric"))
        self._cache = cache
        self.train = ReferenceFeatures(data.train_images, self.extractor, "train", cache)
        self.test = ReferenceFeatures(data.test_images, self.extractor, "test", cache)
        trained_first = settings.reference == "train"
        self.main, self.other = (self.train, self.test) if trained_first else (self.test, self.train)

    def evaluate(
        self,
        images: Images,
        *,
        seen: str | None = None,
        labels: NDArray[np.integer] | None = None,
        reconstruct: Callable[[Images], Images] | None = None,
    ) -> Sample:
        """Measure images in one pass over them.

        The order of the images changes IS, whose splits are other ones then, and which images KID's subsets, FID's
        resamples and, of more images than real ones, precision and recall hold; that stays within a few of their
        standard deviations. All else it changes by rounding alone, as do the batch size, the number of threads and
        the device: by less than 1e-3 of its size.

        Args:
            images: N x 3 x 32 x 32, uint8, at least 100.
            seen: the split they are of, if they are real: they are not compared with it.
            labels: N, the fine classes that they are to show, in [0, 100), if they were drawn for captions.
            reconstruct: what the run's autoencoder, if it has one, makes of N x 3 x 32 x 32 uint8 images.

        Raises:
            UserError: images of another type or shape, or too few; or a result that is not a finite number.
        """
        require(images, "sample")
        sample = Sample(images, self.extractor, self, labels=labels, reconstruct=reconstruct)
        for measure in computed(
            self.settings,
            captions=labels is not None,
            autoencoder=reconstruct is not None,
            unseen=seen != "train",
        ):
            sample.values |= measure.values(sample, self.main)
            if measure.both_splits and seen != self.other.name:
                sample.values |= {key + OTHER: value for key, value in measure.values(sample, self.other).items()}
        finite(sample.values, self.extractor.file)
        return sample

    def held_back(self, count: int) -> Images:
        """At most `count` real images of the other split, spread evenly over it."""
        return self.other.images[self.spread(count)]

    def held_back_labels(self, count: int) -> NDArray[np.integer]:
        """The fine classes of those images."""
        labels = self.data.test_labels if self.other is self.test else self.data.train_labels
        return labels[self.spread(count)]

    def spread(self, count: int) -> NDArray[np.intp]:
        """The indices of those images in their split."""
        return evenly(len(self.other), min(count, len(self.other)))

    def provenance(self, samples: int) -> Provenance:
        """What numbers of so many images are measured with."""
        main, other = (
            SplitFacts.model_validate({"split": side.name, "images": len(side)})
            for side in (self.main, self.other)
        )
        extractor = describe(self.extractor.file)
        return Provenance(data=self.data.facts, extractor=extractor, reference=main, other=other, samples=samples)

    @cached_property
    def held_out(self) -> Tensor | None:
        """The distances of test images to their nearest training images, without those that are training images
        themselves; None where these are more than half."""

        def compute() -> dict[str, Tensor]:
            return {"distances": nearest(self.test.features.pooled, self.train.features.pooled)[0]}

        distances = cached(self._cache / f"{self.test.key}-to-{self.train.key}.npz", compute)["distances"]
        unseen = torch.from_numpy(~self.data.repeated)
        return distances[unseen] if 2 * int(unseen.sum()) >= len(distances) else None


def score(sample: Sample, reference: ReferenceFeatures, measures: Sequence[str]) -> dict[str, float]:
    """The numbers of the named measures, against one reference."""
    found = (MEASURES[name].values(sample, reference).items() for name in measures)
    return {key: value for numbers in found for key, value in numbers if value is not None}


def finite(values: Mapping[str, float | None], file: Path) -> None:
    """Refuse values that are not finite (UserError), naming the file of weights that measured."""
    for key, value in values.items():
        if value is not None and not math.isfinite(value):
            raise UserError(
                f"{key} by {file} is {value}, not a finite number: delete it and run stage extractor again"
            )
