"""Weights at rest: round trips, files that are refused, and the frozen network of the perceptual loss."""

from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from torch import nn
from torchvision.models import vgg16

from gen100 import config
from gen100.errors import UserError
from gen100.metrics.extractors import load_extractor, store_downloaded
from gen100.metrics.network import FeatureNetwork
from gen100.metrics.perceptual import load_perceptual
from gen100.metrics.weights import OtherHeader, load_network, save_network, write_weights
from gen100.settings import Optimizer, Training

SETTINGS = config.FeatureNetworkSettings(
    channels=[4, 6],
    batch_size=8,
    training=Training(images=100, optimizer=Optimizer(lr=1.0e-3), ema_images=10),
)
IMAGES = torch.rand(3, 3, 32, 32, generator=torch.Generator().manual_seed(0)) * 2 - 1


class Code:
    def __reduce__(self) -> tuple[object, tuple[str]]:
        return print, ("code in a file of weights was run",)


def save(path: Path, network: FeatureNetwork) -> Path:
    save_network(path, network, seed=7, accuracy=0.5, synthetic=False)
    return path


@pytest.fixture
def network() -> FeatureNetwork:
    torch.manual_seed(0)
    network = FeatureNetwork(SETTINGS)
    network(IMAGES)  # moves the batch normalization's statistics away from their defaults
    return network.eval()


@pytest.fixture
def vgg_weights() -> dict[str, torch.Tensor]:
    torch.manual_seed(0)
    with torch.device("meta"):
        shapes = vgg16(weights=None).features.state_dict()
    return {
        f"features.{name}": torch.randn(shape.shape) * (2 / max(shape[0].numel(), 9)) ** 0.5
        for name, shape in list(shapes.items())[:14]
    }


def test_own_network_round_trip(tmp_path: Path, network: FeatureNetwork) -> None:
    loaded = load_network(save(tmp_path / "own.safetensors", network))
    assert loaded.settings == SETTINGS
    assert not loaded.training
    assert not any(parameter.requires_grad for parameter in loaded.parameters())
    for one, other in zip(network(IMAGES), loaded(IMAGES), strict=True):
        torch.testing.assert_close(one, other)


def test_the_same_network_gives_the_same_file(tmp_path: Path, network: FeatureNetwork) -> None:
    one, other = save(tmp_path / "a.safetensors", network), save(tmp_path / "b.safetensors", network)
    assert one.read_bytes() == other.read_bytes()


def test_perceptual_network_stays_frozen_and_passes_gradients(tmp_path: Path, network: FeatureNetwork) -> None:
    perceptual = load_perceptual(save(tmp_path / "own.safetensors", network))
    around = nn.Sequential(perceptual).train()
    images = IMAGES.clone().requires_grad_()
    maps = perceptual.features(images)
    for one, other in zip(maps, network.features(IMAGES), strict=True):
        torch.testing.assert_close(one, other)
    sum(item.mean() for item in maps).backward()  # type: ignore[union-attr]
    assert images.grad is not None
    assert images.grad.abs().sum() > 0
    assert not [name for name, parameter in around.named_parameters() if parameter.requires_grad]
    assert not any(module.training for module in perceptual.modules())


def test_vgg16_features_are_torchvisions(tmp_path: Path, vgg_weights: dict[str, torch.Tensor]) -> None:
    torch.save(vgg_weights, tmp_path / "vgg.pth")
    store_downloaded("vgg16", tmp_path / "vgg.pth", tmp_path / "vgg.safetensors")
    maps = load_perceptual(tmp_path / "vgg.safetensors").features(IMAGES)
    assert [tuple(item.shape[1:]) for item in maps] == [(64, 32, 32), (128, 16, 16), (256, 8, 8)]

    x = (IMAGES * 0.5 + 0.5 - torch.tensor([0.485, 0.456, 0.406]).view(3, 1, 1)) / torch.tensor(
        [0.229, 0.224, 0.225]
    ).view(3, 1, 1)
    named = iter(vgg_weights.values())
    for block, expected in zip((2, 2, 3), maps, strict=True):
        for _ in range(block):
            x = torch.relu(nn.functional.conv2d(x, next(named), next(named), padding=1))
        torch.testing.assert_close(expected, x, atol=1e-4, rtol=1e-4)
        x = nn.functional.max_pool2d(x, 2)


@pytest.mark.parametrize("broken", ["missing", "shape"])
def test_other_weights_are_no_vgg16(tmp_path: Path, vgg_weights: dict[str, torch.Tensor], broken: str) -> None:
    if broken == "missing":
        del vgg_weights["features.5.weight"]
    else:
        vgg_weights["features.5.weight"] = torch.zeros(128, 64, 5, 5)
    torch.save(vgg_weights, tmp_path / "vgg.pth")
    with pytest.raises(UserError, match=r"vgg\.pth.*VGG16.*features\.5\.weight"):
        store_downloaded("vgg16", tmp_path / "vgg.pth", tmp_path / "vgg.safetensors")
    assert not (tmp_path / "vgg.safetensors").exists()


def test_code_in_a_pth_is_refused_and_not_run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    torch.save({"features.0.weight": Code()}, tmp_path / "vgg.pth")
    with pytest.raises(UserError, match=r"vgg\.pth.*code"):
        store_downloaded("vgg16", tmp_path / "vgg.pth", tmp_path / "vgg.safetensors")
    assert "was run" not in capsys.readouterr().out
    torch.load(tmp_path / "vgg.pth", weights_only=False)
    assert "was run" in capsys.readouterr().out


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 not a zip", b"hello"])
def test_a_damaged_pth_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "vgg.pth").write_bytes(content)
    with pytest.raises(UserError, match=r"vgg\.pth"):
        store_downloaded("vgg16", tmp_path / "vgg.pth", tmp_path / "vgg.safetensors")


@pytest.mark.parametrize("kept", [0, 6, 200, -4])
def test_a_damaged_file_names_itself_and_the_way_out(tmp_path: Path, network: FeatureNetwork, kept: int) -> None:
    path = save(tmp_path / "own.safetensors", network)
    path.write_bytes(path.read_bytes()[:kept])
    with pytest.raises(UserError, match=r"own\.safetensors.*delete it and run stage extractor again"):
        load_network(path)


def test_a_missing_file_says_which_stage_makes_it(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"none\.safetensors is missing: run stage extractor"):
        load_perceptual(tmp_path / "none.safetensors")


def test_another_kind_of_network_is_refused(tmp_path: Path, vgg_weights: dict[str, torch.Tensor]) -> None:
    torch.save(vgg_weights, tmp_path / "vgg.pth")
    store_downloaded("vgg16", tmp_path / "vgg.pth", tmp_path / "vgg.safetensors")
    with pytest.raises(UserError, match=r"vgg\.safetensors holds weights of vgg16, not of cifar100-network"):
        load_network(tmp_path / "vgg.safetensors")


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_weights_that_are_no_numbers_are_refused(tmp_path: Path, network: FeatureNetwork, value: float) -> None:
    with torch.no_grad():
        network.classify.bias[3] = value
    with pytest.raises(UserError, match=r"own\.safetensors.*finite.*classify\.bias.*run stage extractor again"):
        load_network(save(tmp_path / "own.safetensors", network))


def test_weights_of_another_type_are_refused(tmp_path: Path, network: FeatureNetwork) -> None:
    network.classify.half()
    with pytest.raises(UserError, match=r"own\.safetensors.*another network.*run stage extractor again"):
        load_network(save(tmp_path / "own.safetensors", network))


@pytest.mark.parametrize("load", [load_perceptual, load_extractor])
def test_downloaded_weights_of_another_type_are_refused(tmp_path: Path, load: Callable[[Path], object]) -> None:
    kind = "vgg16" if load is load_perceptual else "inception-v3-compat"
    path = tmp_path / "other.safetensors"
    write_weights(path, {"features.0.weight": torch.zeros(2, dtype=torch.float16)}, OtherHeader(kind=kind))
    with pytest.raises(UserError, match=r"other\.safetensors.*run stage extractor again"):
        load(path)
