"""The project's own feature network: what it returns, that it learns, and how its images are moved."""

import torch

from gen100 import config
from gen100.metrics.network import FeatureNetwork, translate
from gen100.settings import Optimizer, Training
from gen100.training.phase import Batch

SETTINGS = config.FeatureNetworkSettings(
    channels=[8, 12, 16],
    batch_size=32,
    training=Training(images=1000, optimizer=Optimizer(lr=3.0e-3), ema_images=100),
)


def batch(count: int) -> Batch:
    generator = torch.Generator().manual_seed(0)
    images = torch.rand(count, 3, 32, 32, generator=generator) * 2 - 1
    return Batch(images, torch.arange(count) % 100, 0.0)


def test_features_maps_and_logits_have_their_shapes() -> None:
    network = FeatureNetwork(SETTINGS).eval()
    features, logits = network(batch(5).images)
    assert features.shape == (5, 16)
    assert logits.shape == (5, 100)
    maps = network.features(batch(5).images)
    assert [tuple(item.shape[1:]) for item in maps] == [(8, 16, 16), (12, 8, 8), (16, 4, 4)]
    torch.testing.assert_close(features, maps[-1].mean(dim=(2, 3)))


def test_an_images_features_do_not_depend_on_its_batch() -> None:
    network = FeatureNetwork(SETTINGS).eval()
    images = batch(6).images
    together, _ = network(images)
    alone = torch.cat([network(image[None])[0] for image in images])
    torch.testing.assert_close(together, alone, atol=1e-5, rtol=1e-4)


def test_training_steps_lower_the_loss() -> None:
    torch.manual_seed(0)
    network = FeatureNetwork(SETTINGS)
    (phase,) = network.phases()
    assert {id(parameter) for parameter in phase.parameters} == {id(item) for item in network.parameters()}
    fixed, losses = batch(32), []
    for _ in range(60):
        parts = phase.loss(fixed)
        phase.optimizer.zero_grad()
        parts["loss"].backward()
        phase.optimizer.step()
        losses.append(float(parts["loss"].detach()))
    assert min(losses[-5:]) < 0.75 * losses[0]
    parts = network.eval().validate(fixed)
    assert parts["loss"] < losses[0]
    assert 0.03 < parts["accuracy"] <= 1  # chance is 1 in 100


def test_validation_is_cross_entropy_in_nats_and_the_share_of_right_answers() -> None:
    torch.manual_seed(0)
    network = FeatureNetwork(SETTINGS).eval()
    images = batch(8).images
    _, logits = network(images)
    labels = logits.argmax(dim=1)
    labels[:2] = logits.argmin(dim=1)[:2]
    parts = network.validate(Batch(images, labels, 0.0))
    chosen = (logits.exp() / logits.exp().sum(dim=1, keepdim=True))[torch.arange(8), labels]
    torch.testing.assert_close(parts["loss"], -chosen.log().mean())
    assert float(parts["accuracy"]) == 6 / 8


def test_each_image_moves_by_its_own_whole_number_of_pixels() -> None:
    torch.manual_seed(1)
    images = torch.rand(64, 2, 12, 10)
    moved = translate(images, shift=2)
    padded = torch.nn.functional.pad(images, (2, 2, 2, 2), mode="reflect")
    shifts = set()
    for place, image in enumerate(moved):
        found = [
            (top, left)
            for top in range(5)
            for left in range(5)
            if torch.equal(image, padded[place, :, top : top + 12, left : left + 10])
        ]
        assert len(found) == 1
        shifts.add(found[0])
    assert {top for top, _ in shifts} == {left for _, left in shifts} == set(range(5))
