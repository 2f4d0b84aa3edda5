"""All that is measured of a set of images, against both splits of the data."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray
from torch import Tensor

from gen100 import layout
from gen100.config import Metrics
from gen100.data.arrays import Cifar100
from gen100.metrics.cache import cached
from gen100.metrics.extractors import describe
from gen100.metrics.features import Extractor, Images, Reference, ReferenceFeatures, require
from gen100.metrics.fidelity import Sample, finite, inception_score, score
from gen100.metrics.neighbours import memorization, nearest
from gen100.metrics.resampling import resample, summarize


@dataclass(frozen=True)
class Evaluation:
    """What was found of N images.

    Attributes:
        values: by their names in metrics.json.
        resamples: the rows of resamples.csv.
        distances, places: of each image's nearest training image, N.
    """

    values: dict[str, float]
    resamples: pd.DataFrame
    distances: Tensor
    places: Tensor


class Yardstick:
    """The network that measures, and the features of both splits of the data.

    Attributes:
        main: the split that unsuffixed names are against, as params say; `other` is the other one.
    """

    def __init__(self, data: Cifar100, settings: Metrics, cache: Path) -> None:
        self.data = data
        self.settings = settings
        self.extractor = Extractor(layout.extractor("metric"))
        self._cache = cache
        self._splits = {
            name: ReferenceFeatures(Reference(name, images), self.extractor, cache)
            for name, images in (("train", data.train_images), ("test", data.test_images))
        }
        self.main = self._splits[settings.reference]
        (self.other,) = (split for split in self._splits.values() if split is not self.main)

    def evaluate(
        self, images: Images, *, seen: str | None = None, labels: NDArray[np.integer] | None = None
    ) -> Evaluation:
        """Measure images in one pass over them.

        Args:
            images: N x 3 x 32 x 32, uint8, at least 100.
            seen: the split they are of, if they are real: it is no reference for them.
            labels: N, the fine classes that they are to show, in [0, 100). Where the network knows the classes,
                `class_accuracy` is the share of images that it puts into theirs; chance is 0.01.

        Raises:
            UserError: images of another type or shape, or too few; or a result that is no finite number.
        """
        require(images, "sample")
        sample = Sample(self.extractor(images))
        measures = self.settings.measures
        values: dict[str, float] = {}
        if "isc" in measures:
            values |= zip(("is", "is_std"), inception_score(sample.features.logits), strict=True)
        if labels is not None and self.extractor.knows_classes:
            right = sample.features.logits.argmax(1) == torch.from_numpy(labels)
            values["class_accuracy"] = float(right.double().mean())
        values |= score(sample, self.main, measures)
        name = self.other.reference.name
        if name != seen:
            values |= {f"{key}_{name}": value for key, value in score(sample, self.other, measures).items()}
        if self.settings.dinov2:
            values |= self._dinov2_distances(images, seen)
        resamples = resample(sample.features.pooled, self.main.gaussian)
        values |= summarize(resamples)
        distances, places = nearest(sample.features.pooled, self._splits["train"].pooled)
        if seen != "train":
            values |= memorization(distances, self._held_out())
        return Evaluation(finite(values, self.extractor.file), resamples, distances, places)

    def _dinov2_distances(self, images: Images, seen: str | None) -> dict[str, float]:
        extractor = Extractor(layout.extractor("dinov2"))
        sample = Sample(extractor(images))
        found = {}
        for split, suffix in ((self.main, ""), (self.other, f"_{self.other.reference.name}")):
            if split is self.main or split.reference.name != seen:
                real = ReferenceFeatures(split.reference, extractor, self._cache)
                found[f"fd_dinov2{suffix}"] = score(sample, real, ["fid"])["fid"]
        return found

    def distance(self, images: Images) -> float:
        """The FID of images against the main reference alone."""
        return score(Sample(self.extractor(images)), self.main, ["fid"])["fid"]

    def held_back(self, count: int) -> Images:
        """At most `count` real images of the other split, spread evenly over it."""
        return self.other.reference.images[self.spread(count)]

    def held_back_labels(self, count: int) -> NDArray[np.integer]:
        """The fine classes of those images."""
        labels = self.data.test_labels if self.other.reference.name == "test" else self.data.train_labels
        return labels[self.spread(count)]

    def spread(self, count: int) -> NDArray[np.intp]:
        """The places of those images in their split."""
        size = len(self.other)
        count = min(count, size)
        return np.arange(count) * size // count

    def texts(self) -> dict[str, Any]:
        """What the numbers are of: extractor, data, and both splits."""
        splits = {"reference": self.main, "other": self.other}
        return {
            "extractor": describe(self.extractor.file)["label"],
            "data": self.data.title,
            **{key: f"{split.reference.name}, {len(split):,} images" for key, split in splits.items()},
        }

    def _held_out(self) -> Tensor:
        """The distances of test images to their nearest training images."""
        train, test = self._splits["train"], self._splits["test"]
        file = self._cache / f"{test.key}-to-{train.key}.npz"
        found = cached(file, lambda: {"distances": nearest(test.pooled, train.pooled)[0].numpy()})
        return torch.from_numpy(found["distances"])
