"""Run any metric pipeline on images; features that several pipelines need are extracted once."""

from collections.abc import Iterator
from functools import lru_cache

import torch
from torch import Tensor

from gen100.device import set_full_precision
from gen100.thesis.forensics import frechet_distances, inception_scores, preprocessing
from gen100.thesis.forensics.classifiers import ClassifierVariants
from gen100.thesis.forensics.frechet_distances import DistanceFunction, FeatureStatistics
from gen100.thesis.forensics.image_sets import ImageSet
from gen100.thesis.forensics.inception_scores import ScoreFunction
from gen100.thesis.forensics.mistakes import PIXEL_SCALES, FeatureLayer, MetricPipeline, NetworkVariant
from gen100.thesis.forensics.preprocessing import PixelChange

BATCH = 100
"""Images per forward pass: what a network in training mode normalizes by."""
WIDE_IMAGES = 1000
"""At most, where an image has thousands of features or several observations."""
INCEPTION_IMAGES = 20
"""Per set, for Inception v3 without trained weights: on one core it takes a quarter of a second per image."""


class PipelineRunner:
    """Runs pipelines with variants of the workspace's network, on one device, against `reference` images."""

    def __init__(self, variants: ClassifierVariants, reference: ImageSet, where: torch.device) -> None:
        set_full_precision()
        self.variants = variants
        self.reference = reference
        self._where = where
        self._classifier = lru_cache(maxsize=None)(lambda variant: variants.build(variant, where))
        # As many as the correct pipeline and one mistake need for all sets, so that memory stays bounded.
        self._outputs = lru_cache(maxsize=20)(self._extract)
        self._features = lru_cache(maxsize=24)(self._build)

    def count(self, images: ImageSet, pipeline: MetricPipeline) -> int:
        """How many images of a set the pipeline's distance uses."""
        counts = [len(images.images), pipeline.images or len(images.images)]
        counts += [INCEPTION_IMAGES] if pipeline.untrained_inception else []
        counts += [WIDE_IMAGES] if pipeline.layer in ("map", "positions", *PIXEL_SCALES) else []
        return min(counts)

    def features(self, pipeline: MetricPipeline, images: ImageSet) -> FeatureStatistics:
        """The features that the pipeline's distance compares; `real` decides for the reference, else `samples`."""
        change = pipeline.real if images is self.reference else pipeline.samples
        return self._features(images, change, pipeline.network, pipeline.layer, self.count(images, pipeline))

    def distance(self, pipeline: MetricPipeline, images: ImageSet, scale: float = 1.0) -> float:
        """The pipeline's distance of `images` from the reference, features times `scale`; NaN if it has none."""
        sides = [self.features(pipeline, of) for of in (images, self.reference)]
        if scale != 1:
            sides = [FeatureStatistics(scale * side.values) for side in sides]
        distance: DistanceFunction = getattr(frechet_distances, pipeline.distance)
        return distance(*sides)

    def score(self, pipeline: MetricPipeline, images: ImageSet) -> float:
        """The pipeline's Inception Score of `images`."""
        score: ScoreFunction = getattr(inception_scores, pipeline.score)
        seen = "pooled" if score is inception_scores.features_for_logits else "logits"
        return score(self._outputs(images, pipeline.samples, pipeline.network)[seen][: pipeline.images])

    def _batches(
        self, images: ImageSet, change: str, variant: NetworkVariant, count: int
    ) -> Iterator[tuple[Tensor, Tensor]]:
        """Last map and logits of the first `count` images, batch by batch."""
        for batch in _changed(images, change, count, torch.float32).split(BATCH):
            with torch.inference_mode():
                last, logits = self._classifier(variant)(batch.to(self._where))
            yield last.cpu(), logits.cpu()

    def _extract(self, images: ImageSet, change: str, variant: NetworkVariant) -> dict[str, Tensor]:
        count = INCEPTION_IMAGES if MetricPipeline(network=variant).untrained_inception else len(images.images)
        found = [
            {"pooled": last.mean(dim=(2, 3)), "maximum": last.amax(dim=(2, 3)), "logits": logits}
            for last, logits in self._batches(images, change, variant, count)
        ]
        return {name: torch.cat([part[name] for part in found]) for name in found[0]}

    def _build(
        self, images: ImageSet, change: str, variant: NetworkVariant, layer: FeatureLayer, count: int
    ) -> FeatureStatistics:
        if layer in PIXEL_SCALES:
            factor, shift = PIXEL_SCALES[layer]
            values = _changed(images, change, count, torch.float64)
            return FeatureStatistics(factor * values.flatten(start_dim=1) + shift)
        if layer in ("map", "positions"):
            maps = torch.cat([last for last, _ in self._batches(images, change, variant, count)])
            return FeatureStatistics(maps.flatten(1) if layer == "map" else maps.movedim(1, -1).flatten(0, 2))
        found = self._outputs(images, change, variant)
        values = found["logits"].double().softmax(dim=1) if layer == "probabilities" else found[layer]
        return FeatureStatistics(values[:count])


def _changed(images: ImageSet, change: str, count: int, dtype: torch.dtype) -> Tensor:
    """The first `count` images as the network is shown them, on the scale of bytes."""
    function: PixelChange = getattr(preprocessing, change)
    return function(torch.from_numpy(images.images[:count]).to(dtype))
