"""What the networks are shown, and what every part of a pipeline computes with them."""

import math
from pathlib import Path

import numpy as np
import pytest
import torch
import torch_fidelity
from torch import Tensor

from gen100.metrics.extractors import Cifar100Extractor
from gen100.metrics.weights import INCEPTION, OtherHeader, write_weights
from gen100.thesis.forensics import preprocessing
from gen100.thesis.forensics.classifiers import ClassifierVariants, SplitClassifier, untrained_inception
from gen100.thesis.forensics.facts import ImageSetFacts
from gen100.thesis.forensics.image_sets import ImageSet
from gen100.thesis.forensics.mistakes import CORRECT, FeatureLayer, MetricPipeline, NetworkVariant
from gen100.thesis.forensics.preprocessing import PixelChange
from gen100.thesis.forensics.runner import PipelineRunner
from support.tiny_metrics import draw, save_tiny_network

CPU = torch.device("cpu")
BYTES = torch.tensor([0.0, 1.0, 63.0, 100.0, 128.0, 200.0, 255.0])


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (preprocessing.as_bytes, [0, 1, 63, 100, 128, 200, 255]),
        (preprocessing.unit_cast, [0, 0, 0, 0, 0, 0, 1]),
        (preprocessing.signed_cast, [255, 0, 0, 0, 0, 0, 1]),
        (preprocessing.signed_times_255, [1, 3, 127, 201, 1, 145, 255]),
        (preprocessing.signed_clipped, [0, 0, 0, 0, 1, 145, 255]),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_casts(change: PixelChange, expected: list[int]) -> None:
    assert change(BYTES).tolist() == expected
    # numpy's own cast, through a signed integer so that it is the same on every processor
    signed = BYTES.numpy() / np.float32(127.5) - 1
    if change is preprocessing.signed_cast:
        assert signed.astype(np.int64).astype(np.uint8).tolist() == expected


@pytest.mark.parametrize(
    ("change", "low", "high"),
    [
        (preprocessing.as_bytes, -1, 1),
        (preprocessing.unit_input, 0, 1),
        (preprocessing.bytes_input, 0, 255),
        (preprocessing.scaled_twice, -1, -0.992),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_what_the_network_sees(change: PixelChange, low: float, high: float) -> None:
    seen = change(BYTES) / 127.5 - 1
    assert (float(seen.min()), float(seen.max())) == pytest.approx((low, high), abs=1e-3)


def test_channels_and_layout() -> None:
    images = torch.arange(2 * 3 * 4 * 4, dtype=torch.float32).reshape(2, 3, 4, 4)
    assert torch.equal(preprocessing.bgr(images)[:, 0], images[:, 2])
    last = images.numpy().transpose(0, 2, 3, 1)
    assert np.array_equal(preprocessing.reshaped(images).numpy(), np.ascontiguousarray(last).reshape(2, 3, 4, 4))
    assert torch.equal(preprocessing.collapsed(images)[1], images[0])


def image_set(count: int, seed: int, high: int = 256) -> ImageSet:
    return ImageSet(ImageSetFacts(images="samples"), draw(count, seed, high=high))


SAMPLES = image_set(120, 2)


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file with a tiny network."""
    file = tmp_path_factory.mktemp("own") / "metric.safetensors"
    save_tiny_network(file)
    return file


@pytest.fixture(scope="module")
def runner(own: Path) -> PipelineRunner:
    return PipelineRunner(ClassifierVariants(own), image_set(60, 1, high=200), CPU)


class Bare(torch.utils.data.Dataset[Tensor]):
    def __init__(self, images: np.ndarray) -> None:
        self.images = images

    def __len__(self) -> int:
        return len(self.images)

    def __getitem__(self, index: int) -> Tensor:
        return torch.from_numpy(self.images[index])


def test_the_correct_pipeline_gives_torch_fidelitys_numbers(own: Path, runner: PipelineRunner) -> None:
    torch_fidelity.register_feature_extractor("network-of-the-test", Cifar100Extractor)
    expected = torch_fidelity.calculate_metrics(
        feature_extractor="network-of-the-test",
        feature_extractor_weights_path=str(own),
        input1=Bare(SAMPLES.images),
        input2=Bare(runner.reference.images),
        isc=True,
        fid=True,
        cuda=False,
        verbose=False,
        save_cpu_ram=True,
        samples_shuffle=True,
        rng_seed=2020,
    )
    assert runner.distance(CORRECT, SAMPLES) == pytest.approx(expected[torch_fidelity.KEY_METRIC_FID], rel=1e-4)
    assert runner.score(CORRECT, SAMPLES) == pytest.approx(expected[torch_fidelity.KEY_METRIC_ISC_MEAN], rel=1e-5)


def test_ten_images_in_ten_splits(runner: PipelineRunner) -> None:
    ten = MetricPipeline(images=10)
    assert runner.score(ten, SAMPLES) == pytest.approx(1, abs=1e-9)
    assert runner.score(CORRECT, SAMPLES) > 1.05
    few = [ImageSet(of.facts, of.images[:10]) for of in (SAMPLES, runner.reference)]
    alone = PipelineRunner(runner.variants, few[1], CPU)
    assert runner.distance(ten, SAMPLES) == pytest.approx(alone.distance(CORRECT, few[0]))
    assert (runner.count(SAMPLES, ten), runner.count(SAMPLES, CORRECT)) == (10, 120)


def values_of(layer: FeatureLayer, runner: PipelineRunner) -> Tensor:
    return runner.features(MetricPipeline(layer=layer), SAMPLES).values


def test_layers(runner: PipelineRunner) -> None:
    network = runner.variants.build("trained", CPU)
    with torch.inference_mode():
        last, logits = network(torch.from_numpy(SAMPLES.images).float())
    maps = last.double()
    assert maps.shape == (120, 12, 8, 8)
    torch.testing.assert_close(values_of("pooled", runner), maps.mean((2, 3)), rtol=1e-5, atol=1e-6)
    torch.testing.assert_close(values_of("maximum", runner), maps.amax((2, 3)), rtol=1e-5, atol=1e-6)
    torch.testing.assert_close(values_of("map", runner), maps.reshape(120, -1), rtol=1e-5, atol=1e-6)
    positions = values_of("positions", runner)
    assert positions.shape == (120 * 64, 12)
    torch.testing.assert_close(positions[64 + 9], maps[1, :, 1, 1], rtol=1e-5, atol=1e-6)
    torch.testing.assert_close(values_of("logits", runner), logits.double(), rtol=1e-4, atol=1e-4)
    assert values_of("probabilities", runner).sum(dim=1).numpy() == pytest.approx(np.ones(120))
    flat = SAMPLES.images.reshape(120, -1)
    assert np.array_equal(values_of("pixels 255", runner).numpy(), flat)
    assert values_of("pixels 1", runner).numpy() == pytest.approx(flat / 255)
    assert values_of("pixels -1 1", runner).numpy() == pytest.approx(flat / 127.5 - 1)


def test_the_classifier_sees_what_the_extractor_sees(own: Path) -> None:
    images = torch.from_numpy(SAMPLES.images[:5])
    extractor = Cifar100Extractor("x", ["features", "logits"], feature_extractor_weights_path=str(own))
    with torch.inference_mode():
        features, logits = extractor(images)
        last, found = ClassifierVariants(own).build("trained", CPU)(images.float())
    torch.testing.assert_close(last.mean((2, 3)), features)
    torch.testing.assert_close(found, logits)


def test_training_mode_normalizes_by_the_batch(own: Path) -> None:
    variants = ClassifierVariants(own)
    images = torch.from_numpy(SAMPLES.images[:20]).float()
    with torch.inference_mode():
        for kind in ("training", "untrained training"):
            both, half = (variants.build(kind, CPU)(x)[0] for x in (images, images[:10]))
            assert not torch.allclose(both[:10], half, atol=1e-3)
        both, half = (variants.build("trained", CPU)(x)[0] for x in (images, images[:10]))
        torch.testing.assert_close(both[:10], half)


def test_an_untrained_network_has_other_weights_each_time_the_same(own: Path) -> None:
    variants = ClassifierVariants(own)
    images = torch.from_numpy(SAMPLES.images[:3]).float()
    with torch.inference_mode():
        first, again = (variants.build("untrained", CPU)(images)[0] for _ in range(2))
        trained = variants.build("trained", CPU)(images)[0]
    assert torch.equal(first, again)
    assert not torch.allclose(first, trained)
    assert not variants.has("small")
    assert variants.has("untrained")


def test_inceptions_weights_are_looked_through_layer_by_layer(tmp_path: Path) -> None:
    torch.save({}, tmp_path / "nothing.pth")

    class Random(torch_fidelity.FeatureExtractorInceptionV3):
        def load_state_dict(self, *_: object, **__: object) -> None:  # type: ignore[override]
            return

    torch.manual_seed(0)
    inception = Random("inception-v3-compat", ["2048", "logits_unbiased"], str(tmp_path / "nothing.pth"))
    for module in inception.modules():
        if isinstance(module, torch.nn.Conv2d):
            torch.nn.init.kaiming_normal_(module.weight)
    write_weights(tmp_path / "metric.safetensors", inception.state_dict(), OtherHeader(kind=INCEPTION))
    variants = ClassifierVariants(tmp_path / "metric.safetensors")
    assert variants.inception
    assert variants.has("small")
    assert not variants.has("untrained")
    images = torch.from_numpy(draw(2, 3))
    with torch.inference_mode():
        features, logits = inception(images)
        last, found = variants.build("trained", CPU)(images.float())
        small, _ = variants.build("small", CPU)(images.float())
    assert last.shape == (2, 2048, 8, 8)
    torch.testing.assert_close(last.mean((2, 3)), features, rtol=1e-3, atol=1e-3 * float(features.abs().max()))
    torch.testing.assert_close(found, logits, rtol=1e-3, atol=1e-3 * float(logits.abs().max()))
    assert small.shape == (2, 2048, 1, 1)


def test_an_untrained_inception_fades_in_keras_and_explodes_in_torchvision() -> None:
    images = torch.from_numpy(draw(2, 3)).float()
    names: tuple[NetworkVariant, ...] = ("inception keras", "inception torchvision")
    sizes = {}
    for name in names:
        network = untrained_inception(name)
        weight = network.get_parameter("Conv2d_4a_3x3.conv.weight")
        # Glorot's bound is sqrt(6 / (9 * 80 + 9 * 192)); torchvision draws with a deviation of 0.1.
        expected = math.sqrt(2 / (9 * 80 + 9 * 192)) if name == "inception keras" else 0.1
        assert float(weight.detach().std()) == pytest.approx(expected, rel=0.02)
        body = torch.nn.Sequential(*list(network.eval().children())[:-3])
        with torch.inference_mode():
            last, _ = SplitClassifier(body, lambda means: means, size=75)(images)
        sizes[name] = float(last.abs().max())
    assert sizes["inception keras"] < 0.1
    assert sizes["inception torchvision"] > 1e6
