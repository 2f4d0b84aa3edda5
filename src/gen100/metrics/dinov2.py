"""DINOv2's vision transformer as a feature extractor: FD in a space that no ImageNet classifier shaped.

The distance among its features follows people's judgement of images more closely than FID does (Stein et al.
2023). The architecture is timm's, which is installed by the extra `dinov2`.
"""

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch_fidelity import FeatureExtractorBase
from torch_fidelity.feature_extractor_dinov2 import FeatureExtractorDinoV2

from gen100.errors import UserError
from gen100.metrics.weights import DINOV2, Weights

PATCH = 14
HEAD = 64
"""Width of an attention head, in ViT-S, -B and -L."""
OFFSET = 0.1
"""Added to the size of the grid that positions are interpolated to, as the official code does."""


def positions(stored: Tensor, side: int) -> Tensor:
    """Position embeddings for a grid of another size, as the official code interpolates them.

    Args:
        stored: 1 x (1 + S * S) x D: of the class token, then of S x S patches.
        side: patches along a side of the images.

    Returns:
        1 x (1 + side * side) x D.
    """
    first, grid = stored[:, :1], stored[:, 1:]
    size = round(grid.shape[1] ** 0.5)
    grid = grid.reshape(1, size, size, -1).permute(0, 3, 1, 2)
    grid = F.interpolate(grid, scale_factor=(side + OFFSET) / size, mode="bicubic", antialias=False)
    return torch.cat([first, grid.flatten(2).transpose(1, 2)], dim=1)


def _build(weights: Weights) -> nn.Module:
    """The transformer of an official checkpoint without registers: 224 x 224 images to class tokens, B x D."""
    try:
        from timm.models.vision_transformer import VisionTransformer
    except ImportError:
        raise UserError("metrics.dinov2 needs the package timm: install gen100[dinov2]") from None
    pixels = FeatureExtractorDinoV2.INPUT_IMAGE_SIZE
    width = weights["cls_token"].shape[-1]
    network = VisionTransformer(
        img_size=pixels,
        patch_size=PATCH,
        embed_dim=width,
        depth=len({name.split(".")[1] for name in weights if name.startswith("blocks.")}),
        num_heads=width // HEAD,
        init_values=1.0,
        num_classes=0,
    )
    # The mask token is of training alone.
    named = {name: weight for name, weight in weights.items() if name != "mask_token"}
    network.load_state_dict(named | {"pos_embed": positions(weights["pos_embed"], pixels // PATCH)})
    return network


class DinoV2Extractor(FeatureExtractorDinoV2):
    """torch-fidelity's, which resizes and normalizes images, over weights from a file instead of the network.

    Raises:
        UserError: timm is not installed.
        KeyError, RuntimeError, AssertionError, ZeroDivisionError: the weights are of another network.
    """

    def __init__(self, weights: Weights) -> None:
        # The parent's own would download the code and the weights.
        FeatureExtractorBase.__init__(self, DINOV2, [DINOV2])
        self.feature_extractor_internal_dtype: Any = torch.float32
        self.model = _build(weights)
