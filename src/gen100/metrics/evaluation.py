"""All that is measured of a set of images, against both splits of the data."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
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
from gen100.metrics.extractors import describe
from gen100.metrics.features import Extractor, Images, Reference, ReferenceFeatures, cached, require
from gen100.metrics.fidelity import finite
from gen100.metrics.measure import OTHER
from gen100.metrics.measures import MEASURES, computed
from gen100.metrics.neighbours import nearest
from gen100.metrics.sample import Sample
from gen100.provenance import Provenance, SplitFacts


@dataclass(frozen=True)
class Evaluation:
    """What was found of N images.

    Attributes:
        values: by their names in metrics.json.
        resamples: the rows of resamples.csv.
        distances: of each image to its nearest training image, N.
        neighbours: the indices of those training images, N.
    """

    values: dict[str, float]
    resamples: pd.DataFrame
    distances: Tensor
    neighbours: Tensor


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
        self.train, self.test = (
            ReferenceFeatures(Reference(name, images), self.extractor, cache)
            for name, images in (("train", data.train_images), ("test", data.test_images))
        )
        trained_first = settings.reference == "train"
        self.main, self.other = (self.train, self.test) if trained_first else (self.test, self.train)

    def evaluate(
        self,
        images: Images,
        *,
        seen: str | None = None,
        labels: NDArray[np.integer] | None = None,
        reconstruct: Callable[[Images], Images] | None = None,
    ) -> Evaluation:
        """Measure images in one pass over them.

        The order of the images changes IS, whose splits are other ones then, and which images KID's subsets and
        FID's resamples hold; that stays within a few of their standard deviations. All else it changes by rounding
        alone, as do the batch size, the number of threads and the device: by less than 1e-3 of its size.

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
        values: dict[str, float] = {}
        for measure in computed(
            self.settings,
            captions=labels is not None,
            autoencoder=reconstruct is not None,
            unseen=seen != "train",
        ):
            values |= measure.values(sample, self.main)
            if measure.both_splits and seen != self.other.reference.name:
                values |= {key + OTHER: value for key, value in measure.values(sample, self.other).items()}
        return Evaluation(finite(values, self.extractor.file), sample.resamples, *sample.nearest)

    def held_back(self, count: int) -> Images:
        """At most `count` real images of the other split, spread evenly over it."""
        return self.other.reference.images[self.spread(count)]

    def held_back_labels(self, count: int) -> NDArray[np.integer]:
        """The fine classes of those images."""
        labels = self.data.test_labels if self.other is self.test else self.data.train_labels
        return labels[self.spread(count)]

    def spread(self, count: int) -> NDArray[np.intp]:
        """The indices of those images in their split."""
        size = len(self.other)
        count = min(count, size)
        return np.arange(count) * size // count

    def provenance(self, samples: int) -> Provenance:
        """What numbers of so many images are measured with."""
        main, other = (
            SplitFacts.model_validate({"split": side.reference.name, "images": len(side)})
            for side in (self.main, self.other)
        )
        extractor = describe(self.extractor.file)
        return Provenance(data=self.data.facts, extractor=extractor, reference=main, other=other, samples=samples)

    @cached_property
    def held_out(self) -> Tensor:
        """The distances of test images to their nearest training images."""
        file = self._cache / f"{self.test.key}-to-{self.train.key}.npz"
        found = cached(file, lambda: {"distances": nearest(self.test.pooled, self.train.pooled)[0].numpy()})
        return torch.from_numpy(found["distances"])


def score(sample: Sample, reference: ReferenceFeatures, measures: Sequence[str]) -> dict[str, float]:
    """The numbers of the named measures, against one reference."""
    return {key: value for name in measures for key, value in MEASURES[name].values(sample, reference).items()}
