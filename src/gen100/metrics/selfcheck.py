"""Known inputs with known answers, asked of the very functions that measure, before any number counts."""

import io
from collections.abc import Iterator
from dataclasses import dataclass
from math import exp, inf, log, nextafter

import numpy as np
import torch
from PIL import Image
from scipy.ndimage import gaussian_filter
from torch_fidelity.metric_fid import KEY_METRIC_FID, fid_features_to_statistics, fid_statistics_to_metric

from gen100.errors import UserError
from gen100.metrics.evaluation import Evaluator, Sample, score
from gen100.metrics.features import Images
from gen100.metrics.fidelity import inception_score, kid
from gen100.metrics.frechet import Gaussian, distance
from gen100.metrics.neighbours import nearest
from gen100.metrics.weights import OwnHeader, read_header

IMAGES = 1000
"""Real images of each set that is compared, where the split holds so many."""
JPEG_QUALITY = 10
BLUR = 2.0
"""Standard deviation of the Gaussian blur, in pixels."""
ACCURACY = 0.005
"""By how much a network's accuracy may differ from its file's: where answers are close, rounding decides."""
CHANCE = 5
"""How many times better than guessing a classifier must be whose features are to mean something."""
EQUAL = 1e-3
"""Share of the distance of noise that counts as none."""
MEASURED = ("fid", "kid", "prc")


@dataclass(frozen=True)
class Check:
    """A question with a known answer: `value` must lie in [low, high]; if not, `cause` is the likely mistake."""

    name: str
    what: str
    value: float
    low: float
    high: float
    cause: str


def run_checks(evaluator: Evaluator) -> dict[str, float]:
    """Ask every question; the answers by name.

    Raises:
        UserError: an answer is wrong; names the question, the answer, what was expected and the likely cause.
    """
    found = {}
    for check in _checks(evaluator):
        if not check.low <= check.value <= check.high:
            raise UserError(
                f"self-check {check.name} failed, so nothing is measured: {check.what} is {check.value:.6g},"
                f" expected {check.low:.6g} to {check.high:.6g}; likely cause: {check.cause}"
            )
        found[check.name] = check.value
    return found


def _checks(evaluator: Evaluator) -> Iterator[Check]:
    sample = Sample(evaluator.held_back(IMAGES), evaluator.extractor)
    yield from _network(evaluator, sample)
    yield from _distances(evaluator, sample)


def _network(evaluator: Evaluator, sample: Sample) -> Iterator[Check]:
    """Is it the network that its file says, and are images, features and logits what it expects and gives?"""
    extractor, data = evaluator.extractor, evaluator.data
    header = read_header(extractor.file)
    own = header if isinstance(header, OwnHeader) else None
    pooled, real_logits = sample.features
    width = own.settings.channels[-1] if own else 2048
    cause = "logits, or maps before pooling, instead of pooled features"
    yield Check("features_width", "the number of an image's features", pooled.shape[1], width, width, cause)
    what = "the least of all features, means of what a ReLU gives,"
    yield Check("features_least", what, float(pooled.min()), 0.0, inf, "logits instead of pooled features")
    if own:
        logits = extractor(data.test_images, "test").logits
        accuracy = float((logits.argmax(dim=1).numpy() == data.test_labels).mean())
        what = "the network's accuracy on test images"
        cause = "images scaled before they are cast to uint8, no preprocessing, or weights of another network"
        yield Check("accuracy", what, accuracy, own.accuracy - ACCURACY, own.accuracy + ACCURACY, cause)
        cause = "a network that has not learned: train it on more images (metrics.extractor in params.yaml)"
        yield Check("accuracy_trained", what, accuracy, CHANCE / len(data.fine_names), 1.0, cause)
    decided = 50.0 * torch.eye(10).repeat_interleave(100, dim=0)
    what = "IS of 1,000 images in order of their 10 classes, each classified with certainty,"
    cause = "splits that are not shuffled or hold few images, or softmax applied twice"
    yield Check("is_ten_classes", what, inception_score(decided)[0], 9.0, 10.0, cause)
    classes = real_logits.shape[1]
    least = least_information(own.accuracy, classes) / 2 if own else log(1.5)
    cause = "softmax applied twice, splits of few images, or a classifier without its trained weights"
    real = inception_score(real_logits)[0]
    yield Check("is_real", "IS of real images", real, exp(least), float(classes), cause)


def least_information(accuracy: float, classes: int) -> float:
    """The least mutual information of K classes and predictions of this accuracy, in nats (Fano 1961).

    log K - h(1 - a) - (1 - a) log(K - 1), with the entropy h. IS is the exponential of the mutual information of
    predictions and images, so a calibrated network's IS of real images is at least the exponential of this. The
    check asks for half of it: networks trained for a short time are not calibrated, and splits of few images
    lower IS.
    """
    error = 1 - accuracy
    entropy = -sum(p * log(p) for p in (error, accuracy) if p > 0)
    return max(0.0, log(classes) - entropy - error * log(classes - 1))


_SETS = {
    "real": "real images of the other split",
    "jpeg": f"the same compressed as JPEG of quality {JPEG_QUALITY}",
    "blurred": f"the same blurred over {BLUR:g} pixels",
    "noise": "noise",
}


def _distances(evaluator: Evaluator, sample: Sample) -> Iterator[Check]:
    """Are distances of sets what they must be?"""
    pooled, main = sample.features.pooled, evaluator.main
    kept = evaluator.other.features.pooled[evaluator.spread(len(pooled))]
    difference = float((kept - pooled).norm() / pooled.norm())
    what = "the difference of features kept for all runs from the same ones taken now, over their size,"
    cause = "they were kept by another version of the program: delete .cache/fidelity"
    yield Check("features_kept", what, difference, 0.0, 1e-3, cause)
    drawn = np.random.default_rng(0).integers(0, 256, sample.images.shape, dtype=np.uint8)
    scores = {"real": score(sample, main, MEASURED)}
    for name, images in (("jpeg", jpeg(sample.images)), ("blurred", blurred(sample.images)), ("noise", drawn)):
        scores[name] = score(Sample(images, evaluator.extractor), main, MEASURED)
    real, noise = scores["real"], scores["noise"]
    none = EQUAL * abs(noise["fid"])
    itself = distance(sample.gaussian, sample.gaussian)
    yield Check("fid_self", "FID of real images with themselves", itself, -none, none, "a wrong Fréchet distance")
    twice = Gaussian.fit(torch.cat([pooled, pooled]).to(sample.gaussian.mean.device))
    doubled = distance(twice, sample.gaussian)
    what, cause = "FID of real images with each taken twice", "a covariance not divided by the number of images"
    yield Check("fid_doubled", what, doubled, -none, none, cause)
    sets = [fid_features_to_statistics(features) for features in (pooled, main.features.pooled)]
    theirs = fid_statistics_to_metric(*sets, verbose=False)[KEY_METRIC_FID]
    what, cause = "FID of real images, compared with torch-fidelity's,", "a mean or a root of another reference"
    yield Check("fid_torch_fidelity", what, real["fid"], theirs - none, theirs + none, cause)
    cause = "images scaled or damaged before the network sees them, or features that mean nothing"
    for worse, better in (("noise", "blurred"), ("blurred", "jpeg"), ("jpeg", "real")):
        what = f"FID of {_SETS[better]}, which must be below that of {_SETS[worse]},"
        # Strictly: where all images look alike to the network, all distances are the same.
        high = nextafter(scores[worse]["fid"], -inf)
        yield Check(f"fid_{better}", what, scores[better]["fid"], -none, high, cause)
    yield Check("fid_noise", "FID of noise", noise["fid"], 0.0, inf, cause)
    none = 0.05 * abs(noise["kid"])
    yield Check("kid_real", "KID of real images", real["kid"], -none, none, "features unlike the reference's")
    # The biased estimate is 0. The unbiased one leaves out each image's similarity to itself on one side only.
    itself = kid(pooled, pooled, len(pooled))[0]
    what, below = "KID of real images with themselves, below 0 where it has no bias,", -1e-5 * abs(noise["kid"])
    yield Check("kid_self", what, itself, -inf, below, "a biased estimate")
    farthest = float(nearest(pooled, pooled)[0].max())
    what = "the largest distance of an image to the nearest one of a set that holds it"
    yield Check("neighbour_self", what, farthest, 0.0, 0.0, "a mistake in the search for neighbours")
    what = "recall of real images, which must be above that of noise,"
    cause = "samples and reference exchanged, or radii of another set"
    yield Check("recall_real", what, real["recall"], nextafter(noise["recall"], inf), 1.0, cause)


def jpeg(images: Images) -> Images:
    """The images compressed as JPEG and read again."""
    found = []
    for image in images:
        buffer = io.BytesIO()
        Image.fromarray(image.transpose(1, 2, 0)).save(buffer, "JPEG", quality=JPEG_QUALITY)
        with Image.open(buffer) as opened:
            found.append(np.asarray(opened).transpose(2, 0, 1))
    return np.stack(found)


def blurred(images: Images) -> Images:
    """The images under a Gaussian blur."""
    return np.round(gaussian_filter(images.astype(np.float32), (0, 0, BLUR, BLUR))).astype(np.uint8)
