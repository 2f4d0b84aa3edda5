"""The Inception Score of logits, right and with the mistakes that are made in it.

IS = exp(mean over images of KL(p(y|x) || p(y))), averaged over 10 splits (Salimans et al. 2016). Each function
takes the logits (N x classes) and the pooled features (N x D) of the generated images.
"""

import math
from collections.abc import Callable

from torch import Tensor
from torch.nn import functional as F
from torch_fidelity.metric_isc import KEY_METRIC_ISC_MEAN, isc_features_to_metric

Score = Callable[[Tensor, Tensor], float]

INCEPTION_CLASSES = 1008
LEAST = 300.0
"""Nats that a logit may lie below the largest: exp(-300) is nothing beside 1, and still a number."""
NEVER = -50.0
"""A logit below all others by so much that its class has next to no probability; none at all has no logarithm."""


def _score(logits: Tensor, splits: int = 10) -> float:
    # A probability of exactly 0 would make it not a number: 0 log 0 is 0, as is what is left of it here.
    logits = logits.double()
    logits = logits.maximum(logits.amax(dim=1, keepdim=True) - LEAST)
    return isc_features_to_metric(logits, splits=splits)[KEY_METRIC_ISC_MEAN]


def as_inception(logits: Tensor) -> Tensor:
    """The same classifier with Inception's 1,008 outputs, those that it lacks being never seen.

    The right score is the same; mistakes in which every class counts are not.
    """
    lacking = max(INCEPTION_CLASSES - logits.shape[1], 0)
    return F.pad(logits.double(), (0, lacking), value=float(logits.min()) + NEVER)


def inception_score(logits: Tensor, features: Tensor) -> float:  # noqa: ARG001
    """The right one: torch-fidelity's."""
    return _score(logits)


def one_split(logits: Tensor, features: Tensor) -> float:  # noqa: ARG001
    """All images in one split."""
    return _score(logits, splits=1)


def one_image(logits: Tensor, features: Tensor) -> float:  # noqa: ARG001
    """The right formula on the first image alone."""
    return _score(logits[:1], splits=1)


def twice_softmax(logits: Tensor, features: Tensor) -> float:  # noqa: ARG001
    """Probabilities taken for logits: softmax once more."""
    return _score(as_inception(logits).softmax(dim=1))


def split_each(logits: Tensor, features: Tensor) -> float:  # noqa: ARG001
    """As many splits as images: each image is its own mean."""
    return _score(logits, splits=len(logits))


def marginal_alone(logits: Tensor, features: Tensor) -> float:  # noqa: ARG001
    """The mean of all predictions in the place of each."""
    mean = logits.double().softmax(dim=1).mean(dim=0, keepdim=True).log()
    return _score(mean.expand(len(logits), -1))


def one_output(logits: Tensor, features: Tensor) -> float:  # noqa: ARG001
    """Softmax of a network with one output, as a discriminator: the probability is 1 whatever it says."""
    return _score(logits[:, :1])


def features_for_logits(logits: Tensor, features: Tensor) -> float:  # noqa: ARG001
    """Softmax of pooled features, where those of the last layer, the classes, are meant."""
    return _score(features)


def _divergences(logits: Tensor, axis: int = 1) -> Tensor:
    """p log(p / mean p) of every image and class, N x classes."""
    log_p = logits.double().log_softmax(dim=axis)
    return log_p.exp() * (log_p - log_p.exp().mean(dim=0, keepdim=True).log())


def softmax_over_images(logits: Tensor, features: Tensor) -> float:  # noqa: ARG001
    """Softmax over the batch, where it should be over the classes."""
    return math.exp(_divergences(logits, axis=0).sum(dim=1).mean())


def mean_over_classes(logits: Tensor, features: Tensor) -> float:  # noqa: ARG001
    """The divergence averaged over classes, where it should be summed: torch's kl_div as it is by default."""
    padded = as_inception(logits)
    return math.exp(_divergences(padded).mean())


def without_exp(logits: Tensor, features: Tensor) -> float:  # noqa: ARG001
    """The divergence itself, in nats."""
    return math.log(_score(logits, splits=1))
