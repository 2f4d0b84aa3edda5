"""The evaluation mistakes that are tried: mistakes.csv. Importing them is cheap (no torch)."""

import csv
from importlib.resources import files
from typing import Literal

from gen100.settings import Settings

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


class MetricPipeline(Settings):
    """How IS and FID are computed from images: correctly, except for the parts that are given.

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
        parts = MetricPipeline.model_fields
        return frozenset(name for name, part in parts.items() if getattr(self, name) != part.default)

    @property
    def untrained_inception(self) -> bool:
        return self.network.startswith("inception")

    @property
    def on_pixels(self) -> bool:
        """Whether the distance compares pixels, without any network."""
        return self.layer in PIXEL_SCALES

    def joined(self, other: "MetricPipeline") -> "MetricPipeline":
        """A pipeline with the changed parts of both; the two must change different parts."""
        return MetricPipeline(**{name: getattr(of, name) for of in (self, other) for name in of.changed})


class Mistake(MetricPipeline):
    """The correct pipeline with one part replaced, or one part on both sides: a row of mistakes.csv.

    Attributes:
        name: its key in forensics.csv.
        title, seen: what it is and where such code is seen, to be translated.
        replacement: the images measured instead of samples, where the mistake needs no model.
    """

    name: str
    title: str
    seen: str
    replacement: Literal["noise", "flat"] | None = None


def _read() -> tuple[Mistake, ...]:
    """The rows of mistakes.csv. An empty field is as in the correct pipeline."""
    with files("gen100.thesis.forensics").joinpath("mistakes.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file, strict=True))
    return tuple(Mistake.model_validate({key: text for key, text in row.items() if text}) for row in rows)


CORRECT, *MISTAKES = _read()
NAMED = {mistake.name: mistake for mistake in (CORRECT, *MISTAKES)}
