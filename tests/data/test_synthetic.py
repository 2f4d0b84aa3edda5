"""The synthetic stand-in: same bytes from the same seed, classes that differ, the official format."""

from pathlib import Path

import numpy as np
import pytest

from gen100.config import Synthetic, SyntheticData
from gen100.data.arrays import Cifar100, load, prepare
from gen100.data.captions import caption, caption_tokens
from gen100.data.synthetic import kinds, write_archive

SETTINGS = Synthetic(train=3000, test=1000, seed=3)


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Cifar100:
    folder = tmp_path_factory.mktemp("synthetic")
    write_archive(folder / "archive.tar.gz", SETTINGS)
    prepare(folder / "archive.tar.gz", folder / "a.npz", SyntheticData(synthetic=SETTINGS).facts)
    return load(folder / "a.npz")


def test_same_settings_same_bytes_other_seed_other_images(tmp_path: Path) -> None:
    small = Synthetic(train=200, test=100, seed=1)
    for name, settings in (("a", small), ("b", small), ("c", small.model_copy(update={"seed": 2}))):
        write_archive(tmp_path / name, settings)
    first, second, other = ((tmp_path / name).read_bytes() for name in "abc")
    assert first == second
    assert first != other
    assert first[4:8] == bytes(4)  # gzip's time stamp


def test_says_synthetic(data: Cifar100) -> None:
    assert data.facts.synthetic
    assert (data.facts.train, data.facts.test, data.facts.seed) == (SETTINGS.train, SETTINGS.test, SETTINGS.seed)


def test_classes_are_named_and_grouped(data: Cifar100) -> None:
    assert data.fine_names == sorted(set(data.fine_names))
    assert all(name.replace("_", "").isalpha() and name.islower() for name in data.fine_names)
    assert all(2 <= len(name.split("_")) <= 3 for name in data.fine_names)
    for label, name in enumerate(data.fine_names):
        figures = {data.coarse_names[coarse] for coarse in data.train_coarse[data.train_labels == label]}
        assert figures == {name.split("_")[-1]}
    assert np.bincount(data.train_coarse).tolist() == [SETTINGS.train // 20] * 20


def test_no_two_classes_look_alike_by_definition() -> None:
    every = kinds()
    assert len(set(every)) == 100
    assert len({kind.figure for kind in every}) == 20


def test_images_vary_within_a_class_and_between_splits(data: Cifar100) -> None:
    flat = data.train_images.reshape(SETTINGS.train, -1)
    assert len(np.unique(flat, axis=0)) == SETTINGS.train
    assert not (set(map(bytes, flat)) & set(map(bytes, data.test_images.reshape(SETTINGS.test, -1))))
    spread = flat[data.train_labels == 0].std(0)
    assert spread.min() > 5


def test_a_linear_classifier_learns_it(data: Cifar100) -> None:
    """Ridge regression on pixels of 3,000 images: chance is 1 %, superclasses 5 %."""

    def features(images: np.ndarray) -> np.ndarray:
        pooled = images.reshape(len(images), 3, 16, 2, 16, 2).mean((3, 5)).reshape(len(images), -1)
        return np.hstack([pooled / 127.5 - 1, np.ones((len(images), 1))])

    x, test = features(data.train_images), features(data.test_images)
    inverse = np.linalg.inv(x.T @ x + 30 * np.eye(x.shape[1])) @ x.T
    fine = test @ inverse @ np.eye(100)[data.train_labels]
    coarse = test @ inverse @ np.eye(20)[data.train_coarse]
    assert (fine.argmax(1) == data.test_labels).mean() > 0.25
    assert (coarse.argmax(1) == data.test_coarse).mean() > 0.25


def test_labels_are_shuffled(data: Cifar100) -> None:
    assert len(np.unique(data.train_labels[:100])) > 40


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("maple_tree", "a photo of a maple tree"),
        ("apple", "a photo of an apple"),
        ("small_red_disc", "a photo of a small red disc"),
        ("aquarium_fish", "a photo of an aquarium fish"),
    ],
)
def test_caption(name: str, expected: str) -> None:
    assert caption(name) == expected


def test_caption_tokens_number_words_alphabetically() -> None:
    # a 1, an 2, apple 3, of 4, photo 5, red 6, ring 7
    expected = [[1, 5, 4, 1, 6, 7], [1, 5, 4, 2, 3, 0]]
    tokens = caption_tokens(["red_ring", "apple"])
    assert tokens.dtype == np.int64
    assert tokens.tolist() == expected


def test_caption_tokens_tell_classes_apart(data: Cifar100) -> None:
    tokens = caption_tokens(data.fine_names)
    assert tokens.shape[0] == len(np.unique(tokens, axis=0)) == 100
    assert sorted(np.unique(tokens)) == list(range(tokens.max() + 1))
