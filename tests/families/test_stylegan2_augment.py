"""Differentiable augmentation: what it may and may not change."""

import pytest
import torch

from gen100.families.stylegan2.augment import AUGMENTATIONS, augment, color, cutout, translation


def one_pixel(batch: int) -> torch.Tensor:
    images = torch.zeros(batch, 3, 32, 32)
    images[:, :, 16, 15] = 1.0
    return images


def test_no_names_is_the_identity() -> None:
    images = torch.randn(4, 3, 32, 32)
    assert torch.equal(augment(images, []), images)


@pytest.mark.parametrize("name", AUGMENTATIONS)
def test_each_image_has_its_own_parameters_and_repeats_with_the_seed(name: str) -> None:
    images = torch.rand(1, 3, 32, 32).expand(8, -1, -1, -1) + 0.5
    torch.manual_seed(1)
    first = augment(images, [name])
    assert first.shape == images.shape
    assert len({tuple(image.flatten().tolist()) for image in first}) > 5
    torch.manual_seed(1)
    assert torch.equal(augment(images, [name]), first)


@pytest.mark.parametrize("name", AUGMENTATIONS)
def test_gradients_are_exact(name: str) -> None:
    images = torch.randn(2, 3, 8, 8, dtype=torch.float64, requires_grad=True)

    def seeded(x: torch.Tensor) -> torch.Tensor:
        torch.manual_seed(3)
        return augment(x, [name])

    assert torch.autograd.gradcheck(seeded, images)


def test_color_keeps_the_mean_image() -> None:
    """Shift, saturation and contrast have means 0, 1 and 1: the expected result is the image itself."""
    image = torch.rand(1, 3, 4, 4) * 2 - 1
    results = color(image.expand(40_000, -1, -1, -1))
    torch.testing.assert_close(results.mean(dim=0), image[0], atol=0.02, rtol=0)


def test_color_stays_within_its_ranges() -> None:
    image = torch.rand(1, 3, 8, 8) * 2 - 1
    results = color(image.expand(2000, -1, -1, -1))
    shift = results.mean(dim=(1, 2, 3)) - image.mean()
    assert shift.abs().max() <= 0.5 + 1e-5
    assert shift.min() < -0.45
    assert shift.max() > 0.45
    gray = (results.mean(dim=1) - results.mean(dim=(1, 2, 3))[:, None, None]).std(dim=(1, 2))
    contrast = gray / (image[0].mean(dim=0)).std()
    assert 0.5 - 1e-3 <= contrast.min() < 0.55
    assert 1.45 < contrast.max() <= 1.5 + 1e-3


def test_translation_moves_whole_pixels() -> None:
    moved = translation(one_pixel(2000))
    assert set(moved.unique().tolist()) == {0.0, 1.0}
    assert torch.equal(moved.sum(dim=(1, 2, 3)), torch.full((2000,), 3.0))
    places = moved[:, 0].nonzero()
    assert set((places[:, 1] - 16).tolist()) == set(range(-4, 5))
    assert set((places[:, 2] - 15).tolist()) == set(range(-4, 5))


def test_translation_is_a_shift_with_zeros() -> None:
    images = torch.randn(64, 3, 32, 32)
    moved = translation(images)
    for image, result in zip(images, moved, strict=True):
        padded = torch.nn.functional.pad(image, (4, 4, 4, 4))
        windows = [padded[:, r : r + 32, c : c + 32] for r in range(9) for c in range(9)]
        assert sum(torch.equal(result, window) for window in windows) == 1


def test_cutout_is_one_square_of_zeros() -> None:
    results = cutout(torch.ones(3000, 3, 32, 32))
    assert set(results.unique().tolist()) == {0.0, 1.0}
    hole = 1 - results[:, 0]
    rows, columns = hole.amax(dim=2), hole.amax(dim=1)
    assert torch.equal(hole, rows[:, :, None] * columns[:, None, :])
    assert torch.equal(results[:, 0], results[:, 2])
    # Centers lie anywhere from one border to the other: from half a hole to a whole one on each side.
    assert (rows.sum(dim=1).min(), rows.sum(dim=1).max()) == (8, 16)
    center = (rows * torch.arange(32)).sum(dim=1) / rows.sum(dim=1)
    assert center.mean().item() == pytest.approx(15.5, abs=0.5)
