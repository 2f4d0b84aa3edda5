"""A run's evaluation: equal to torch-fidelity's own, the same in any order and batch, and what it keeps."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
import torch_fidelity
from torch.utils.data import Dataset
from torch_fidelity import registry
from torch_fidelity.metric_prc import prc_features_to_metric

from gen100 import config, layout
from gen100.errors import UserError
from gen100.metrics.evaluation import Evaluator, Sample
from gen100.metrics.extractors import OWN_NAME, Cifar100Extractor
from gen100.metrics.features import Extractor, cached, evenly
from gen100.metrics.weights import load_network
from support.tiny_metrics import draw, drawn_data, measure, save_tiny_network

MEASURES = ["isc", "fid", "kid", "prc"]
CACHE = Path("cache")


class Images(Dataset[torch.Tensor]):
    def __init__(self, images: np.ndarray) -> None:
        self.images = images

    def __len__(self) -> int:
        return len(self.images)

    def __getitem__(self, index: int) -> torch.Tensor:
        return torch.from_numpy(self.images[index])


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    save_tiny_network()


@pytest.fixture
def evaluator(demo_params: dict) -> Callable[..., Evaluator]:
    def make(reference: str = "train") -> Evaluator:
        settings = config.Metrics.model_validate(demo_params["metrics"] | {"reference": reference})
        return Evaluator(drawn_data(), settings, CACHE)

    return make


def numbers(sample: Sample) -> dict[str, float]:
    """What was measured and is not empty."""
    return {key: value for key, value in sample.values.items() if value is not None}


@pytest.mark.filterwarnings("ignore:Feature extractor .* already registered")
def test_all_measures_are_torch_fidelitys() -> None:
    if OWN_NAME not in registry.FEATURE_EXTRACTORS_REGISTRY:
        torch_fidelity.register_feature_extractor(OWN_NAME, Cifar100Extractor)
    samples, real = draw(230, 1, high=220), draw(300, 2)
    theirs = torch_fidelity.calculate_metrics(
        input1=Images(samples),
        input2=Images(real),
        feature_extractor=OWN_NAME,
        feature_extractor_weights_path=str(layout.extractor("metric")),
        kid_subset_size=115,
        **dict.fromkeys(("isc", "fid", "kid"), True),
        cuda=False,
        cache=False,
        save_cpu_ram=True,
        verbose=False,
    )
    # Of the 300 real images as many as there are samples.
    extractor = Extractor(layout.extractor("metric"))
    some = real[evenly(300, 230)]
    theirs |= prc_features_to_metric(
        *(extractor(images).pooled for images in (samples, some)),
        prc_neighborhood=3,
        save_cpu_ram=False,
        verbose=False,
    )
    ours = measure(samples, ("train", real), layout.extractor("metric"), MEASURES, CACHE, batch_size=64)
    names = {
        "fid": torch_fidelity.KEY_METRIC_FID,
        "is": torch_fidelity.KEY_METRIC_ISC_MEAN,
        "is_std": torch_fidelity.KEY_METRIC_ISC_STD,
        "kid": torch_fidelity.KEY_METRIC_KID_MEAN,
        "kid_std": torch_fidelity.KEY_METRIC_KID_STD,
        "precision": torch_fidelity.KEY_METRIC_PRECISION,
        "recall": torch_fidelity.KEY_METRIC_RECALL,
    }
    assert set(ours) == set(names) | {"kid_subset_size", "prc_images"}
    assert (ours["kid_subset_size"], ours["prc_images"]) == (115, 230)
    for ours_name, theirs_name in names.items():
        assert ours[ours_name] == pytest.approx(theirs[theirs_name], rel=1e-6, abs=1e-9), ours_name


def test_a_run_is_measured_against_both_splits(evaluator: Callable[..., Evaluator]) -> None:
    samples = draw(120, 1)
    sizes = {"train": 400, "test": 150}
    for reference, other in (("train", "test"), ("test", "train")):
        found = evaluator(reference).evaluate(samples)
        against = ("fid", "kid", "kid_std", "kid_subset_size", "precision", "recall", "prc_images")
        assert set(found.values) == {
            *against,
            *(f"{key}_other" for key in against),
            *("is", "is_std", "fid_limit", "fid_limit_se", "fid_se", "neighbour_ratio", "neighbour_closer"),
        }
        splits = {"train": drawn_data().train_images, "test": drawn_data().test_images}
        for suffix, split in (("", reference), ("_other", other)):
            alone = measure(samples, (split, splits[split]), layout.extractor("metric"), MEASURES, CACHE)
            for key in against:
                assert found.values[key + suffix] == pytest.approx(alone[key], rel=1e-6)
        facts = evaluator(reference).provenance(120)
        assert (facts.reference.split, facts.reference.images) == (reference, sizes[reference])
        assert (facts.other.split, facts.other.images) == (other, sizes[other])
        assert (facts.samples, facts.data, facts.extractor.seed) == (120, drawn_data().facts, 1000)


def test_class_accuracy_is_the_share_of_images_in_their_class(evaluator: Callable[..., Evaluator]) -> None:
    samples = draw(120, 1)
    with torch.no_grad():
        _, logits = load_network(layout.extractor("metric"))(torch.from_numpy(samples).float() / 127.5 - 1)
    right = logits.argmax(1).numpy()
    assert len(set(right)) > 3
    for wrong in (0, 30, 120):
        labels = right.copy()
        labels[:wrong] = (right[:wrong] + 1) % 100
        found = evaluator().evaluate(samples, labels=labels).values
        assert found["class_accuracy"] == pytest.approx(1 - wrong / 120)
    assert "class_accuracy" not in evaluator().evaluate(samples).values


def test_neighbours_are_training_images_whatever_the_reference(evaluator: Callable[..., Evaluator]) -> None:
    copies = drawn_data().train_images[np.arange(0, 400, 4)]
    for reference in ("train", "test"):
        found = evaluator(reference).evaluate(copies)
        values, (distances, neighbours) = numbers(found), found.nearest
        assert neighbours.tolist() == list(range(0, 400, 4))
        assert distances.max() < 1e-4
        assert values["neighbour_closer"] == 1.0
        assert values["neighbour_ratio"] < 1e-4


@pytest.mark.parametrize(("repeated", "empty"), [(0, False), (70, False), (80, True), (150, True)])
def test_test_images_that_are_training_images_are_not_compared_with(
    demo_params: dict, repeated: int, empty: bool
) -> None:
    data = drawn_data()
    test = np.concatenate([data.train_images[:repeated], data.test_images[repeated:]])
    shared = replace(data, test_images=test)
    settings = config.Metrics.model_validate(demo_params["metrics"])
    assert shared.repeated.sum() == repeated
    evaluator, samples = Evaluator(shared, settings, CACHE), draw(120, 1)
    values = evaluator.evaluate(samples).values
    if empty:
        assert (values["neighbour_ratio"], values["neighbour_closer"]) == (None, None)
        return
    alone = replace(data, test_images=data.test_images[repeated:])
    expected = Evaluator(alone, settings, CACHE).evaluate(samples).values
    for key in ("neighbour_ratio", "neighbour_closer"):
        assert values[key] == pytest.approx(expected[key], rel=1e-4)


def test_parts_of_an_ordered_set_hold_all_its_classes() -> None:
    """Samples come in the order of their classes; every fifth of them would have one of 20."""
    chosen = evenly(50_000, 10_000)
    assert len(set(chosen)) == 10_000
    assert (np.diff(chosen) > 0).all()
    assert np.array_equal(chosen // 5, np.arange(10_000))
    frequency = np.bincount(chosen % 100, minlength=100)
    assert frequency.min() > 60
    assert frequency.max() < 140
    assert np.array_equal(evenly(300, 300), np.arange(300))


def test_held_back_images_are_of_all_classes_where_these_come_in_turn(evaluator: Callable[..., Evaluator]) -> None:
    measure_all = evaluator("test")
    held = replace(measure_all.data, train_labels=np.arange(400) % 100)
    measure_all.data = held
    labels = measure_all.held_back_labels(100)
    assert len(labels) == 100
    assert len(set(labels)) > 50
    images = measure_all.held_back(100)
    assert np.array_equal(images, held.train_images[measure_all.spread(100)])


def test_real_images_are_not_measured_against_their_own_split(evaluator: Callable[..., Evaluator]) -> None:
    measure_all = evaluator("test")
    assert measure_all.held_back(1000).shape == (400, 3, 32, 32)
    found = measure_all.evaluate(measure_all.held_back(100), seen="train").values
    assert not [key for key in found if key.endswith("_other") or key.startswith("neighbour")]
    assert {"fid", "kid", "precision", "fid_se"} <= set(found)


def test_order_batch_and_threads_change_rounding_alone(evaluator: Callable[..., Evaluator]) -> None:
    """Tolerances as `evaluate` states them; IS within its splits' spread, KID within its subsets'."""
    samples = draw(200, 1)
    plain = numbers(evaluator().evaluate(samples))
    for change in ("batch", "threads", "order"):
        measure_all, images = evaluator(), samples
        if change == "batch":
            measure_all.extractor.batch_size = 7
        if change == "order":
            images = samples[np.random.default_rng(0).permutation(200)]
        threads = torch.get_num_threads()
        torch.set_num_threads(2 if change == "threads" else threads)
        try:
            found = numbers(measure_all.evaluate(images))
        finally:
            torch.set_num_threads(threads)
        for key, value in plain.items():
            if change == "order" and key in ("is", "is_std", "fid_se", "fid_limit", "fid_limit_se"):
                spread = {"is": 3 * plain["is_std"], "is_std": plain["is_std"]}.get(key, 5 * plain["fid_limit_se"])
                assert abs(found[key] - value) < spread, (change, key)
            elif change == "order" and key in ("precision_other", "recall_other"):
                # Of 200 samples the 150 that are compared with as many real images are other ones.
                assert abs(found[key] - value) < 0.2, key
            elif change == "order" and key.startswith("kid"):
                assert abs(found[key] - value) <= 3 * max(plain["kid_std"], plain["kid_std_other"]), (change, key)
            else:
                assert found[key] == pytest.approx(value, rel=1e-3, abs=1e-6), (change, key)


def test_a_second_run_extracts_its_samples_alone(
    evaluator: Callable[..., Evaluator], monkeypatch: pytest.MonkeyPatch
) -> None:
    first = evaluator().evaluate(draw(100, 1))
    sizes = []
    right = Extractor.__call__
    monkeypatch.setattr(
        Extractor, "__call__", lambda self, images, *a: sizes.append(len(images)) or right(self, images, *a)
    )
    again = evaluator().evaluate(draw(100, 1))
    assert sizes == [100]
    assert again.values == first.values
    assert again.resamples.equals(first.resamples)
    assert not list(CACHE.glob("*.part*"))


def test_a_damaged_file_of_the_cache_is_named(evaluator: Callable[..., Evaluator]) -> None:
    evaluator().evaluate(draw(100, 1))
    (file,) = CACHE.glob("train-*-radii-100.npz")
    file.write_bytes(file.read_bytes()[:100])
    with pytest.raises(UserError, match=r"-radii-100\.npz is damaged .* delete it and start again"):
        evaluator().evaluate(draw(100, 1))


def test_the_cache_holds_no_code(tmp_path: Path) -> None:
    file = tmp_path / "code.npz"
    np.savez(file, values=np.array([print], dtype=object))
    with pytest.raises(UserError, match=r"code\.npz is damaged"):
        cached(file, dict)
