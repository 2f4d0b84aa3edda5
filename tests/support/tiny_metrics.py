"""Images drawn at random, and a tiny network that tells them apart, for the tests of the measures."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch

from gen100 import config, layout
from gen100.data.arrays import Cifar100
from gen100.metrics.evaluation import Sample, finite, score
from gen100.metrics.features import Extractor, Images, ReferenceFeatures, require
from gen100.metrics.fidelity import IS_SPLITS
from gen100.metrics.network import FeatureNetwork
from gen100.metrics.weights import save_network
from gen100.provenance import DataFacts
from gen100.settings import Optimizer, Training

FACTS = DataFacts(name="archive", train=400, test=150)
"""Of `drawn_data`."""


def draw(count: int, seed: int, low: int = 0, high: int = 256) -> Images:
    """Images with a colour and a contrast of their own, so that features differ between them."""
    generator = np.random.default_rng(seed)
    colour = generator.integers(low, high, (count, 3, 1, 1))
    texture = generator.normal(0, 60, (count, 3, 32, 32)) * generator.random((count, 1, 1, 1))
    return np.clip(colour + texture, 0, 255).astype(np.uint8)


def save_tiny_network(file: Path | None = None) -> None:
    """The network that measures, whose answers differ between images; in the current folder by default."""
    torch.manual_seed(0)
    training = Training(images=100, optimizer=Optimizer(lr=1.0e-3), ema_images=10)
    network = FeatureNetwork(config.FeatureNetworkSettings(channels=[8, 12], batch_size=8, training=training))
    with torch.no_grad():
        network.classify.weight.mul_(20)
        for _ in range(20):
            network(torch.from_numpy(draw(64, 9)).float() / 127.5 - 1)
    save_network(file or layout.extractor("metric"), network, seed=1000, accuracy=0.4812, synthetic=False)


def drawn_data() -> Cifar100:
    labels = {
        f"{split}_{kind}": np.zeros(0, np.int64) for split in ("train", "test") for kind in ("labels", "coarse")
    }
    images = {"train_images": draw(400, 2), "test_images": draw(150, 3)}
    return Cifar100(**images, **labels, fine_names=[], coarse_names=[], facts=FACTS)


def measure(
    images: Images,
    reference: tuple[str, Images],
    extractor_file: Path,
    measures: Sequence[str],
    cache: Path,
    batch_size: int | None = None,
) -> dict[str, float]:
    """Measure images against one reference, in one pass over the images.

    Args:
        images: N x 3 x 32 x 32, uint8, at least 10.
        reference: the name of a split, and its images.
        measures: names of measures that need nothing but the images and the reference.
        cache: folder for the reference's features; several processes may share it.
        batch_size: of the extractor, which has its own where none is given.

    Raises:
        UserError: images of another type or shape, or too few; a file of weights that is missing or damaged; or
            a result that is not a finite number.
    """
    require(images, "sample", IS_SPLITS)
    require(reference[1], reference[0], IS_SPLITS)
    extractor = Extractor(extractor_file, batch_size)
    sample, real = Sample(images, extractor), ReferenceFeatures(reference[1], extractor, reference[0], cache)
    values = score(sample, real, measures)
    finite(values, extractor_file)
    return values
