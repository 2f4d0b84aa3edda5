"""The networks that measure, as feature extractors of torch-fidelity, and how downloaded weights are stored."""

from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import cast

import torch
from torch import Tensor, nn
from torch_fidelity import FeatureExtractorBase, FeatureExtractorInceptionV3

from gen100.errors import UserError
from gen100.files import digest
from gen100.memory import shortage
from gen100.metrics.dinov2 import DinoV2Extractor
from gen100.metrics.perceptual import VggFeatures, vgg16_state
from gen100.metrics.weights import (
    DINOV2,
    INCEPTION,
    OWN,
    VGG,
    WAY_OUT,
    Downloaded,
    Header,
    OtherHeader,
    Weights,
    load_network,
    read_header,
    read_weights,
    unpickle,
    write_weights,
)
from gen100.provenance import ExtractorFacts

OWN_NAME = "gen100-cifar100-network"
"""For torch-fidelity."""


class Cifar100Extractor(FeatureExtractorBase):
    """The project's own network for torch-fidelity: FID and KID see its features, IS its logits."""

    def __init__(
        self, name: str, features_list: list[str], feature_extractor_weights_path: str, **_: object
    ) -> None:
        super().__init__(name, features_list)
        self.network = load_network(Path(feature_extractor_weights_path))

    def forward(self, input: Tensor) -> tuple[Tensor, ...]:
        """The requested ones of `features` (B x D) and `logits` (B x classes), float32.

        Images must be B x 3 x 32 x 32, uint8 (ValueError).
        """
        if input.dtype != torch.uint8 or input.shape[1:] != (3, 32, 32):
            raise ValueError(f"images must be uint8, B x 3 x 32 x 32, not {input.dtype} {list(input.shape)}")
        features, logits = self.network(input.float() / 127.5 - 1)
        found = {"features": features, "logits": logits}
        return tuple(found[name] for name in self.features_list)

    @staticmethod
    def get_provided_features_list() -> tuple[str, ...]:
        return "features", "logits"

    @staticmethod
    def get_default_feature_layer_for_metric(metric: str) -> str:
        return "logits" if metric == "isc" else "features"


def _inception(weights: Weights) -> FeatureExtractorInceptionV3:
    """torch-fidelity's Inception v3, by way of a file in the one format that it reads."""
    with TemporaryDirectory(prefix="gen100-") as folder:
        path = Path(folder) / "inception.pth"
        torch.save(weights, path)
        layers = ["2048", "logits_unbiased"]
        return FeatureExtractorInceptionV3(INCEPTION, layers, feature_extractor_weights_path=str(path))


BUILDERS: dict[Downloaded, tuple[str, Callable[[Weights], nn.Module]]] = {
    INCEPTION: ("torch-fidelity's Inception v3", _inception),
    VGG: ("torchvision's VGG16", VggFeatures),
    DINOV2: ("DINOv2's ViT-S, -B or -L without registers", DinoV2Extractor),
}
"""What each downloaded network is called, and what builds it of its weights."""


def _built(kind: Downloaded, weights: Weights, file: Path, way_out: str) -> nn.Module:
    """The network of a file's weights; UserError where they are of another."""
    title, build = BUILDERS[kind]
    if wrong := {str(value.dtype) for value in weights.values() if value.is_floating_point()} - {"torch.float32"}:
        # What builds the networks converts them without a word.
        raise UserError(f"{file} holds weights in {', '.join(sorted(wrong))}, not in torch.float32: {way_out}")
    try:
        return build(weights)
    except (KeyError, RuntimeError, AssertionError, ZeroDivisionError) as error:
        if shortage(error):
            raise
        first = " ".join(str(error).split())[:200]
        raise UserError(f"{file} does not hold weights of {title}: {way_out}; {first}") from None


def store_downloaded(kind: Downloaded, source_file: Path, target: Path) -> None:
    """Store a network's weights (of VGG16, those in use) from its .pth file, whose checksum the caller verified.

    Raises:
        UserError: the file holds code, or other weights; or a package that builds the network is not installed.
    """
    weights = unpickle(source_file)
    if kind == VGG:
        weights = {name: weights[name] for name in vgg16_state() if name in weights}
    _built(kind, weights, source_file, "correct its source")
    write_weights(target, weights, OtherHeader(kind=kind))


def _header(extractor_file: Path, *kinds: str) -> Header:
    header = read_header(extractor_file)
    if header.kind not in kinds:
        raise UserError(f"{extractor_file} holds {header.kind}, which does not measure: {WAY_OUT}")
    return header


def load_extractor(extractor_file: Path) -> FeatureExtractorBase:
    """The stored network for torch-fidelity: it gives pooled features and, where it classifies, logits.

    Raises:
        UserError: the file is missing, damaged, or holds a network that does not measure.
    """
    kind = _header(extractor_file, OWN, INCEPTION, DINOV2).kind
    if kind == OWN:
        layers = ["features", "logits"]
        return Cifar100Extractor(OWN_NAME, layers, feature_extractor_weights_path=str(extractor_file))
    return cast(FeatureExtractorBase, _built(kind, read_weights(extractor_file), extractor_file, WAY_OUT))


def describe(extractor_file: Path) -> ExtractorFacts:
    """What is known of a stored network that measures.

    Raises:
        UserError: the file is missing, damaged, or holds a network that does not measure.
    """
    header = _header(extractor_file, OWN, INCEPTION)
    return ExtractorFacts(sha256=digest(extractor_file), **header.model_dump(exclude={"settings"}))
