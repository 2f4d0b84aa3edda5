"""The Inception Score of logits: the correct one, and the mistakes made in computing it.

IS = exp(mean over images of KL(p(y|x) || p(y))), averaged over 10 splits (Salimans et al. 2016). Each function
takes the logits of the generated images, N x classes; `features_for_logits` alone takes their pooled features.
"""

import math
from collections.abc import Callable

from torch import Tensor
from torch.nn import functional as F
from torch_fidelity.metric_isc import KEY_METRIC_ISC_MEAN, isc_features_to_metric

ScoreFunction = Callable[[Tensor], float]

INCEPTION_CLASSES = 1008
LEAST = 300.0
"""Nats that a logit may lie below the largest: exp(-300) is negligible next to 1, but not 0."""
NEVER = -50.0
"""Nats below the smallest logit: its class has almost no probability, but not 0, which has no logarithm."""


def _score(logits: Tensor, splits: int = 10) -> float:
    # A probability of exactly 0 would give NaN. 0 log 0 should be 0, and so is what remains of it here.
    logits = logits.double()
    logits = logits.maximum(logits.amax(dim=1, keepdim=True) - LEAST)
    return isc_features_to_metric(logits, splits=splits)[KEY_METRIC_ISC_MEAN]


def as_inception(logits: Tensor) -> Tensor:
    """The same classifier with Inception's 1,008 outputs, where the added classes are never predicted.

    The correct score does not change; mistakes in which every class counts do.
    """
    lacking = max(INCEPTION_CLASSES - logits.shape[1], 0)
    return F.pad(logits.double(), (0, lacking), value=float(logits.min()) + NEVER)


def inception_score(logits: Tensor) -> float:
    """The correct one: torch-fidelity's."""
    return _score(logits)


def one_split(logits: Tensor) -> float:
    """All images in one split."""
    return _score(logits, splits=1)


def one_image(logits: Tensor) -> float:
    """The correct formula on the first image alone."""
    return _score(logits[:1], splits=1)


def twice_softmax(logits: Tensor) -> float:
    """Probabilities used as logits: softmax applied twice."""
    return _score(as_inception(logits).softmax(dim=1))


def split_each(logits: Tensor) -> float:
    """As many splits as images: each image is its own mean."""
    return _score(logits, splits=len(logits))


def marginal_alone(logits: Tensor) -> float:
    """The mean of all predictions instead of each."""
    mean = logits.double().softmax(dim=1).mean(dim=0, keepdim=True).log()
    return _score(mean.expand(len(logits), -1))


def one_output(logits: Tensor) -> float:
    """Softmax of a network with one output, like a discriminator: the probability is always 1."""
    return _score(logits[:, :1])


def features_for_logits(features: Tensor) -> float:
    """Softmax of pooled features, N x D, instead of logits."""
    return _score(features)


def _divergences(logits: Tensor, axis: int = 1) -> Tensor:
    """p log(p / mean p) for every image and class, N x classes."""
    log_p = logits.double().log_softmax(dim=axis)
    return log_p.exp() * (log_p - log_p.exp().mean(dim=0, keepdim=True).log())


def softmax_over_images(logits: Tensor) -> float:
    """Softmax over the batch instead of over the classes."""
    return math.exp(_divergences(logits, axis=0).sum(dim=1).mean())


def mean_over_classes(logits: Tensor) -> float:
    """The divergence averaged over classes instead of summed: torch's kl_div with its default reduction."""
    return math.exp(_divergences(as_inception(logits)).mean())


def without_exp(logits: Tensor) -> float:
    """The divergence itself, in nats."""
    return math.log(_score(logits, splits=1))
