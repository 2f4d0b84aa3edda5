"""How IS and FID are computed from images, as parts that a mistake replaces one at a time."""

from dataclasses import dataclass, fields
from typing import Literal

NetworkVariant = Literal[
    "trained",
    "training",  # left in training mode
    "untrained",
    "untrained training",
    "small",  # images not resized to Inception's 299 pixels
    "inception keras",  # Inception v3 without weights, initialized as Keras does
    "inception torchvision",  # and as torchvision does
]
FeatureLayer = Literal[
    "pooled", "maximum", "map", "positions", "logits", "probabilities", "pixels 255", "pixels 1", "pixels -1 1"
]
PIXEL_SCALES: dict[FeatureLayer, tuple[float, float]] = {
    "pixels 255": (1.0, 0.0),
    "pixels 1": (1 / 255, 0.0),
    "pixels -1 1": (1 / 127.5, -1.0),
}
"""Factor and shift that turn bytes into each scale of pixels."""


@dataclass(frozen=True)
class MetricPipeline:
    """The correct pipeline, except for the parts that are given.

    Functions are named rather than held, so that a report can read the mistakes without importing torch.

    Attributes:
        samples, real: what is done to generated and to real images: a function of `preprocessing`.
        images: how many images of each side, if not all.
        network: the network that sees both sides.
        layer: the values that the distance compares. The `map` is flattened; of `positions` each is an
            observation; pixels need no network.
        distance: of two sets of features, a function of `frechet_distances`.
        score: of logits, a function of `inception_scores`.
    """

    samples: str = "as_bytes"
    real: str = "as_bytes"
    images: int | None = None
    network: NetworkVariant = "trained"
    layer: FeatureLayer = "pooled"
    distance: str = "frechet"
    score: str = "inception_score"

    @property
    def changed(self) -> frozenset[str]:
        """Names of the parts that differ from the correct ones."""
        return frozenset(part.name for part in fields(self) if getattr(self, part.name) != part.default)

    @property
    def untrained_inception(self) -> bool:
        return self.network in ("inception keras", "inception torchvision")

    @property
    def on_pixels(self) -> bool:
        """Whether the distance compares pixels, without any network."""
        return self.layer in PIXEL_SCALES

    def joined(self, other: "MetricPipeline") -> "MetricPipeline":
        """This pipeline with the other's changed parts too; the two must change different parts."""
        parts = {name: getattr(self, name) for name in self.changed}
        return MetricPipeline(**parts, **{name: getattr(other, name) for name in other.changed})


CORRECT_PIPELINE = MetricPipeline()
