"""What a measure is: the numbers it gives, what it needs, and the function that computes it.

Importing this is cheap (no torch).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from gen100.metrics.features import ReferenceFeatures
    from gen100.metrics.sample import Sample

OTHER = "_other"
"""What keys of numbers against the other split end in."""

Need = Literal["captions", "known classes", "autoencoder", "dinov2", "unseen training images"]
"""What some measures need: images drawn for a caption's class; an extractor whose logits are CIFAR-100's classes;
a run with an autoencoder; DINOv2; and training images that the measured images are not part of."""


@dataclass(frozen=True)
class Number:
    """One number of a measure: a key of metrics.json, and a column of results.csv and of the table of measures.

    Attributes:
        title: a message; {distance} stands for FID, or FD.
        note: a message that says what the title has no room for.
        digits: after the decimal point; None for three significant digits.
        better: whether lower or higher values are better; None where neither is.
        named_by_network: the title is the literature's name for what Inception v3 gives; where another network
            measures, tables name that network.
        tabled: whether the table of measures shows it.
    """

    key: str
    title: str
    note: str | None = None
    digits: int | None = None
    better: Literal["lower", "higher"] | None = None
    named_by_network: bool = False
    tabled: bool = True


@dataclass(frozen=True)
class Measure:
    """A row of the list.

    Attributes:
        name: what `metrics.measures` in params.yaml calls it.
        compute: the numbers, in their order, of a sample against one split of the data.
        both_splits: whether it is computed against the other split too.
        needs: without these it is not computed.
        always: computed whatever `metrics.measures` holds.
    """

    name: str
    numbers: tuple[Number, ...]
    compute: "Callable[[Sample, ReferenceFeatures], Sequence[float]]"
    both_splits: bool = False
    needs: frozenset[Need] = frozenset()
    always: bool = False

    def keys(self, other: bool = True) -> list[str]:
        """The keys of its numbers, then those against the other split."""
        main = [number.key for number in self.numbers]
        return main + [key + OTHER for key in main] * (other and self.both_splits)

    def values(self, sample: "Sample", reference: "ReferenceFeatures") -> dict[str, float]:
        """Its numbers by their keys, against one split."""
        return dict(zip(self.keys(other=False), self.compute(sample, reference), strict=True))
