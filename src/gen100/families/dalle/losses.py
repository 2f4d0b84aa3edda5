"""What DALL-E minimizes: the discrete VAE's reconstruction losses and its KL divergence to the uniform prior.

A reconstruction loss is a function of the decoder's output, the images in [-1, 1] (both B x 3 x 32 x 32) and a
`Perception`, named as in the family's `losses`. The decoder's output y is unbounded and read the same way by all
losses: sigmoid(y) is a pixel in [0, 1], and 2 sigmoid(y) - 1 = tanh(y / 2) the pixel in [-1, 1].
"""

from collections.abc import Callable
from dataclasses import dataclass
from math import log

import torch
import torch.nn.functional as F
from torch import Tensor

from gen100.training.phase import Parts

EPSILON = 1e-10
"""Added to the squared length of a feature vector before the division by its root."""


@dataclass(frozen=True)
class Perception:
    """What the perceptual loss compares images by.

    Attributes:
        features: images in [-1, 1] to feature maps, each B x C x H x W; none where no loss needs them.
        pixel_weight: of the pixel term.
    """

    features: Callable[[Tensor], list[Tensor]] | None
    pixel_weight: float


def decoded(output: Tensor) -> Tensor:
    """The image in [-1, 1] that a decoder's output stands for, float32."""
    return torch.tanh(output.float() / 2)


def cross_entropy(output: Tensor, images: Tensor, _perception: Perception) -> Parts:
    """Cross-entropy of pixels, -mean(d log y + (1 - d) log(1 - y)), as the thesis prints it.

    d is the pixel in [0, 1] and y = sigmoid(output); nats, the mean over the batch, channels and pixels. Its
    minimum is the mean binary entropy of d, about 0.5 to 0.6 for photographs, not zero.
    """
    return {"reconstruction": F.binary_cross_entropy_with_logits(output.float(), (images.float() + 1) / 2)}


def mse(output: Tensor, images: Tensor, _perception: Perception) -> Parts:
    """Squared error of pixels in [-1, 1], the mean over the batch, channels and pixels."""
    return {"reconstruction": F.mse_loss(decoded(output), images.float())}


def feature_distance(first: list[Tensor], second: list[Tensor]) -> Tensor:
    """Squared distance of feature maps with channel vectors of unit length (Zhang et al. 2018, equation 1).

    Their learned channel weights are all 1 here. Per layer (B x C x H x W), summed over channels and averaged
    over the batch and positions; averaged over layers: in [0, 4].
    """
    distances = []
    for a, b in zip(first, second, strict=True):
        a, b = (x.float() * torch.rsqrt(x.float().square().sum(1, keepdim=True) + EPSILON) for x in (a, b))
        distances.append((a - b).square().sum(1).mean())
    return torch.stack(distances).mean()


def perceptual(output: Tensor, images: Tensor, perception: Perception) -> Parts:
    """Distance of features plus `pixel_weight` times the squared error of pixels in [-1, 1].

    The features are those of a frozen network; where there are none, that is a ValueError.
    """
    if perception.features is None:
        raise ValueError("the perceptual loss compares features: give the model a feature network")
    reconstruction = decoded(output)
    with torch.no_grad():
        wanted = perception.features(images)
    distance = feature_distance(perception.features(reconstruction), wanted)
    pixels = F.mse_loss(reconstruction, images.float())
    return {
        "reconstruction": distance + perception.pixel_weight * pixels,
        "features": distance.detach(),
        "pixels": pixels.detach(),
    }


def kl_to_uniform(logits: Tensor) -> Tensor:
    """KL(q || uniform) = log K - H(q) of categoricals, in nats: N x K logits to N, in [0, log K]."""
    logits = logits.float()
    # softmax is several times as fast on a processor as the exponential of log_softmax.
    return (logits.softmax(-1) * logits.log_softmax(-1)).sum(-1) + log(logits.shape[-1])
