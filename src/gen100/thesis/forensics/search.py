"""Try every mistake on every set of images, and every pair that could explain both columns."""

import math
from collections.abc import Iterator

from gen100.thesis.forensics.facts import Measurement, MistakeResult
from gen100.thesis.forensics.frechet_distances import NOT_QUADRATIC
from gen100.thesis.forensics.image_sets import ImageSet, WorkspaceImages
from gen100.thesis.forensics.mistakes import CORRECT, MISTAKES, Mistake
from gen100.thesis.forensics.pipeline import CORRECT_PIPELINE, MetricPipeline
from gen100.thesis.forensics.printed import PrintedNumbers
from gen100.thesis.forensics.runner import PipelineRunner
from gen100.thesis.forensics.verdict import NOISE_FID, in_range, judge

FID_ALONE = frozenset({"layer", "distance", "images"})
"""Parts of a pipeline that change how FID follows from images and network, but not the images or the network."""


def on_inception_scale(
    runner: PipelineRunner, pipeline: MetricPipeline, of: ImageSet, fid: float, noise: float
) -> tuple[float, float]:
    """Low and high end of the distance if features were scaled so that noise has Inception's FID.

    Distances by Inception, with trained weights or without, and of pixels need no such scale.

    Args:
        fid: the pipeline's distance as measured.
        noise: the correct pipeline's distance of noise by the same network.
    """
    if runner.variants.inception or pipeline.untrained_inception or pipeline.on_pixels:
        return fid, fid
    scales = [assumed / noise for assumed in NOISE_FID]
    if pipeline.distance in NOT_QUADRATIC:
        found = [runner.distance(pipeline, of, math.sqrt(scale)) for scale in scales]
    else:
        found = [scale * fid for scale in scales]
    return min(found), max(found)


def _finite(value: float, digits: int = 6) -> float | None:
    """The value to so many significant digits, or None where it is not finite."""
    return float(f"{value:.{digits}g}") if math.isfinite(value) else None


class MistakeSearch:
    """What each mistake does to the images of a workspace.

    Args:
        synthetic: whether the real images are synthetic. An untrained Inception is then skipped: it takes a
            minute, and says something about the thesis on real images only.
    """

    def __init__(
        self, runner: PipelineRunner, images: WorkspaceImages, printed: PrintedNumbers, *, synthetic: bool
    ) -> None:
        self._runner = runner
        self._images = images
        self._printed = printed
        self._noise = runner.distance(CORRECT_PIPELINE, images.replacements["noise"])
        self._possible = [
            mistake
            for mistake in MISTAKES
            if runner.variants.has(mistake.pipeline.network)
            and not (mistake.pipeline.untrained_inception and synthetic)
        ]

    def results(self) -> Iterator[MistakeResult]:
        """The correct pipeline, every single mistake, and after each that explains IS its pairs that explain both.

        The first mistake of a pair makes IS print 1.00 by changing the network or its input, and so changes FID
        too; the second is one of features, number of images or formula. Where a mistake concerns the score alone,
        FID is what the second one makes of it, and nothing has to be measured.
        """
        yield self._result((CORRECT,))
        for first in self._possible:
            found = self._result((first,))
            yield found
            if found.explains == "IS" and first.pipeline.changed - {"score"}:
                yield from self._pairs(first)

    def _pairs(self, first: Mistake) -> Iterator[MistakeResult]:
        for second in self._possible:
            changed = second.pipeline.changed
            if second.replacement or not changed <= FID_ALONE or changed & first.pipeline.changed:
                continue
            # The other distances of an untrained Inception are off by many orders of magnitude.
            if first.pipeline.untrained_inception and not second.pipeline.on_pixels:
                continue
            pipeline = first.pipeline.joined(second.pipeline)
            if not all(self._reaches(pipeline, of) for of in self._images.sets[1:]):
                continue
            found = self._result((first, second))
            if found.explains == "both":
                yield found

    def _reaches(self, pipeline: MetricPipeline, of: ImageSet) -> bool:
        return in_range(*self._interval(pipeline, of, self._runner.distance(pipeline, of)), self._printed)

    def _interval(self, pipeline: MetricPipeline, of: ImageSet, fid: float) -> tuple[float | None, float | None]:
        low, high = on_inception_scale(self._runner, pipeline, of, fid, self._noise)
        return _finite(low), _finite(high)

    def _result(self, mistakes: tuple[Mistake, ...]) -> MistakeResult:
        """One mistake, or two at once, on all sets of images, or on what replaces them."""
        first, *second = mistakes
        pipeline = first.pipeline.joined(second[0].pipeline) if second else first.pipeline
        sets = [self._images.replacements[first.replacement]] if first.replacement else self._images.sets
        found = tuple(self._measure(pipeline, of) for of in sets)
        return MistakeResult(tuple(mistake.name for mistake in mistakes), judge(found), found)

    def _measure(self, pipeline: MetricPipeline, of: ImageSet) -> Measurement:
        runner = self._runner
        fid, score = runner.distance(pipeline, of), runner.score(pipeline, of)
        low, high = self._interval(pipeline, of, fid)
        network = "extractor"
        if pipeline.untrained_inception:
            network = "untrained Inception v3"
        elif pipeline.on_pixels:
            network = "none"
        return Measurement(
            of=of.facts,
            count=runner.count(of, pipeline),
            reference_count=runner.count(runner.reference, pipeline),
            network=network,
            # Enough digits to tell a score of exactly 1 from one that is rounded to it.
            inception_score=float(f"{score:.12g}"),
            fid=_finite(fid),
            fid_over_noise=_finite(fid / self._noise) if network == "extractor" else None,
            fid_low=low,
            fid_high=high,
            prints_100=f"{score:.2f}" == "1.00",
            fid_in_range=in_range(low, high, self._printed),
        )
