"""The networks that measure, as feature extractors of torch-fidelity."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import torch
from torch import Tensor
from torch_fidelity import FeatureExtractorBase, FeatureExtractorInceptionV3

from gen100.errors import UserError
from gen100.files import digest
from gen100.metrics.dinov2 import DinoV2Extractor
from gen100.metrics.weights import (
    DINOV2,
    INCEPTION,
    OWN,
    WAY_OUT,
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

        Args:
            input: B x 3 x 32 x 32, uint8; anything else is refused (ValueError).
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

    @staticmethod
    def can_be_compiled() -> bool:
        return True

    @staticmethod
    def get_dummy_input_for_compile() -> Tensor:
        return torch.zeros(1, 3, 32, 32, dtype=torch.uint8)


@contextmanager
def _temporary_pth(weights: Weights) -> Iterator[str]:
    """The weights in the one format that torch-fidelity's Inception reads."""
    with TemporaryDirectory(prefix="gen100-") as folder:
        path = Path(folder) / "inception.pth"
        torch.save(weights, path)
        yield str(path)


def store_inception(source_file: Path, target: Path) -> None:
    """Store torch-fidelity's Inception v3 from its .pth file, whose checksum the caller has verified.

    Raises:
        UserError: the file holds code, or other weights.
    """
    weights = unpickle(source_file)
    with _temporary_pth(weights) as path:
        try:
            FeatureExtractorInceptionV3(INCEPTION, ["2048"], feature_extractor_weights_path=path)
        except RuntimeError as error:
            first = " ".join(str(error).split())[:200]
            raise UserError(
                f"{source_file} does not hold weights of torch-fidelity's Inception v3: correct it; {first}"
            ) from None
    write_weights(target, weights, OtherHeader(kind=INCEPTION))


def load_extractor(extractor_file: Path) -> FeatureExtractorBase:
    """The stored network for torch-fidelity: it gives pooled features and, where it classifies, logits.

    Raises:
        UserError: the file is missing, damaged, or holds a network that does not measure.
    """
    kind = read_header(extractor_file).kind
    if kind == OWN:
        layers = ["features", "logits"]
        return Cifar100Extractor(OWN_NAME, layers, feature_extractor_weights_path=str(extractor_file))
    if kind == INCEPTION:
        with _temporary_pth(read_weights(extractor_file, kind)) as path:
            layers = ["2048", "logits_unbiased"]
            return FeatureExtractorInceptionV3(INCEPTION, layers, feature_extractor_weights_path=path)
    if kind == DINOV2:
        return DinoV2Extractor(read_weights(extractor_file, kind))
    raise UserError(f"{extractor_file} holds {kind}, which does not measure: {WAY_OUT}")


def describe(extractor_file: Path) -> ExtractorFacts:
    """What is known of a stored network that measures.

    Raises:
        UserError: the file is missing, damaged, or holds a network that does not measure.
    """
    header = read_header(extractor_file)
    if header.kind not in (OWN, INCEPTION):
        raise UserError(f"{extractor_file} holds {header.kind}, which does not measure: {WAY_OUT}")
    return ExtractorFacts(sha256=digest(extractor_file), **header.model_dump(exclude={"settings"}))
