"""The self-check: passed by what is right, and every mistake injected into what measures is caught and named."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import torch_fidelity
import yaml
from torch import Tensor
from torch_fidelity import metric_kid

from gen100 import config
from gen100.data import arrays
from gen100.errors import UserError
from gen100.metrics import features, fidelity, neighbours, selfcheck
from gen100.metrics.evaluation import Evaluator
from gen100.metrics.extractors import Cifar100Extractor, store_downloaded
from gen100.metrics.frechet import Gaussian
from gen100.metrics.network import FeatureNetwork
from gen100.metrics.selfcheck import blurred, jpeg, least_information, run_checks
from gen100.metrics.weights import OwnHeader, load_network, read_header, save_network
from support.lineage import pretend_checked
from support.processes import Process

DATA = {"synthetic": {"train": 1000, "test": 200, "seed": 0}}
METRIC = Path("data/extractors/metric.safetensors")


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory, demo_params: dict, gen100: Process) -> Path:
    """A workspace with synthetic data and the demo's network, trained on it."""
    folder = tmp_path_factory.mktemp("trained")
    (folder / "params.yaml").write_text(yaml.safe_dump(demo_params | {"data": DATA}))
    for stage in (["fetch"], ["prepare"], ["extractor", "metric"]):
        gen100(folder, *stage)
    return folder


@pytest.fixture
def evaluator(trained: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Evaluator]:
    """Makes what measures, with a cache of its own; of other weights, if given."""
    monkeypatch.chdir(tmp_path)
    data = arrays.load(trained / "data/cifar100.npz")
    settings = config.load_params(trained / "params.yaml").metrics
    METRIC.parent.mkdir(parents=True)
    METRIC.write_bytes((trained / METRIC).read_bytes())
    return lambda: Evaluator(data, settings, Path("cache"))


def test_what_is_right_passes(evaluator: Callable[..., Evaluator]) -> None:
    found = run_checks(evaluator())
    assert found["fid_real"] < found["fid_jpeg"] < found["fid_blurred"] < found["fid_noise"]
    assert found["features_width"] == 64
    json.dumps(found, allow_nan=False)


def as_uint8(patch: pytest.MonkeyPatch, change: Callable[[np.ndarray], np.ndarray]) -> None:
    """Images that were made floats in another range and then cast, as `np.uint8(images)` casts on x86."""
    right = features.Extractor.__call__

    def wrong(self: features.Extractor, images: features.Images, *name: str) -> features.Features:
        return right(self, change(images.astype(np.float32)).astype(np.int32).astype(np.uint8), *name)

    patch.setattr(features.Extractor, "__call__", wrong)


def scaled_to_one(patch: pytest.MonkeyPatch) -> None:
    as_uint8(patch, lambda images: images / 255)


def scaled_around_zero(patch: pytest.MonkeyPatch) -> None:
    as_uint8(patch, lambda images: images / 127.5 - 1)


def _forward(patch: pytest.MonkeyPatch, answer: Callable[[FeatureNetwork, Tensor], tuple[Tensor, Tensor]]) -> None:
    patch.setattr(Cifar100Extractor, "forward", lambda self, images: answer(self.network, images))


def unscaled_for_the_network(patch: pytest.MonkeyPatch) -> None:
    _forward(patch, lambda network, images: network(images.float()))


def scaled_to_one_for_the_network(patch: pytest.MonkeyPatch) -> None:
    _forward(patch, lambda network, images: network(images.float() / 255))


def softmax_in_the_network(patch: pytest.MonkeyPatch) -> None:
    def answer(network: FeatureNetwork, images: Tensor) -> tuple[Tensor, Tensor]:
        pooled, logits = network(images.float() / 127.5 - 1)
        return pooled, logits.softmax(1)

    _forward(patch, answer)


def logits_as_features(patch: pytest.MonkeyPatch) -> None:
    def answer(network: FeatureNetwork, images: Tensor) -> tuple[Tensor, Tensor]:
        _, logits = network(images.float() / 127.5 - 1)
        return logits, logits

    _forward(patch, answer)


def logits_of_the_features_width(patch: pytest.MonkeyPatch) -> None:
    def answer(network: FeatureNetwork, images: Tensor) -> tuple[Tensor, Tensor]:
        _, logits = network(images.float() / 127.5 - 1)
        return logits[:, :64], logits

    _forward(patch, answer)


def maps_before_pooling(patch: pytest.MonkeyPatch) -> None:
    def answer(network: FeatureNetwork, images: Tensor) -> tuple[Tensor, Tensor]:
        scaled = images.float() / 127.5 - 1
        return network.features(scaled)[-1].flatten(1), network(scaled)[1]

    _forward(patch, answer)


def pixels_as_features(patch: pytest.MonkeyPatch) -> None:
    def answer(network: FeatureNetwork, images: Tensor) -> tuple[Tensor, Tensor]:
        return images.float().flatten(1), network(images.float() / 127.5 - 1)[1]

    _forward(patch, answer)


def a_split_an_image(patch: pytest.MonkeyPatch) -> None:
    right: Any = fidelity.isc_features_to_metric
    patch.setattr(
        fidelity,
        "isc_features_to_metric",
        lambda logits, **given: right(logits, **given | {"splits": len(logits)}),
    )


def splits_in_order(patch: pytest.MonkeyPatch) -> None:
    right: Any = fidelity.isc_features_to_metric
    patch.setattr(
        fidelity, "isc_features_to_metric", lambda logits, **given: right(logits, **given | {"shuffle": False})
    )


def softmax_twice(patch: pytest.MonkeyPatch) -> None:
    right = fidelity.isc_features_to_metric
    patch.setattr(fidelity, "isc_features_to_metric", lambda logits, **given: right(logits.softmax(1), **given))


def covariance_unscaled(patch: pytest.MonkeyPatch) -> None:
    right = Gaussian.fit

    def wrong(pooled: Tensor) -> Gaussian:
        found = right(pooled)
        return Gaussian(found.mean, found.root * (len(pooled) - 1) ** 0.5)

    patch.setattr(Gaussian, "fit", wrong)


def reference_unscaled(patch: pytest.MonkeyPatch) -> None:
    right = Gaussian.fit

    def wrong(real: features.ReferenceFeatures) -> Gaussian:
        found = right(real.features.pooled)
        return Gaussian(found.mean, 1000**0.5 * found.root)

    patch.setattr(features.ReferenceFeatures, "gaussian", property(wrong))


def kid_biased(patch: pytest.MonkeyPatch) -> None:
    right = metric_kid.mmd2
    patch.setattr(metric_kid, "mmd2", lambda *kernels: right(*kernels, mmd_est="biased"))


def other_features_for_kid(patch: pytest.MonkeyPatch) -> None:
    right = fidelity.kid
    patch.setattr(
        fidelity, "kid", lambda samples, reference: right(samples / samples.norm(dim=1)[:, None], reference)
    )


def samples_for_reference(patch: pytest.MonkeyPatch) -> None:
    right = neighbours.precision_recall
    patch.setattr(neighbours, "precision_recall", lambda *sets: right(sets[0], 0 * sets[1], sets[2], sets[3]))


@pytest.mark.parametrize(
    ("mistake", "check", "cause"),
    [
        (scaled_to_one, "accuracy", "scaled before they are cast"),
        (scaled_around_zero, "accuracy", "scaled before they are cast"),
        (unscaled_for_the_network, "accuracy", "no preprocessing"),
        (scaled_to_one_for_the_network, "accuracy", "no preprocessing"),
        (softmax_in_the_network, "is_real", "softmax applied twice"),
        (softmax_twice, "is_ten_classes", "softmax applied twice"),
        (a_split_an_image, "is_ten_classes", "few images"),
        (splits_in_order, "is_ten_classes", "not shuffled"),
        (logits_as_features, "features_width", "logits"),
        (logits_of_the_features_width, "features_least", "logits"),
        (maps_before_pooling, "features_width", "before pooling"),
        (pixels_as_features, "features_width", "instead of pooled features"),
        (covariance_unscaled, "fid_doubled", "not divided"),
        (reference_unscaled, "fid_torch_fidelity", "root of another reference"),
        (kid_biased, "kid_self", "biased"),
        (other_features_for_kid, "kid_real", "unlike the reference"),
        (samples_for_reference, "recall_real", "radii"),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_a_mistake_is_caught(
    evaluator: Callable[..., Evaluator],
    monkeypatch: pytest.MonkeyPatch,
    mistake: Callable[[pytest.MonkeyPatch], None],
    check: str,
    cause: str,
) -> None:
    mistake(monkeypatch)
    with pytest.raises(UserError, match=rf"self-check {check} failed, .* expected .*{cause}") as caught:
        run_checks(evaluator())
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("honest", [True, False])
def test_a_network_without_its_trained_weights_is_caught(
    evaluator: Callable[..., Evaluator], honest: bool
) -> None:
    torch.manual_seed(0)
    network = FeatureNetwork(load_network(METRIC).settings).eval()
    measure = evaluator()
    _, logits = network(torch.from_numpy(measure.data.test_images).float() / 127.5 - 1)
    accuracy = float((logits.argmax(1).numpy() == measure.data.test_labels).mean())
    save_network(METRIC, network, seed=1, accuracy=accuracy if honest else 0.66, synthetic=True)
    said = (
        "accuracy_trained failed.* has not learned" if honest else "accuracy failed.* weights of another network"
    )
    with pytest.raises(UserError, match=said):
        run_checks(evaluator())


def test_shuffled_weights_are_caught(evaluator: Callable[..., Evaluator]) -> None:
    network, header = load_network(METRIC), read_header(METRIC)
    assert isinstance(header, OwnHeader)
    weights = network.classify.weight
    weights.copy_(weights[:, torch.randperm(weights.shape[1], generator=torch.Generator().manual_seed(0))])
    save_network(METRIC, network, seed=1000, accuracy=header.accuracy, synthetic=True)
    with pytest.raises(UserError, match="self-check accuracy failed"):
        run_checks(evaluator())


def test_features_kept_by_another_version_are_caught(
    evaluator: Callable[..., Evaluator], monkeypatch: pytest.MonkeyPatch
) -> None:
    run_checks(evaluator())
    # Trained on mirror images too, the network answers them as well.
    _forward(monkeypatch, lambda network, images: network(images.flip(3).float() / 127.5 - 1))
    monkeypatch.setattr(selfcheck, "ACCURACY", 0.1)
    with pytest.raises(UserError, match=r"self-check features_kept failed.* delete \.cache"):
        run_checks(evaluator())


def test_too_few_samples_are_refused(evaluator: Callable[..., Evaluator]) -> None:
    measure = evaluator()
    with pytest.raises(UserError, match="99 sample images are too few to measure: take at least 100"):
        measure.evaluate(measure.held_back(99))


@pytest.mark.parametrize("values", [(0, 1), (0, 1, 255)])
def test_samples_cast_without_scaling_are_refused(trained: Path, gen100: Process, values: tuple[int, ...]) -> None:
    folder = trained / "results/vae-elbo-128/0"
    folder.mkdir(parents=True, exist_ok=True)
    images = np.random.default_rng(0).choice(np.array(values, dtype=np.uint8), (100, 3, 32, 32))
    np.save(folder / "samples.npy", images)
    pretend_checked(trained)
    done = gen100(trained, "evaluate", "vae-elbo-128", 0, check=False)
    assert done.returncode == 2
    assert "samples.npy holds no values but 0, 1 and 255" in done.stderr
    assert "run stage sample vae-elbo-128 0 again" in done.stderr


def test_an_untrained_inception_is_caught(trained: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class RandomInception(torch_fidelity.FeatureExtractorInceptionV3):
        def load_state_dict(self, *_: object, **__: object) -> None:  # type: ignore[override]
            return

    monkeypatch.chdir(tmp_path)
    torch.save({}, "nothing.pth")
    torch.manual_seed(0)
    network = RandomInception("inception-v3-compat", ["2048"], "nothing.pth")
    torch.save(network.state_dict(), "inception.pth")
    store_downloaded("inception-v3-compat", Path("inception.pth"), METRIC)
    monkeypatch.setattr(selfcheck, "IMAGES", 20)
    data = arrays.load(trained / "data/cifar100.npz")
    settings = config.load_params(trained / "params.yaml").metrics
    with pytest.raises(UserError, match=r"self-check is_real failed.* is 1, .* without its trained weights"):
        run_checks(Evaluator(data, settings, Path("cache")))


def test_pictures_lose_what_they_should() -> None:
    ramp = np.broadcast_to(np.arange(0, 256, 8, dtype=np.uint8), (1, 3, 32, 32))
    dots = np.zeros((1, 3, 32, 32), dtype=np.uint8)
    dots[..., 16, 16] = 255
    for change in (jpeg, blurred):
        assert change(ramp).shape == ramp.shape
        assert np.abs(change(ramp).astype(int) - ramp)[..., 8:24].mean() < 12
    assert blurred(dots).max() == round(255 / (2 * np.pi * 2.0**2))
    assert not np.array_equal(jpeg(dots), dots)


def test_the_least_information_of_an_accuracy() -> None:
    assert least_information(1.0, 100) == pytest.approx(np.log(100))
    assert least_information(0.01, 100) == pytest.approx(0.0, abs=1e-12)
    # A channel that errs evenly over the other classes attains Fano's bound.
    confusion = np.full((4, 4), 0.3 / 3) + np.eye(4) * (0.7 - 0.3 / 3)
    joint = confusion / 4
    information = (joint * np.log(joint / np.outer(joint.sum(1), joint.sum(0)))).sum()
    assert least_information(0.7, 4) == pytest.approx(information)
