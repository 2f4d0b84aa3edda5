"""FID, IS and KID against their closed forms, the cache of the reference, and images that are refused."""

import hashlib
import threading
from pathlib import Path

import numpy as np
import pytest
import torch
import torch_fidelity
from numpy.typing import NDArray
from scipy.linalg import sqrtm

from gen100 import config
from gen100.errors import UserError
from gen100.metrics import extractors, frechet
from gen100.metrics.extractors import describe, store_downloaded
from gen100.metrics.features import Extractor
from gen100.metrics.fidelity import kid
from gen100.metrics.network import FeatureNetwork
from gen100.metrics.weights import load_network, save_network
from gen100.report.labels import extractor_label
from gen100.settings import Optimizer, Training
from support.tiny_metrics import draw, measure

ALL = ("isc", "fid", "kid")
Images = NDArray[np.uint8]


@pytest.fixture(scope="module")
def extractor(tmp_path_factory: pytest.TempPathFactory) -> Path:
    torch.manual_seed(0)
    settings = config.FeatureNetworkSettings(
        channels=[8, 12],
        batch_size=8,
        training=Training(images=100, optimizer=Optimizer(lr=1.0e-3), ema_images=10),
    )
    network = FeatureNetwork(settings)
    with torch.no_grad():
        network.classify.weight.mul_(20)  # decided answers: else every IS is 1.000
        for _ in range(20):
            network(torch.from_numpy(draw(64, 9)).float() / 127.5 - 1)
    path = tmp_path_factory.mktemp("extractor") / "metric.safetensors"
    save_network(path, network, seed=1000, accuracy=0.4812, synthetic=False)
    return path


def outputs(extractor: Path, images: Images) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    features, logits = load_network(extractor)(torch.from_numpy(images).float() / 127.5 - 1)
    return features.double().numpy(), logits.double().numpy()


def test_fid_is_the_frechet_distance_of_two_gaussians(extractor: Path, tmp_path: Path) -> None:
    samples, real = draw(150, 1, high=200), draw(120, 2)
    (one, _), (other, _) = outputs(extractor, samples), outputs(extractor, real)
    cov_one, cov_other = np.cov(one.T), np.cov(other.T)
    root = np.real(sqrtm(cov_one @ cov_other))
    distance = np.square(one.mean(0) - other.mean(0)).sum() + np.trace(cov_one + cov_other - 2 * root)
    found = measure(samples, ("train", real), extractor, ["fid"], tmp_path)
    assert set(found) == {"fid"}
    assert distance > 1e-3
    assert found["fid"] == pytest.approx(distance, rel=1e-3)


def test_a_set_is_at_no_distance_from_itself_in_any_order(extractor: Path, tmp_path: Path) -> None:
    real = draw(100, 3)
    found = measure(real[::-1].copy(), ("train", real), extractor, ALL, tmp_path)
    apart = measure(draw(100, 4, high=128), ("train", real), extractor, ALL, tmp_path)
    assert abs(found["fid"]) < 1e-4 * apart["fid"]
    assert found["kid"] < 0.05 * apart["kid"]


def test_is_is_the_exponential_of_the_mean_divergence(extractor: Path, tmp_path: Path) -> None:
    samples = draw(103, 5)
    _, logits = outputs(extractor, samples)
    logits = logits[np.random.RandomState(2020).permutation(103)]
    p = np.exp(logits - logits.max(1, keepdims=True))
    p /= p.sum(1, keepdims=True)
    scores = []
    for part in range(10):
        rows = p[part * 103 // 10 : (part + 1) * 103 // 10]
        scores.append(np.exp((rows * (np.log(rows) - np.log(rows.mean(0)))).sum(1).mean()))
    found = measure(samples, ("train", draw(20, 6)), extractor, ["isc"], tmp_path)
    assert set(found) == {"is", "is_std"}
    assert np.mean(scores) > 1.2
    assert found["is"] == pytest.approx(np.mean(scores), rel=1e-4)
    assert found["is_std"] == pytest.approx(np.std(scores), rel=1e-3)


def test_ordered_samples_score_like_shuffled_ones(extractor: Path, tmp_path: Path) -> None:
    samples = draw(400, 7)
    _, logits = outputs(extractor, samples)
    ordered = samples[np.argsort(logits.argmax(1), kind="stable")]
    reference = ("train", draw(20, 6))
    one = measure(samples, reference, extractor, ["isc"], tmp_path)
    other = measure(ordered, reference, extractor, ["isc"], tmp_path)
    assert other["is"] == pytest.approx(one["is"], rel=0.05)


def test_kid_is_the_unbiased_mmd_with_a_cubic_kernel(extractor: Path, tmp_path: Path) -> None:
    samples, real = draw(60, 1, high=160), draw(60, 2)
    (x, _), (y, _) = outputs(extractor, samples), outputs(extractor, real)

    def kernel(a: NDArray[np.float64], b: NDArray[np.float64]) -> NDArray[np.float64]:
        return (a @ b.T / a.shape[1] + 1) ** 3

    # With subsets of all 60 images every subset is the whole set, so the mean over subsets is exact.
    n = 60
    within = sum((kernel(a, a).sum() - np.trace(kernel(a, a))) / (n * (n - 1)) for a in (x, y))
    mmd = within - 2 * kernel(x, y).mean()
    assert mmd > 1e-5
    whole, none, size = kid(torch.from_numpy(x), torch.from_numpy(y), n)
    assert (whole, none, size) == (pytest.approx(mmd, rel=1e-6), pytest.approx(0, abs=1e-9), n)
    # Of half of the images they differ, and their mean has no bias.
    found = measure(samples, ("train", real), extractor, ["kid"], tmp_path)
    assert set(found) == {"kid", "kid_std", "kid_subset_size"}
    assert found["kid_subset_size"] == n / 2
    assert abs(found["kid"] - mmd) < 4 * found["kid_std"] / 10


@pytest.mark.parametrize(("samples", "real", "size"), [(100, 2000, 50), (300, 300, 150)])
def test_the_deviation_of_kid_is_that_of_subsets(samples: int, real: int, size: int) -> None:
    """Over fresh sets of the subsets' size, KID deviates about as much."""

    def fresh(count: int, seed: int) -> torch.Tensor:
        return torch.randn(count, 8, generator=torch.Generator().manual_seed(seed))

    _, found, subset = kid(fresh(samples, 1), fresh(real, 2))
    assert subset == size
    apart = [kid(fresh(size, seed), fresh(size, 1000 + seed), size)[0] for seed in range(3, 33)]
    assert 0.4 < found / np.std(apart, ddof=1) < 1.6


def test_results_do_not_depend_on_the_batch_size(extractor: Path, tmp_path: Path) -> None:
    samples, reference = draw(50, 1), ("train", draw(50, 2))
    one = measure(samples, reference, extractor, ALL, tmp_path / "one", batch_size=50)
    other = measure(samples, reference, extractor, ALL, tmp_path / "other", batch_size=7)
    assert one == pytest.approx(other, rel=1e-3, abs=1e-6)


@pytest.fixture
def extracted(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Sizes of the batches that the extractor sees."""
    sizes: list[int] = []
    forward = extractors.Cifar100Extractor.forward

    def counted(self: extractors.Cifar100Extractor, images: torch.Tensor) -> tuple[torch.Tensor, ...]:
        sizes.append(len(images))
        return forward(self, images)

    monkeypatch.setattr(extractors.Cifar100Extractor, "forward", counted)
    return sizes


def test_the_reference_is_extracted_once(extractor: Path, tmp_path: Path, extracted: list[int]) -> None:
    samples, reference = draw(30, 1), ("train", draw(40, 2))
    first = measure(samples, reference, extractor, ALL, tmp_path)
    assert sum(extracted) == 30 + 40
    again = measure(samples, reference, extractor, ALL, tmp_path)
    assert sum(extracted) == 30 + 40 + 30
    assert again == first


def test_the_cache_tells_images_and_extractors_apart(
    extractor: Path, tmp_path: Path, extracted: list[int]
) -> None:
    samples = draw(30, 1)
    first = measure(samples, ("train", draw(40, 2)), extractor, ["fid"], tmp_path)
    other = measure(samples, ("train", draw(40, 3, high=99)), extractor, ["fid"], tmp_path)
    assert other["fid"] > 2 * first["fid"]

    network = load_network(extractor)
    network.classify.weight.mul_(2.0)
    another = tmp_path / "another.safetensors"
    save_network(another, network, seed=1001, accuracy=0.4, synthetic=False)
    extracted.clear()
    measure(samples, ("train", draw(40, 2)), another, ["fid"], tmp_path)
    assert sum(extracted) == 30 + 40


def test_of_two_at_once_only_one_extracts_the_reference(
    extractor: Path, tmp_path: Path, extracted: list[int]
) -> None:
    reference = ("train", draw(200, 2))
    runs = [
        threading.Thread(target=measure, args=(draw(30, seed), reference, extractor, ALL, tmp_path))
        for seed in (1, 2)
    ]
    for run in runs:
        run.start()
    for run in runs:
        run.join()
    assert sum(extracted) == 200 + 30 + 30


@pytest.mark.parametrize(
    "images",
    [
        draw(20, 1).astype(np.float32),
        np.full((20, 3, 32, 32), np.nan),
        draw(20, 1).astype(np.int64),
        draw(20, 1).transpose(0, 2, 3, 1),
        draw(20, 1)[:, :, :16, :16],
        draw(9, 1),
    ],
    ids=["float", "nan", "int64", "channels-last", "16x16", "few"],
)
def test_other_images_are_refused_on_either_side(extractor: Path, tmp_path: Path, images: Images) -> None:
    good = draw(20, 2)
    with pytest.raises(UserError, match="sample images"):
        measure(images, ("train", good), extractor, ["fid"], tmp_path)
    with pytest.raises(UserError, match="train images"):
        measure(good, ("train", images), extractor, ["fid"], tmp_path)
    assert not list(tmp_path.iterdir())


def test_the_extractor_itself_refuses_floats(extractor: Path) -> None:
    network = extractors.Cifar100Extractor("x", ["features"], feature_extractor_weights_path=str(extractor))
    with pytest.raises(ValueError, match="uint8"):
        network(torch.rand(2, 3, 32, 32))


def test_a_result_that_is_not_a_number_is_an_error(
    extractor: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(frechet, "distance", lambda *_: float("nan"))
    with pytest.raises(UserError, match=r"fid by .*metric\.safetensors is nan"):
        measure(draw(20, 1), ("train", draw(20, 2)), extractor, ["fid"], tmp_path)


def test_own_network_is_never_called_fid(extractor: Path) -> None:
    facts = describe(extractor)
    assert (facts.kind, facts.distance, facts.seed, facts.accuracy) == ("cifar100-network", "FD", 1000, 0.4812)
    assert facts.sha256 == hashlib.sha256(extractor.read_bytes()).hexdigest()
    assert extractor_label(facts) == "FD, CIFAR-100 network (seed 1000, test accuracy 48.1%)"


def test_nothing_is_printed(extractor: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    measure(draw(20, 1), ("train", draw(20, 2)), extractor, ALL, tmp_path)
    assert capfd.readouterr() == ("", "")


class RandomInception(torch_fidelity.FeatureExtractorInceptionV3):
    """torch-fidelity's Inception v3 as initialised, without its weights' file."""

    def load_state_dict(self, *_: object, **__: object) -> None:  # type: ignore[override]
        return


def test_inception_round_trip(tmp_path: Path) -> None:
    nothing = tmp_path / "nothing.pth"
    torch.save({}, nothing)
    with pytest.raises(UserError, match=r"nothing\.pth does not hold weights of .*Inception"):
        store_downloaded("inception-v3-compat", nothing, tmp_path / "metric.safetensors")

    torch.manual_seed(0)
    inception = RandomInception("inception-v3-compat", ["logits_unbiased"], str(nothing))
    inception.fc.weight.mul_(100)
    torch.save(inception.state_dict(), tmp_path / "inception.pth")
    store_downloaded("inception-v3-compat", tmp_path / "inception.pth", tmp_path / "metric.safetensors")
    assert extractor_label(describe(tmp_path / "metric.safetensors")) == "FID, Inception v3"

    samples = draw(10, 1)
    found = measure(samples, ("train", draw(10, 2)), tmp_path / "metric.safetensors", ["isc"], tmp_path / "cache")
    # One image a split: its distribution is its own mean, so IS is exactly 1.
    assert found["is"] == pytest.approx(1.0, abs=1e-9)
    logits = Extractor(tmp_path / "metric.safetensors")(draw(10, 2)[:2]).logits
    (expected,) = inception(torch.from_numpy(draw(10, 2)[:2]))
    torch.testing.assert_close(logits, expected, atol=1e-4, rtol=1e-4)


def test_a_gpu_measures_in_float32(extractor: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """torch lets convolutions on a GPU round to TF32; not where they measure."""
    allowed = []
    forward = FeatureNetwork.forward

    def note(network: FeatureNetwork, images: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        allowed.append(torch.backends.cudnn.allow_tf32)
        return forward(network, images)

    monkeypatch.setattr(FeatureNetwork, "forward", note)
    monkeypatch.setattr(torch.backends.cudnn, "allow_tf32", True)
    Extractor(extractor)(draw(30, 3))
    assert allowed == [False, False]
