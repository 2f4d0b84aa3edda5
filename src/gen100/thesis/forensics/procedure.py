"""How IS and FID come out of images, as parts of which a mistake exchanges one."""

from dataclasses import dataclass, fields
from typing import Literal

from gen100.thesis.forensics.distances import Distance, frechet
from gen100.thesis.forensics.networks import Kind
from gen100.thesis.forensics.pixels import Pixels, as_bytes
from gen100.thesis.forensics.scores import Score, inception_score

Layer = Literal[
    "pooled",
    "maximum",
    "map",
    "positions",
    "logits",
    "probabilities",
    "pixels 255",
    "pixels 1",
    "pixels -1 1",
]


@dataclass(frozen=True)
class Procedure:
    """The right procedure, as far as nothing is exchanged.

    Attributes:
        samples, real: what the network is shown of generated and of real images.
        network: which looks at both.
        images: of how many of either side, if not of all.
        layer: whose values the distance compares; the `map` is flattened, of `positions` each counts as an
            observation, and pixels need no network.
        distance: of two sets of features.
        score: of logits.
    """

    samples: Pixels = as_bytes
    real: Pixels = as_bytes
    images: int | None = None
    network: Kind = "trained"
    layer: Layer = "pooled"
    distance: Distance = frechet
    score: Score = inception_score

    @property
    def changed(self) -> frozenset[str]:
        """Names of the parts that are not the right ones."""
        return frozenset(part.name for part in fields(self) if getattr(self, part.name) != part.default)

    def joined(self, other: "Procedure") -> "Procedure":
        """This procedure with the other's changed parts as well, which must be others than its own."""
        parts = {name: getattr(self, name) for name in self.changed}
        return Procedure(**parts, **{name: getattr(other, name) for name in other.changed})
