"""What a generative model and an autoencoder can do, in addition to being trained."""

from abc import abstractmethod
from typing import Any, Protocol

from torch import Tensor

from gen100.training.phase import Trainable


class Noise(Protocol):
    """Random numbers for a batch of B samples: one stream per image, so that batches can be cut anyhow."""

    def normal(self, *shape: int) -> Tensor:
        """B x shape standard normal numbers, float32, on the device."""
        ...

    def uniform(self, *shape: int) -> Tensor:
        """B x shape numbers uniform in [0, 1), float32, on the device."""
        ...


class GenerativeModel(Trainable):
    """A model that draws images."""

    @abstractmethod
    def sample(self, labels: Tensor, noise: Noise, sampling: Any) -> Tensor:
        """Draw one image per label: B x 3 x 32 x 32, float, in [-1, 1].

        An image depends on its label and its stream of `noise`, never on the others in the batch. Models
        without conditioning ignore `labels`. `sampling` has the family's keys. Called in evaluation mode,
        without gradients.
        """


class Autoencoder(Trainable):
    """The first stage of a two-stage model."""

    @abstractmethod
    def reconstruct(self, images: Tensor) -> Tensor:
        """Images through the latent and back, without randomness: B x 3 x 32 x 32, float, around [-1, 1].

        Called in evaluation mode, without gradients. What is lost here no second stage brings back.
        """
