"""DINOv2 from a file of the official format, against a transformer written out here, and its distance."""

import math
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor
from torch.nn import functional as F
from torch_fidelity.interpolate_compat_tensorflow import interpolate_bilinear_2d_like_tensorflow1x

from gen100 import config, layout
from gen100.errors import UserError
from gen100.metrics.dinov2 import positions
from gen100.metrics.evaluation import Evaluator
from gen100.metrics.extractors import store_downloaded
from gen100.metrics.features import Extractor
from gen100.metrics.perceptual import load_perceptual
from support.tiny_metrics import draw, drawn_data, measure, save_tiny_network

WIDTH, DEPTH = 128, 2


@pytest.fixture
def weights() -> dict[str, Tensor]:
    """Of the official names and shapes, but for a narrow and shallow transformer."""
    shapes: dict[str, tuple[int, ...]] = {
        "cls_token": (1, 1, WIDTH),
        "pos_embed": (1, 1 + 37 * 37, WIDTH),
        "mask_token": (1, WIDTH),
        "patch_embed.proj.weight": (WIDTH, 3, 14, 14),
        "patch_embed.proj.bias": (WIDTH,),
        "norm.weight": (WIDTH,),
        "norm.bias": (WIDTH,),
    }
    for block in range(DEPTH):
        inner = {
            "norm1.weight": (WIDTH,),
            "norm1.bias": (WIDTH,),
            "attn.qkv.weight": (3 * WIDTH, WIDTH),
            "attn.qkv.bias": (3 * WIDTH,),
            "attn.proj.weight": (WIDTH, WIDTH),
            "attn.proj.bias": (WIDTH,),
            "ls1.gamma": (WIDTH,),
            "norm2.weight": (WIDTH,),
            "norm2.bias": (WIDTH,),
            "mlp.fc1.weight": (4 * WIDTH, WIDTH),
            "mlp.fc1.bias": (4 * WIDTH,),
            "mlp.fc2.weight": (WIDTH, 4 * WIDTH),
            "mlp.fc2.bias": (WIDTH,),
            "ls2.gamma": (WIDTH,),
        }
        shapes |= {f"blocks.{block}.{name}": shape for name, shape in inner.items()}
    generator = torch.Generator().manual_seed(0)
    return {name: torch.randn(shape, generator=generator) / shape[-1] ** 0.5 for name, shape in shapes.items()}


def class_token(w: dict[str, Tensor], images: Tensor) -> Tensor:
    """The transformer of Oquab et al. 2024 (section 3 and Dosovitskiy et al. 2021), from uint8 images."""
    x = interpolate_bilinear_2d_like_tensorflow1x(images.float(), size=(224, 224), align_corners=False) / 255
    mean, std = torch.tensor([0.485, 0.456, 0.406]), torch.tensor([0.229, 0.224, 0.225])
    x = (x - mean.view(3, 1, 1)) / std.view(3, 1, 1)
    x = F.conv2d(x, w["patch_embed.proj.weight"], w["patch_embed.proj.bias"], stride=14).flatten(2).transpose(1, 2)
    x = torch.cat([w["cls_token"].expand(len(x), -1, -1), x], dim=1) + positions(w["pos_embed"], 16)
    for block in range(DEPTH):
        p = f"blocks.{block}."
        y = F.layer_norm(x, (WIDTH,), w[p + "norm1.weight"], w[p + "norm1.bias"], eps=1e-6)
        q, k, v = (y @ w[p + "attn.qkv.weight"].T + w[p + "attn.qkv.bias"]).chunk(3, dim=-1)
        heads = []
        for head in range(WIDTH // 64):
            part = slice(64 * head, 64 * head + 64)
            attention = (q[..., part] @ k[..., part].transpose(1, 2) / math.sqrt(64)).softmax(-1)
            heads.append(attention @ v[..., part])
        y = torch.cat(heads, dim=-1) @ w[p + "attn.proj.weight"].T + w[p + "attn.proj.bias"]
        x = x + w[p + "ls1.gamma"] * y
        y = F.layer_norm(x, (WIDTH,), w[p + "norm2.weight"], w[p + "norm2.bias"], eps=1e-6)
        y = F.gelu(y @ w[p + "mlp.fc1.weight"].T + w[p + "mlp.fc1.bias"])
        x = x + w[p + "ls2.gamma"] * (y @ w[p + "mlp.fc2.weight"].T + w[p + "mlp.fc2.bias"])
    return F.layer_norm(x[:, 0], (WIDTH,), w["norm.weight"], w["norm.bias"], eps=1e-6)


def test_features_are_the_class_token(tmp_path: Path, weights: dict[str, Tensor]) -> None:
    torch.save(weights, tmp_path / "dinov2.pth")
    store_downloaded("dinov2", tmp_path / "dinov2.pth", tmp_path / "dinov2.safetensors")
    images = draw(3, 1)
    found = Extractor(tmp_path / "dinov2.safetensors")(images)
    assert found.pooled.shape == (3, WIDTH)
    assert found.logits.numel() == 0
    torch.testing.assert_close(found.pooled, class_token(weights, torch.from_numpy(images)), atol=1e-4, rtol=1e-4)
    again = Extractor(tmp_path / "dinov2.safetensors", batch_size=1)(images)
    torch.testing.assert_close(again.pooled, found.pooled, atol=1e-4, rtol=1e-4)
    with pytest.raises(UserError, match="cannot serve a perceptual loss"):
        load_perceptual(tmp_path / "dinov2.safetensors")


def test_its_distance_tells_images_apart(tmp_path: Path, weights: dict[str, Tensor]) -> None:
    torch.save(weights, tmp_path / "dinov2.pth")
    store_downloaded("dinov2", tmp_path / "dinov2.pth", tmp_path / "dinov2.safetensors")
    real = ("train", draw(40, 1))

    def distance(images: np.ndarray) -> float:
        return measure(images, real, tmp_path / "dinov2.safetensors", ["fid"], tmp_path)["fid"]

    far = distance(draw(40, 2, high=60))
    assert abs(distance(real[1])) < 1e-3 * far


def test_a_run_is_also_measured_in_its_space(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, weights: dict[str, Tensor], demo_params: dict
) -> None:
    monkeypatch.chdir(tmp_path)
    save_tiny_network()
    torch.save(weights, "dinov2.pth")
    store_downloaded("dinov2", Path("dinov2.pth"), layout.extractor("dinov2"))
    named = {"weights": {"source": "dinov2.pth", "checksum": "sha256:" + "0" * 64}}
    settings = config.Metrics.model_validate(demo_params["metrics"] | {"dinov2": named, "measures": ["fid"]})
    evaluator = Evaluator(drawn_data(), settings, Path("cache"))
    samples = draw(100, 1)
    found = evaluator.evaluate(samples).values
    distances = {key: value for key, value in found.items() if "dinov2" in key}
    assert set(distances) == {"fd_dinov2", "fd_dinov2_other"}
    for split, key in (("train", "fd_dinov2"), ("test", "fd_dinov2_other")):
        real = (split, getattr(drawn_data(), f"{split}_images"))
        alone = measure(samples, real, layout.extractor("dinov2"), ["fid"], Path("alone"))["fid"]
        assert distances[key] == pytest.approx(alone, rel=1e-6)
    assert "fd_dinov2_other" not in evaluator.evaluate(evaluator.held_back(100), seen="test").values


def test_positions_keep_their_places(weights: dict[str, Tensor]) -> None:
    stored = weights["pos_embed"]
    found = positions(stored, 16)
    assert found.shape == (1, 257, WIDTH)
    assert torch.equal(found[:, 0], stored[:, 0])
    ramp = torch.arange(37.0).repeat_interleave(37).view(1, -1, 1).expand(1, -1, WIDTH)
    rows = positions(torch.cat([stored[:, :1], ramp], dim=1), 16)[0, 1:, 0].view(16, 16)
    assert torch.allclose(rows, rows[:, :1].expand(16, 16), atol=1e-4)
    step = 37 / 16.1
    expected = (torch.arange(16) + 0.5) * step - 0.5
    torch.testing.assert_close(rows[2:-2, 0], expected[2:-2], atol=0.1, rtol=0)


@pytest.mark.parametrize("broken", ["missing", "registers", "shape"])
def test_other_weights_are_refused(tmp_path: Path, weights: dict[str, Tensor], broken: str) -> None:
    if broken == "missing":
        del weights["cls_token"]
    elif broken == "registers":
        weights["register_tokens"] = torch.zeros(1, 4, WIDTH)
    else:
        weights["norm.weight"] = torch.zeros(7)
    torch.save(weights, tmp_path / "dinov2.pth")
    with pytest.raises(UserError, match=r"dinov2\.pth does not hold weights of DINOv2's .*: correct its source"):
        store_downloaded("dinov2", tmp_path / "dinov2.pth", tmp_path / "dinov2.safetensors")
    assert not (tmp_path / "dinov2.safetensors").exists()
