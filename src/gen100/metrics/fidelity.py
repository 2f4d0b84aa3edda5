"""IS and KID of features, by torch-fidelity's own functions."""

from torch import Tensor
from torch_fidelity.metric_isc import KEY_METRIC_ISC_MEAN, KEY_METRIC_ISC_STD, isc_features_to_metric
from torch_fidelity.metric_kid import KEY_METRIC_KID_MEAN, KEY_METRIC_KID_STD, kid_features_to_metric

IS_SPLITS = 10
KID_SUBSETS = 100
KID_SUBSET_SIZE = 1000
SEED = 2020
"""Of the order in which IS splits the samples, and of KID's subsets: torch-fidelity's own."""


def inception_score(logits: Tensor) -> tuple[float, float]:
    """IS of N x classes logits, before any softmax (Salimans et al. 2016).

    The mean and the standard deviation over 10 splits of the images in a random but fixed order.
    """
    found = isc_features_to_metric(logits, splits=IS_SPLITS, shuffle=True, rng_seed=SEED)
    return found[KEY_METRIC_ISC_MEAN], found[KEY_METRIC_ISC_STD]


def kid(samples: Tensor, reference: Tensor, size: int | None = None) -> tuple[float, float, int]:
    """KID of N x D and M x D features: mean and standard deviation over 100 subsets, and their size.

    Bińkowski et al. 2018. The mean has no bias, whatever the size. Without a `size` the subsets hold 1,000 images,
    or half of the smaller set: were they the whole set they would all be the same, and their deviation nothing
    but rounding.
    """
    if size is None:
        size = min(KID_SUBSET_SIZE, min(len(samples), len(reference)) // 2)
    found = kid_features_to_metric(
        samples, reference, kid_subsets=KID_SUBSETS, kid_subset_size=size, rng_seed=SEED, verbose=False
    )
    return found[KEY_METRIC_KID_MEAN], found[KEY_METRIC_KID_STD], size
