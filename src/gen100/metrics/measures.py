"""The list of measures: what each is called, the numbers it gives, what it needs, and how it is computed.

A new one is a function below `@measure`, and is enabled by its name in `metrics.measures` of params.yaml.
Importing this is cheap (no torch): functions import what they compute with.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from gen100.i18n import N_

if TYPE_CHECKING:
    from gen100.config import Metrics
    from gen100.metrics.evaluation import Sample
    from gen100.metrics.features import ReferenceFeatures

OTHER = "_other"
"""What keys of numbers against the other split end in."""

Need = Literal["captions", "known classes", "autoencoder", "dinov2", "unseen training images"]
"""What some measures need: images drawn for a caption's class; an extractor whose logits are CIFAR-100's classes;
a run with an autoencoder; DINOv2; and training images that the measured images are not part of."""

Compute = Callable[["Sample", "ReferenceFeatures"], Sequence[float | None]]
"""The numbers of a measure, in their order, of a sample against one split of the data; None where the data allow
no value."""


@dataclass(frozen=True)
class Number:
    """One number of a measure: a key of metrics.json, and a column of results.csv and of the table of measures.

    Attributes:
        title: a message; {distance} stands for FID, or FD.
        note: a message that says what the title has no room for.
        digits: after the decimal point; None for three significant digits.
        better: whether lower or higher values are better; None where neither is.
        may_be_empty: whether some data allow no value: None, null in metrics.json and a dash in tables.
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
    may_be_empty: bool = False


@dataclass(frozen=True)
class Measure:
    """A row of the list.

    Attributes:
        name: what `metrics.measures` in params.yaml calls it.
        both_splits: whether it is computed against the other split too.
        needs: without these it is not computed.
        always: computed whatever `metrics.measures` holds.
    """

    name: str
    numbers: tuple[Number, ...]
    compute: Compute
    both_splits: bool = False
    needs: frozenset[Need] = frozenset()
    always: bool = False

    def keys(self, other: bool = True) -> list[str]:
        """The keys of its numbers, then those against the other split."""
        main = [number.key for number in self.numbers]
        return main + [key + OTHER for key in main] * (other and self.both_splits)

    def values(self, sample: "Sample", reference: "ReferenceFeatures") -> dict[str, float | None]:
        """Its numbers by their keys, against one split."""
        return dict(zip(self.keys(other=False), self.compute(sample, reference), strict=True))


MEASURES: dict[str, Measure] = {}
"""Every measure by its name, in the order of columns."""


def measure(
    *numbers: Number, both_splits: bool = False, needs: Sequence[Need] = (), always: bool = False
) -> Callable[[Compute], Compute]:
    """Add the function below as a measure of its name; the arguments are those of `Measure`."""

    def add(compute: Compute) -> Compute:
        made = Measure(compute.__name__, numbers, compute, both_splits, frozenset(needs), always)
        if made.name in MEASURES or not set(made.keys()).isdisjoint(columns()):
            raise ValueError(f"the measure {made.name} has the name, or a key, of another measure: rename it")
        MEASURES[made.name] = made
        return compute

    return add


def optional() -> list[str]:
    """The names that `metrics.measures` may hold."""
    return [name for name, measure in MEASURES.items() if not measure.always]


def columns() -> list[str]:
    """The key of every number, as columns of results.csv."""
    return [key for measure in MEASURES.values() for key in measure.keys()]  # noqa: SIM118


def may_be_empty() -> set[str]:
    """The keys whose value some data do not allow."""
    return {number.key for measure in MEASURES.values() for number in measure.numbers if number.may_be_empty}


def computed(metrics: "Metrics", *, captions: bool, autoencoder: bool, unseen: bool) -> Iterator[Measure]:
    """The measures that are computed of a set of images.

    Args:
        captions: whether the images were drawn for captions' classes.
        autoencoder: whether the run has an autoencoder.
        unseen: whether the images are not training images themselves.
    """
    granted: dict[Need, bool] = {
        "captions": captions,
        "known classes": metrics.extractor.name == "cifar100-network",
        "autoencoder": autoencoder,
        "dinov2": metrics.dinov2 is not None,
        "unseen training images": unseen,
    }
    for measure in MEASURES.values():
        if (measure.always or measure.name in metrics.measures) and all(granted[need] for need in measure.needs):
            yield measure


@measure(Number("fid", N_("{distance}"), digits=2, better="lower", named_by_network=True), both_splits=True)
def fid(sample: "Sample", reference: "ReferenceFeatures") -> Sequence[float]:
    from gen100.metrics.frechet import distance

    return (distance(sample.gaussian, reference.gaussian),)


@measure(
    Number(
        "fid_se",
        N_("Standard error of samples"),
        N_(
            "The standard error is the standard deviation of the distance over bootstrap resamples of a run's"
            " samples."
        ),
        digits=2,
    ),
    Number(
        "fid_limit",
        N_("Limit for N → ∞"),
        N_(
            "The limit is extrapolated over 1/N (Chong and Forsyth, 2020). Its standard error joins that of the"
            " samples and how far a curve instead of a line would move it; a limit below 0 is 0 within its error."
        ),
        digits=2,
        better="lower",
    ),
    Number("fid_limit_se", N_("Standard error of the limit"), digits=2),
    always=True,
)
def resampling(sample: "Sample", _reference: "ReferenceFeatures") -> Sequence[float]:
    from gen100.metrics.resampling import summarize

    return summarize(sample.resamples)


@measure(
    Number(
        "reconstruction_fid",
        N_("{distance} of the autoencoder's reconstructions"),
        N_("The reconstructions of real images bound what a two-stage model can reach."),
        digits=2,
        better="lower",
    ),
    Number("reconstruction_images", N_("Reconstructed images"), digits=0, tabled=False),
    needs=["autoencoder"],
    always=True,
)
def reconstruction(sample: "Sample", reference: "ReferenceFeatures") -> Sequence[float | None]:
    again = sample.reconstructed
    return *fid(again, reference), len(again)


@measure(
    Number("fd_dinov2", N_("FD, DINOv2"), digits=2, better="lower"),
    both_splits=True,
    needs=["dinov2"],
    always=True,
)
def dinov2(sample: "Sample", reference: "ReferenceFeatures") -> Sequence[float | None]:
    return fid(sample.dinov2, reference.seen_by(sample.dinov2.extractor))


@measure(
    Number("is", N_("IS"), digits=2, better="higher", named_by_network=True),
    Number("is_std", N_("Standard deviation over splits"), digits=2),
)
def isc(sample: "Sample", _reference: "ReferenceFeatures") -> Sequence[float]:
    from gen100.metrics.fidelity import inception_score

    return inception_score(sample.features.logits)


@measure(
    Number("kid", N_("KID"), better="lower", named_by_network=True),
    Number(
        "kid_std",
        N_("Standard deviation over subsets"),
        N_("Subsets of KID hold 1,000 images, or half of the smaller set where that is less."),
    ),
    Number("kid_subset_size", N_("Images of a subset"), digits=0, tabled=False),
    both_splits=True,
)
def kid(sample: "Sample", reference: "ReferenceFeatures") -> Sequence[float]:
    from gen100.metrics.fidelity import kid

    return kid(sample.features.pooled, reference.features.pooled)


@measure(
    Number(
        "precision",
        N_("Precision"),
        N_(
            "Precision and recall compare as many real images as samples: of the larger set as many as the"
            " smaller one holds, spread evenly over it."
        ),
        better="higher",
    ),
    Number("recall", N_("Recall"), better="higher"),
    Number("prc_images", N_("Images of each set"), digits=0, tabled=False),
    both_splits=True,
)
def prc(sample: "Sample", reference: "ReferenceFeatures") -> Sequence[float]:
    from gen100.metrics.neighbours import precision_recall

    count = min(len(sample), len(reference))
    return *precision_recall(*sample.balls(count), *reference.balls(count)), count


@measure(
    Number(
        "neighbour_ratio",
        N_("Neighbour distance, ratio"),
        N_(
            "The ratio is the median distance of samples to their nearest training image over that of real test"
            " images."
        ),
        may_be_empty=True,
    ),
    Number(
        "neighbour_closer",
        N_("Closer than test images"),
        N_(
            "Closer: the probability that a sample lies closer to the training set than a test image; 0.5 is like"
            " test images, 1 is memorized."
        ),
        may_be_empty=True,
    ),
    needs=["unseen training images"],
    always=True,
)
def memorization(sample: "Sample", _reference: "ReferenceFeatures") -> Sequence[float | None]:
    from gen100.metrics.neighbours import memorization

    held_out = sample.evaluator.held_out
    return (None, None) if held_out is None else memorization(sample.nearest[0], held_out)


@measure(
    Number(
        "class_accuracy",
        N_("In the caption's class"),
        N_(
            "In the caption's class: the share of samples that the extractor's network puts into the class they"
            " were drawn for; chance is 0.01."
        ),
        better="higher",
    ),
    needs=["captions", "known classes"],
    always=True,
)
def class_accuracy(sample: "Sample", _reference: "ReferenceFeatures") -> Sequence[float]:
    import torch

    right = sample.features.logits.argmax(1) == torch.from_numpy(sample.labels)
    return (float(right.double().mean()),)
