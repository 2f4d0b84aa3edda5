"""FID, IS, KID, precision and recall of features; IS and KID by torch-fidelity's own functions."""

import math
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path

from torch import Tensor
from torch_fidelity.metric_isc import KEY_METRIC_ISC_MEAN, KEY_METRIC_ISC_STD, isc_features_to_metric
from torch_fidelity.metric_kid import KEY_METRIC_KID_MEAN, KEY_METRIC_KID_STD, kid_features_to_metric

from gen100.device import fastest
from gen100.errors import UserError
from gen100.metrics.features import Extractor, Features, Images, Reference, ReferenceFeatures, require
from gen100.metrics.frechet import Gaussian, distance
from gen100.metrics.neighbours import precision_recall, radii

IS_SPLITS = 10
KID_SUBSETS = 100
KID_SUBSET_SIZE = 1000
SEED = 2020
"""Of the order in which IS splits the samples, and of KID's subsets: torch-fidelity's own."""


def inception_score(logits: Tensor) -> tuple[float, float]:
    """IS, mean and standard deviation over 10 splits of a random but fixed order (Salimans et al. 2016).

    Args:
        logits: N x classes, before any softmax.
    """
    found = isc_features_to_metric(logits, splits=IS_SPLITS, shuffle=True, rng_seed=SEED)
    return found[KEY_METRIC_ISC_MEAN], found[KEY_METRIC_ISC_STD]


def kid(samples: Tensor, reference: Tensor) -> tuple[float, float, int]:
    """KID, mean and standard deviation over 100 subsets, and their size (Bińkowski et al. 2018).

    The subsets hold 1,000 images, or as many as the smaller set has.

    Args:
        samples, reference: N x D and M x D, float32.
    """
    size = min(KID_SUBSET_SIZE, len(samples), len(reference))
    found = kid_features_to_metric(
        samples, reference, kid_subsets=KID_SUBSETS, kid_subset_size=size, rng_seed=SEED, verbose=False
    )
    return found[KEY_METRIC_KID_MEAN], found[KEY_METRIC_KID_STD], size


class Sample:
    """Features of samples, and what several references need of them, each computed when first asked for."""

    def __init__(self, features: Features) -> None:
        self.features = features

    @cached_property
    def gaussian(self) -> Gaussian:
        return Gaussian.fit(self.features.pooled.to(fastest()))

    @cached_property
    def radii(self) -> Tensor:
        return radii(self.features.pooled)


def score(sample: Sample, reference: ReferenceFeatures, measures: Sequence[str]) -> dict[str, float]:
    """Those of the `measures` that compare with a reference.

    Args:
        measures: some of `fid`, `kid`, `prc`; others are left out.

    Returns:
        `fid`; `kid`, `kid_std` (over subsets) and `kid_subset_size`; `precision` and `recall`, with each whole
        set as it is (Kynkäänniemi et al. 2019, k = 3).
    """
    found: dict[str, float] = {}
    pooled = sample.features.pooled
    if "fid" in measures:
        found["fid"] = distance(sample.gaussian, reference.gaussian)
    if "kid" in measures:
        names = ("kid", "kid_std", "kid_subset_size")
        found |= zip(names, kid(pooled, reference.pooled), strict=True)
    if "prc" in measures:
        values = precision_recall(pooled, sample.radii, reference.pooled, reference.radii)
        found |= zip(("precision", "recall"), values, strict=True)
    return found


def finite(values: dict[str, float], file: Path) -> dict[str, float]:
    """The values, all finite.

    Raises:
        UserError: one is not; it names the file of weights that measured.
    """
    for key, value in values.items():
        if not math.isfinite(value):
            raise UserError(
                f"{key} by {file} is {value}, no finite number: delete it and run stage extractor again"
            )
    return values


def measure(
    images: Images,
    reference: Reference,
    extractor_file: Path,
    measures: Sequence[str],
    cache: Path,
    batch_size: int | None = None,
) -> dict[str, float]:
    """Measure images against one reference, in one pass over the images.

    The order of the images changes IS, whose splits are other ones then, and which images KID's subsets hold;
    both stay within a few of their standard deviations. All else it changes by rounding alone, as do the batch
    size, the number of threads and the device: FID, precision and recall stay within 1e-3 of their size.

    Args:
        images: N x 3 x 32 x 32, uint8, at least 10.
        measures: some of `fid`, `isc`, `kid`, `prc`.
        cache: folder for the reference's features; several processes may share it.
        batch_size: of the extractor, which has its own where none is given.

    Returns:
        `is` and `is_std` (over splits), and what `score` returns: those asked for.

    Raises:
        UserError: images of another type or shape, or too few; a file of weights that is missing or damaged; or
            a result that is no finite number.
    """
    require(images, "sample", IS_SPLITS)
    require(reference.images, reference.name, IS_SPLITS)
    extractor = Extractor(extractor_file, batch_size)
    sample = Sample(extractor(images))
    values: dict[str, float] = {}
    if "isc" in measures:
        values |= zip(("is", "is_std"), inception_score(sample.features.logits), strict=True)
    values |= score(sample, ReferenceFeatures(reference, extractor, cache), measures)
    return finite(values, extractor_file)
