"""Every mistake is that mistake: distances, scores, pixels, networks against closed forms or other libraries."""

import math
from pathlib import Path

import numpy as np
import pytest
import scipy.linalg
import torch
import torch_fidelity
from torch import Tensor
from torch_fidelity.metric_fid import fid_features_to_statistics, fid_statistics_to_metric
from torch_fidelity.metric_isc import isc_features_to_metric

from gen100 import config
from gen100.metrics.extractors import Cifar100Extractor
from gen100.metrics.network import FeatureNetwork
from gen100.metrics.weights import InceptionHeader, save_network, write_weights
from gen100.settings import Optimizer, Training
from gen100.thesis.forensics import distances, pixels, scores
from gen100.thesis.forensics.distances import Distance, Features
from gen100.thesis.forensics.laboratory import ImageSet, Laboratory
from gen100.thesis.forensics.mistakes import MISTAKES, RIGHT
from gen100.thesis.forensics.networks import Classifier, Kind, Networks, untrained_inception
from gen100.thesis.forensics.procedure import Layer, Procedure

CPU = torch.device("cpu")


def gaussian(count: int, width: int, seed: int, shift: float = 0.0) -> Tensor:
    random = np.random.default_rng(seed)
    mixed = random.normal(size=(count, width)) @ np.random.default_rng(width).normal(size=(width, width))
    return torch.tensor(mixed + shift)


A, B = gaussian(130, 6, 1), gaussian(150, 6, 2, shift=0.7)
COV_A, COV_B = (np.cov(x.numpy(), rowvar=False) for x in (A, B))
APART = float((A.mean(0) - B.mean(0)).square().sum())


def library(a: Tensor, b: Tensor) -> float:
    statistics = [fid_features_to_statistics(x) for x in (a, b)]
    return fid_statistics_to_metric(*statistics, verbose=False)["frechet_inception_distance"]


def by(distance: Distance, a: Tensor = A, b: Tensor = B) -> float:
    return distance(Features(a), Features(b))


@pytest.mark.parametrize(("count", "width"), [(100, 6), (20, 50)], ids=["tall", "wide"])
def test_the_right_distance_is_torch_fidelitys(count: int, width: int) -> None:
    a, b = gaussian(count, width, 3), gaussian(count + 5, width, 4, shift=0.3)
    assert by(distances.frechet, a, b) == pytest.approx(library(a, b), rel=1e-5)


def test_scatter_multiplies_the_spread_by_images_less_one() -> None:
    b = B[: len(A)]
    apart = float((A.mean(0) - b.mean(0)).square().sum())
    expected = apart + (len(A) - 1) * (library(A, b) - apart)
    assert by(distances.scatter, A, b) == pytest.approx(expected, rel=1e-8)


def test_covariance_over_images() -> None:
    a, b = A[:40], B[:40]
    covariances = [np.cov(x.numpy()) for x in (a, b)]
    cross = np.real(np.sqrt(np.linalg.eigvals(covariances[0] @ covariances[1]).astype(complex))).sum()
    expected = float((a.mean(0) - b.mean(0)).square().sum()) + sum(np.trace(c) for c in covariances) - 2 * cross
    assert by(distances.over_images, a, b) == pytest.approx(expected, rel=1e-4)


def test_without_and_with_half_of_the_root() -> None:
    expected = APART + np.trace(COV_A) + np.trace(COV_B)
    assert by(distances.without_root) == pytest.approx(expected)
    assert by(distances.half_root) == pytest.approx((expected + library(A, B)) / 2)


def test_variances_alone() -> None:
    deviations = [x.numpy().std(axis=0, ddof=1) for x in (A, B)]
    assert by(distances.diagonal) == pytest.approx(APART + ((deviations[0] - deviations[1]) ** 2).sum())


def test_roots_of_elements() -> None:
    expected = APART + np.trace(COV_A + COV_B) - 2 * np.trace(np.sqrt(np.maximum(COV_A @ COV_B, 0)))
    assert np.diagonal(COV_A @ COV_B).min() > 0
    assert by(distances.elementwise_root) == pytest.approx(expected)
    negative = torch.tensor([[1.0, 1.0], [-1.0, -1.0], [0.1, 0.0], [0.0, 0.1]])
    opposite = negative * torch.tensor([1.0, -2.0])
    assert math.isnan(by(distances.elementwise_root, negative, opposite))


def test_scipys_root() -> None:
    assert by(distances.scipy_root) == pytest.approx(library(A, B), rel=1e-6)
    a, b = gaussian(10, 40, 5), gaussian(10, 40, 6)
    statistics = [(x.mean(0).numpy(), np.cov(x.numpy(), rowvar=False)) for x in (a, b)]
    (mean_a, cov_a), (mean_b, cov_b) = statistics
    root = np.real(scipy.linalg.sqrtm(cov_a @ cov_b))
    expected = ((mean_a - mean_b) ** 2).sum() + np.trace(cov_a + cov_b - 2 * root)
    assert by(distances.scipy_root, a, b) == pytest.approx(expected, rel=1e-3)


def test_norms_of_a_pure_shift() -> None:
    shift = torch.tensor([3.0, -4.0, 0.0, 0.0, 0.0, 0.0])
    assert by(distances.frechet, A, A + shift) == pytest.approx(25)
    assert by(distances.norm_of_means, A, A + shift) == pytest.approx(5)
    assert by(distances.sum_of_means, A, A + shift) == pytest.approx(1)
    assert by(distances.root, A, A + shift) == pytest.approx(5)
    assert by(distances.squared, A, A + shift) == pytest.approx(625)


def test_batches() -> None:
    parts = [library(A[start : start + 64], B[start : start + 64]) for start in (0, 64)]
    assert by(distances.batches_averaged) == pytest.approx(sum(parts) / 2, rel=1e-6)
    assert by(distances.batches_summed) == pytest.approx(sum(parts), rel=1e-6)


@pytest.mark.parametrize(
    "distance", list(dict.fromkeys(m.procedure.distance for m in MISTAKES)), ids=lambda d: d.__name__
)
def test_which_distances_grow_with_the_square_of_the_scale(distance: Distance) -> None:
    scaled = distance(Features(A).times(3), Features(B).times(3))
    quadratic = scaled == pytest.approx(9 * by(distance), rel=1e-6)
    assert quadratic == (distance not in distances.NOT_QUADRATIC)


LOGITS = 3 * torch.tensor(np.random.default_rng(0).normal(size=(200, 100)))
FEATURES = torch.tensor(np.random.default_rng(1).uniform(size=(200, 30)))
ONE_HOT = 100 * torch.eye(100).repeat(10, 1)


def divergence(p: np.ndarray) -> float:
    """Mean KL of rows p from their mean."""
    return float((p * np.log(p / p.mean(axis=0))).sum(axis=1).mean())


def test_the_right_score_is_torch_fidelitys() -> None:
    expected = isc_features_to_metric(LOGITS)["inception_score_mean"]
    assert scores.inception_score(LOGITS, FEATURES) == expected
    assert scores.inception_score(scores.as_inception(LOGITS), FEATURES) == pytest.approx(expected)
    assert scores.as_inception(LOGITS).shape == (200, 1008)


def test_certain_predictions_have_a_score() -> None:
    certain = 1e6 * torch.eye(5).repeat(20, 1)
    assert math.isnan(isc_features_to_metric(certain[:4], splits=1)["inception_score_mean"])
    assert scores.one_split(certain, FEATURES) == pytest.approx(5)
    assert scores.one_split(certain[:4], FEATURES) == pytest.approx(4)


@pytest.mark.parametrize("score", [scores.split_each, scores.one_image, scores.marginal_alone, scores.one_output])
def test_scores_that_are_one_whatever_the_network_says(score: scores.Score) -> None:
    assert scores.inception_score(LOGITS, FEATURES) > 2
    for logits in (LOGITS, ONE_HOT):
        assert score(logits, FEATURES) == pytest.approx(1, abs=1e-12)


def test_softmax_twice_prints_one_even_for_perfect_predictions() -> None:
    perfect = 1000 * torch.eye(1008)
    total = math.e + 1007
    at, off = math.e / total, 1 / total
    expected = math.exp(at * math.log(1008 * at) + 1007 * off * math.log(1008 * off))
    found = isc_features_to_metric(perfect.softmax(dim=1), splits=1)["inception_score_mean"]
    assert found == pytest.approx(expected)
    assert f"{expected:.2f}" == "1.00"
    assert scores.twice_softmax(ONE_HOT, FEATURES) < expected


def test_the_mean_over_classes() -> None:
    right = isc_features_to_metric(LOGITS, splits=1)["inception_score_mean"]
    assert scores.mean_over_classes(LOGITS, FEATURES) == pytest.approx(math.exp(math.log(right) / 1008))
    assert scores.one_split(LOGITS, FEATURES) == pytest.approx(right)
    assert scores.without_exp(LOGITS, FEATURES) == pytest.approx(math.log(right))
    # torch's own kl_div, as it is by default, sees the same classes.
    log_p = LOGITS.log_softmax(dim=1)
    mean = log_p.exp().mean(dim=0, keepdim=True).log().expand_as(log_p)
    with pytest.warns(UserWarning, match="divides the total loss by both"):
        kl = torch.nn.functional.kl_div(mean, log_p, log_target=True).item()
    assert math.log(scores.mean_over_classes(LOGITS, FEATURES)) * 1008 == pytest.approx(kl * 100)


def test_softmax_over_images_and_of_features() -> None:
    p = LOGITS.exp().numpy()
    expected = math.exp(divergence(p / p.sum(axis=0)))
    assert scores.softmax_over_images(LOGITS, FEATURES) == pytest.approx(expected)
    q = FEATURES.exp().numpy()
    q = q / q.sum(axis=1, keepdims=True)
    near = math.exp(divergence(q))
    assert scores.features_for_logits(LOGITS, FEATURES) == pytest.approx(near, rel=0.01)


BYTES = torch.tensor([0.0, 1.0, 63.0, 100.0, 128.0, 200.0, 255.0])


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (pixels.as_bytes, [0, 1, 63, 100, 128, 200, 255]),
        (pixels.unit_cast, [0, 0, 0, 0, 0, 0, 1]),
        (pixels.signed_cast, [255, 0, 0, 0, 0, 0, 1]),
        (pixels.signed_times_255, [1, 3, 127, 201, 1, 145, 255]),
        (pixels.signed_clipped, [0, 0, 0, 0, 1, 145, 255]),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_casts(change: pixels.Pixels, expected: list[int]) -> None:
    assert change(BYTES).tolist() == expected
    # numpy's own cast, through a signed integer so that it is the same on every processor
    signed = BYTES.numpy() / np.float32(127.5) - 1
    if change is pixels.signed_cast:
        assert signed.astype(np.int64).astype(np.uint8).tolist() == expected


@pytest.mark.parametrize(
    ("change", "low", "high"),
    [
        (pixels.as_bytes, -1, 1),
        (pixels.unit_input, 0, 1),
        (pixels.bytes_input, 0, 255),
        (pixels.scaled_twice, -1, -0.992),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_what_the_network_sees(change: pixels.Pixels, low: float, high: float) -> None:
    seen = change(BYTES) / 127.5 - 1
    assert (float(seen.min()), float(seen.max())) == pytest.approx((low, high), abs=1e-3)


def test_channels_and_layout() -> None:
    images = torch.arange(2 * 3 * 4 * 4, dtype=torch.float32).reshape(2, 3, 4, 4)
    assert torch.equal(pixels.bgr(images)[:, 0], images[:, 2])
    last = images.numpy().transpose(0, 2, 3, 1)
    assert np.array_equal(pixels.reshaped(images).numpy(), np.ascontiguousarray(last).reshape(2, 3, 4, 4))
    assert torch.equal(pixels.collapsed(images)[1], images[0])


def draw(count: int, seed: int, high: int = 256) -> np.ndarray:
    """Images with a colour and a contrast of their own, so that features differ between them."""
    random = np.random.default_rng(seed)
    texture = random.normal(0, 60, (count, 3, 32, 32)) * random.random((count, 1, 1, 1))
    return np.clip(random.integers(0, high, (count, 3, 1, 1)) + texture, 0, 255).astype(np.uint8)


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A network with logits that say something."""
    torch.manual_seed(7)
    settings = config.FeatureNetwork(
        channels=[4, 8],
        batch_size=8,
        training=Training(images=100, optimizer=Optimizer(lr=1.0e-3), ema_images=10),
    )
    network = FeatureNetwork(settings, classes=20)
    with torch.no_grad():
        network.classify.weight.mul_(30)  # decided answers: else every IS is 1.00
    file = tmp_path_factory.mktemp("own") / "metric.safetensors"
    save_network(file, network, seed=7, accuracy=0.2, synthetic=True)
    return file


@pytest.fixture(scope="module")
def laboratory(own: Path) -> Laboratory:
    return Laboratory(Networks(own), ImageSet("train", draw(60, 1, high=200), real=True), CPU)


SAMPLES = ImageSet("samples", draw(120, 2))


class Bare(torch.utils.data.Dataset[Tensor]):
    def __init__(self, images: np.ndarray) -> None:
        self.images = images

    def __len__(self) -> int:
        return len(self.images)

    def __getitem__(self, index: int) -> Tensor:
        return torch.from_numpy(self.images[index])


def test_the_right_procedure_gives_torch_fidelitys_numbers(own: Path, laboratory: Laboratory) -> None:
    torch_fidelity.register_feature_extractor("network-of-the-test", Cifar100Extractor)
    expected = torch_fidelity.calculate_metrics(
        feature_extractor="network-of-the-test",
        feature_extractor_weights_path=str(own),
        input1=Bare(SAMPLES.images),
        input2=Bare(laboratory.reference.images),
        isc=True,
        fid=True,
        cuda=False,
        verbose=False,
        save_cpu_ram=True,
        samples_shuffle=True,
        rng_seed=2020,
    )
    assert laboratory.distance(RIGHT.procedure, SAMPLES) == pytest.approx(
        expected[torch_fidelity.KEY_METRIC_FID], rel=1e-4
    )
    assert laboratory.score(RIGHT.procedure, SAMPLES) == pytest.approx(
        expected[torch_fidelity.KEY_METRIC_ISC_MEAN], rel=1e-5
    )


def test_ten_images_in_ten_splits(laboratory: Laboratory) -> None:
    ten = Procedure(images=10)
    assert laboratory.score(ten, SAMPLES) == pytest.approx(1, abs=1e-9)
    assert laboratory.score(Procedure(), SAMPLES) > 1.05
    few = [ImageSet("few", images[:10]) for images in (SAMPLES.images, laboratory.reference.images)]
    alone = Laboratory(laboratory.networks, few[1], CPU)
    assert laboratory.distance(ten, SAMPLES) == pytest.approx(alone.distance(Procedure(), few[0]))
    assert (laboratory.shown(SAMPLES, ten), laboratory.shown(SAMPLES, Procedure())) == (10, 120)


def values_of(layer: Layer, laboratory: Laboratory) -> Tensor:
    """A layer's values, read from a distance that returns their sum of squares."""
    seen: list[Tensor] = []

    def keep(a: Features, _b: Features) -> float:
        seen.append(a.values)
        return 0.0

    laboratory.distance(Procedure(layer=layer, distance=keep), SAMPLES)
    return seen[0]


def test_layers(laboratory: Laboratory) -> None:
    network = laboratory.networks.build("trained", CPU)
    with torch.inference_mode():
        last, logits = network(torch.from_numpy(SAMPLES.images).float())
    maps = last.double()
    assert maps.shape == (120, 8, 8, 8)
    torch.testing.assert_close(values_of("pooled", laboratory), maps.mean((2, 3)), rtol=1e-5, atol=1e-6)
    torch.testing.assert_close(values_of("maximum", laboratory), maps.amax((2, 3)), rtol=1e-5, atol=1e-6)
    torch.testing.assert_close(values_of("map", laboratory), maps.reshape(120, -1), rtol=1e-5, atol=1e-6)
    positions = values_of("positions", laboratory)
    assert positions.shape == (120 * 64, 8)
    torch.testing.assert_close(positions[64 + 9], maps[1, :, 1, 1], rtol=1e-5, atol=1e-6)
    torch.testing.assert_close(values_of("logits", laboratory), logits.double(), rtol=1e-4, atol=1e-4)
    assert values_of("probabilities", laboratory).sum(dim=1).numpy() == pytest.approx(np.ones(120))
    flat = SAMPLES.images.reshape(120, -1)
    assert np.array_equal(values_of("pixels 255", laboratory).numpy(), flat)
    assert values_of("pixels 1", laboratory).numpy() == pytest.approx(flat / 255)
    assert values_of("pixels -1 1", laboratory).numpy() == pytest.approx(flat / 127.5 - 1)


def test_the_classifier_sees_what_the_extractor_sees(own: Path) -> None:
    images = torch.from_numpy(SAMPLES.images[:5])
    extractor = Cifar100Extractor("x", ["features", "logits"], feature_extractor_weights_path=str(own))
    with torch.inference_mode():
        features, logits = extractor(images)
        last, found = Networks(own).build("trained", CPU)(images.float())
    torch.testing.assert_close(last.mean((2, 3)), features)
    torch.testing.assert_close(found, logits)


def test_training_mode_normalises_by_the_batch(own: Path) -> None:
    networks = Networks(own)
    images = torch.from_numpy(SAMPLES.images[:20]).float()
    with torch.inference_mode():
        for kind in ("training", "untrained training"):
            both, half = (networks.build(kind, CPU)(x)[0] for x in (images, images[:10]))
            assert not torch.allclose(both[:10], half, atol=1e-3)
        both, half = (networks.build("trained", CPU)(x)[0] for x in (images, images[:10]))
        torch.testing.assert_close(both[:10], half)


def test_an_untrained_network_has_other_weights_each_time_the_same(own: Path) -> None:
    networks = Networks(own)
    images = torch.from_numpy(SAMPLES.images[:3]).float()
    with torch.inference_mode():
        first, again = (networks.build("untrained", CPU)(images)[0] for _ in range(2))
        trained = networks.build("trained", CPU)(images)[0]
    assert torch.equal(first, again)
    assert not torch.allclose(first, trained)
    assert not networks.has("small")
    assert networks.has("untrained")


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
    write_weights(tmp_path / "metric.safetensors", inception.state_dict(), InceptionHeader())
    networks = Networks(tmp_path / "metric.safetensors")
    assert networks.inception
    assert networks.has("small")
    assert not networks.has("untrained")
    images = torch.from_numpy(draw(2, 3))
    with torch.inference_mode():
        features, logits = inception(images)
        last, found = networks.build("trained", CPU)(images.float())
        small, _ = networks.build("small", CPU)(images.float())
    assert last.shape == (2, 2048, 8, 8)
    torch.testing.assert_close(last.mean((2, 3)), features, rtol=1e-3, atol=1e-3 * float(features.abs().max()))
    torch.testing.assert_close(found, logits, rtol=1e-3, atol=1e-3 * float(logits.abs().max()))
    assert small.shape == (2, 2048, 1, 1)


def test_an_untrained_inception_fades_in_keras_and_explodes_in_torchvision() -> None:
    images = torch.from_numpy(draw(2, 3)).float()
    kinds: tuple[Kind, ...] = ("inception keras", "inception torchvision")
    sizes = {}
    for kind in kinds:
        network = untrained_inception(kind)
        weight = network.get_parameter("Conv2d_4a_3x3.conv.weight")
        # Glorot's bound is sqrt(6 / (9 * 80 + 9 * 192)); torchvision draws with a deviation of 0.1.
        expected = math.sqrt(2 / (9 * 80 + 9 * 192)) if kind == "inception keras" else 0.1
        assert float(weight.detach().std()) == pytest.approx(expected, rel=0.02)
        body = torch.nn.Sequential(*list(network.eval().children())[:-3])
        with torch.inference_mode():
            last, _ = Classifier(body, lambda means: means, size=75)(images)
        sizes[kind] = float(last.abs().max())
    assert sizes["inception keras"] < 0.1
    assert sizes["inception torchvision"] > 1e6
