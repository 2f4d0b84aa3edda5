"""IS and KID of features, by torch-fidelity's own functions."""

import math
from pathlib import Path

from torch import Tensor
from torch_fidelity.metric_isc import KEY_METRIC_ISC_MEAN, KEY_METRIC_ISC_STD, isc_features_to_metric
from torch_fidelity.metric_kid import KEY_METRIC_KID_MEAN, KEY_METRIC_KID_STD, kid_features_to_metric

from gen100.errors import UserError

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


def finite(values: dict[str, float], file: Path) -> dict[str, float]:
    """The values, all finite.

    Raises:
        UserError: one is not; it names the file of weights that measured.
    """
    for key, value in values.items():
        if not math.isfinite(value):
            raise UserError(
                f"{key} by {file} is {value}, not a finite number: delete it and run stage extractor again"
            )
    return values
