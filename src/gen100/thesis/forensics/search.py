"""The stage `forensics`: every mistake on every set of images, and every pair that may explain both columns."""

import math
from collections.abc import Iterator
from functools import reduce

from gen100 import i18n, layout
from gen100.config import Params
from gen100.data import arrays
from gen100.device import device
from gen100.files import write_text
from gen100.metrics.extractors import describe
from gen100.provenance import SplitFacts
from gen100.thesis.forensics.classifiers import ClassifierVariants
from gen100.thesis.forensics.facts import ForensicsFacts, Measurement, MistakeResult, write_forensics_csv
from gen100.thesis.forensics.frechet_distances import NOT_QUADRATIC
from gen100.thesis.forensics.image_sets import ImageSet, workspace_images
from gen100.thesis.forensics.mistakes import CORRECT, MISTAKES, MetricPipeline, Mistake
from gen100.thesis.forensics.report import as_markdown
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


def _finite(value: float) -> float | None:
    """The value to six significant digits, or None where it is not finite."""
    return float(f"{value:.6g}") if math.isfinite(value) else None


class MistakeSearch:
    """What each mistake does to the images of a workspace.

    Args:
        sets: real images, then samples of each family.
        replacements: noise and one flat image, measured where a mistake needs no model.
        synthetic: whether the real images are synthetic. An untrained Inception is then skipped: it takes a
            minute, and says something about the thesis on real images only.
    """

    def __init__(
        self, runner: PipelineRunner, sets: list[ImageSet], replacements: dict[str, ImageSet], *, synthetic: bool
    ) -> None:
        self._runner, self._sets, self._replacements = runner, sets, replacements
        self._noise = runner.distance(CORRECT, replacements["noise"])
        self._possible = [
            mistake
            for mistake in MISTAKES
            if runner.variants.has(mistake.network) and not (mistake.untrained_inception and synthetic)
        ]

    def results(self) -> Iterator[MistakeResult]:
        """The correct pipeline, every single mistake, and after each that explains IS its pairs that explain both.

        The first mistake of a pair makes IS print 1.00 by changing the network or its input, and so changes FID
        too; the second is one of features, number of images or formula. Where a mistake concerns the score alone,
        FID is what the second one makes of it, and nothing has to be measured.
        """
        yield self._result(CORRECT)
        for first in self._possible:
            found = self._result(first)
            yield found
            if found.explains == "IS" and first.changed - {"score"}:
                yield from self._pairs(first)

    def _pairs(self, first: Mistake) -> Iterator[MistakeResult]:
        for second in self._possible:
            if second.replacement or not second.changed <= FID_ALONE or second.changed & first.changed:
                continue
            # The other distances of an untrained Inception are off by many orders of magnitude.
            if first.untrained_inception and not second.on_pixels:
                continue
            pipeline = first.joined(second)
            # IS takes longer: it is measured only where FID is in range for all samples.
            if not all(in_range(*self._distances(pipeline, of)[1:]) for of in self._sets[1:]):
                continue
            found = self._result(first, second)
            if found.explains == "both":
                yield found

    def _result(self, *mistakes: Mistake) -> MistakeResult:
        """One mistake, or two at once, on all sets of images, or on what replaces them."""
        pipeline = reduce(MetricPipeline.joined, mistakes)
        replacement = mistakes[0].replacement
        sets = [self._replacements[replacement]] if replacement else self._sets
        found = tuple(self._measure(pipeline, of) for of in sets)
        return MistakeResult(mistakes=mistakes, explains=judge(found), measurements=found)

    def _distances(self, pipeline: MetricPipeline, of: ImageSet) -> tuple[float, float | None, float | None]:
        """The pipeline's distance, and the ends of its interval on Inception's scale."""
        fid = self._runner.distance(pipeline, of)
        low, high = on_inception_scale(self._runner, pipeline, of, fid, self._noise)
        return fid, _finite(low), _finite(high)

    def _measure(self, pipeline: MetricPipeline, of: ImageSet) -> Measurement:
        fid, low, high = self._distances(pipeline, of)
        score = self._runner.score(pipeline, of)
        network = "extractor"
        if pipeline.untrained_inception:
            network = "untrained Inception v3"
        elif pipeline.on_pixels:
            network = "none"
        return Measurement(
            **of.facts.model_dump(),
            count=self._runner.count(of, pipeline),
            reference_count=self._runner.count(self._runner.reference, pipeline),
            network=network,
            # Enough digits to tell a score of exactly 1 from one that is rounded to it.
            inception_score=float(f"{score:.12g}"),
            fid=_finite(fid),
            fid_over_noise=_finite(fid / self._noise) if network == "extractor" else None,
            fid_low=low,
            fid_high=high,
            prints_100=f"{score:.2f}" == "1.00",
            fid_in_range=in_range(low, high),
        )


def write_forensics(params: Params) -> None:
    """Write reports/forensics.csv, and reports/forensics.<language>.md from the same facts.

    Raises:
        UserError: arrays, samples, a run's record or the network's weights are missing or damaged.
    """
    data = arrays.load(layout.ARRAYS)
    weights = layout.extractor("metric")
    reference, sets, replacements = workspace_images(params, data)
    with device() as where:
        runner = PipelineRunner(ClassifierVariants(weights), reference, where)
        search = MistakeSearch(runner, sets, replacements, synthetic=data.facts.synthetic)
        results = tuple(search.results())
    split = SplitFacts(split=params.metrics.reference, images=len(reference.images))
    found = ForensicsFacts(data=data.facts, extractor=describe(weights), reference=split, results=results)
    write_forensics_csv(found)
    for language in i18n.LANGUAGES:
        with i18n.language(language):
            write_text(layout.FORENSICS.with_suffix(f".{language}.md"), as_markdown(found))
