"""The list of measures: what each is called, what it needs, and the function that computes it.

A new one is a function and a row of MEASURES, and is enabled by its name in `metrics.measures` of params.yaml.
Importing this is cheap (no torch): functions import what they compute with.
"""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from gen100.i18n import N_
from gen100.metrics.measure import Measure, Need, Number

if TYPE_CHECKING:
    from gen100.config import Metrics
    from gen100.metrics.features import ReferenceFeatures
    from gen100.metrics.sample import Sample


def _fid(sample: "Sample", reference: "ReferenceFeatures") -> Sequence[float]:
    from gen100.metrics.frechet import distance

    return (distance(sample.gaussian, reference.gaussian),)


def _resampling(sample: "Sample", _reference: "ReferenceFeatures") -> Sequence[float]:
    from gen100.metrics.resampling import summarize

    found = summarize(sample.resamples)
    return found["fid_se"], found["fid_limit"]


def _reconstruction(sample: "Sample", reference: "ReferenceFeatures") -> Sequence[float]:
    again = sample.reconstructed
    return *_fid(again, reference), len(again)


def _dinov2(sample: "Sample", reference: "ReferenceFeatures") -> Sequence[float]:
    return _fid(sample.dinov2, reference.seen_by(sample.dinov2.extractor))


def _inception_score(sample: "Sample", _reference: "ReferenceFeatures") -> Sequence[float]:
    from gen100.metrics.fidelity import inception_score

    return inception_score(sample.features.logits)


def _kid(sample: "Sample", reference: "ReferenceFeatures") -> Sequence[float]:
    from gen100.metrics.fidelity import kid

    return kid(sample.features.pooled, reference.pooled)


def _precision_recall(sample: "Sample", reference: "ReferenceFeatures") -> Sequence[float]:
    from gen100.metrics.neighbours import precision_recall

    return precision_recall(sample.features.pooled, sample.radii, reference.pooled, reference.radii)


def _memorization(sample: "Sample", _reference: "ReferenceFeatures") -> Sequence[float]:
    from gen100.metrics.neighbours import memorization

    found = memorization(sample.nearest[0], sample.held_out)
    return found["neighbour_ratio"], found["neighbour_closer"]


def _class_accuracy(sample: "Sample", _reference: "ReferenceFeatures") -> Sequence[float]:
    import torch

    right = sample.features.logits.argmax(1) == torch.from_numpy(sample.labels)
    return (float(right.double().mean()),)


_ROWS = (
    Measure(
        "fid",
        (Number("fid", N_("{distance}"), digits=2, better="lower", named_by_network=True),),
        _fid,
        both_splits=True,
    ),
    Measure(
        "resampling",
        (
            Number(
                "fid_se",
                N_("Standard error of samples"),
                N_(
                    "The standard error is the standard deviation of the distance over bootstrap resamples of a"
                    " run's samples."
                ),
                digits=2,
            ),
            Number(
                "fid_limit",
                N_("Limit for N → ∞"),
                N_("The limit is extrapolated over 1/N (Chong and Forsyth, 2020)."),
                digits=2,
                better="lower",
            ),
        ),
        _resampling,
        always=True,
    ),
    Measure(
        "reconstruction",
        (
            Number(
                "reconstruction_fid",
                N_("{distance} of the autoencoder's reconstructions"),
                N_("The reconstructions of real images bound what a two-stage model can reach."),
                digits=2,
                better="lower",
            ),
            Number("reconstruction_images", N_("Reconstructed images"), digits=0, tabled=False),
        ),
        _reconstruction,
        needs=frozenset({"autoencoder"}),
        always=True,
    ),
    Measure(
        "dinov2",
        (Number("fd_dinov2", N_("FD, DINOv2"), digits=2, better="lower"),),
        _dinov2,
        both_splits=True,
        needs=frozenset({"dinov2"}),
        always=True,
    ),
    Measure(
        "isc",
        (
            Number("is", N_("IS"), digits=2, better="higher", named_by_network=True),
            Number("is_std", N_("Standard deviation over splits"), digits=2),
        ),
        _inception_score,
    ),
    Measure(
        "kid",
        (
            Number("kid", N_("KID"), better="lower", named_by_network=True),
            Number("kid_std", N_("Standard deviation over subsets")),
            Number("kid_subset_size", N_("Images of a subset"), digits=0, tabled=False),
        ),
        _kid,
        both_splits=True,
    ),
    Measure(
        "prc",
        (
            Number("precision", N_("Precision"), better="higher"),
            Number("recall", N_("Recall"), better="higher"),
        ),
        _precision_recall,
        both_splits=True,
    ),
    Measure(
        "memorization",
        (
            Number(
                "neighbour_ratio",
                N_("Neighbour distance, ratio"),
                N_(
                    "The ratio is the median distance of samples to their nearest training image over that of real"
                    " test images."
                ),
            ),
            Number(
                "neighbour_closer",
                N_("Closer than test images"),
                N_(
                    "Closer: the probability that a sample lies closer to the training set than a test image; 0.5"
                    " is like test images, 1 is memorized."
                ),
            ),
        ),
        _memorization,
        needs=frozenset({"unseen training images"}),
        always=True,
    ),
    Measure(
        "class_accuracy",
        (
            Number(
                "class_accuracy",
                N_("In the caption's class"),
                N_(
                    "In the caption's class: the share of samples that the extractor's network puts into the class"
                    " they were drawn for; chance is 0.01."
                ),
                better="higher",
            ),
        ),
        _class_accuracy,
        needs=frozenset({"captions", "known classes"}),
        always=True,
    ),
)
MEASURES: dict[str, Measure] = {measure.name: measure for measure in _ROWS}
"""Every measure by its name, in the order of columns."""


def optional() -> list[str]:
    """The names that `metrics.measures` may hold."""
    return [name for name, measure in MEASURES.items() if not measure.always]


def columns() -> list[str]:
    """The key of every number, as columns of results.csv."""
    return [key for measure in MEASURES.values() for key in measure.keys()]  # noqa: SIM118


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
