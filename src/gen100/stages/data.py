"""Stages before any training: the archive, the arrays, and the networks that measure or compare images."""

import sys
from typing import TYPE_CHECKING, cast

from gen100 import layout
from gen100.config import DinoV2, OwnExtractor, Params, SyntheticData
from gen100.engines import keys
from gen100.layout import Role

if TYPE_CHECKING:
    from gen100.metrics.network import FeatureNetwork


def fetch(params: Params) -> None:
    """Take the data set's archive from its source, verified, or draw the synthetic one."""
    from gen100.data import archive, synthetic

    if isinstance(params.data, SyntheticData):
        synthetic.write_archive(layout.ARCHIVE, params.data.synthetic)
    else:
        archive.take(params.data.source, params.data.checksum, layout.ARCHIVE, _say)


def prepare(params: Params) -> None:
    """Check the archive's records and write them as arrays."""
    from gen100.data import arrays

    arrays.prepare(layout.ARCHIVE, layout.ARRAYS, params.data.facts)
    data = arrays.load(layout.ARRAYS)
    if count := int(data.repeated.sum()):
        print(f"{count:,} of {len(data.repeated):,} test images are also training images", file=sys.stderr)


def extractor(params: Params, role: Role) -> None:
    """Train the feature network of a role, or take its weights, verified."""
    metrics = params.metrics
    settings = {"metric": metrics.extractor, "perceptual": metrics.perceptual, "dinov2": metrics.dinov2}[role]
    assert settings is not None, "asked for networks that the workspace needs"
    if isinstance(settings, OwnExtractor):
        _train_extractor(params, settings, role)
        return
    from gen100.data.archive import take
    from gen100.metrics.extractors import store_downloaded

    target = layout.extractor(role)
    download = target.with_suffix(".download")
    take(settings.weights.source, settings.weights.checksum, download, _say)
    store_downloaded("dinov2" if isinstance(settings, DinoV2) else settings.name, download, target)
    download.unlink()


def _train_extractor(params: Params, settings: OwnExtractor, role: Role) -> None:
    from gen100.fingerprint import feature_network_sources, fingerprint
    from gen100.metrics.network import FeatureNetwork
    from gen100.metrics.weights import save_network
    from gen100.stages.training import run_training

    field = "extractor" if role == "metric" else role
    decides = keys.but_for_budget(keys.extractor(params, role), f"metrics.{field}.network.training")
    with run_training(
        place=f"extractor/{role}",
        seed=settings.seed,
        batch_size=settings.network.batch_size,
        training=settings.network.training,
        mark=fingerprint(feature_network_sources(), settings.seed, decides),
        build=lambda _data: FeatureNetwork(settings.network),
    ) as trained:
        network = cast(FeatureNetwork, trained.network)
        save_network(
            layout.extractor(role),
            network,
            seed=settings.seed,
            accuracy=_accuracy(network),
            synthetic=isinstance(params.data, SyntheticData),
        )


def _accuracy(network: "FeatureNetwork") -> float:
    """The share of test images that the network, as it is saved, classifies correctly."""
    import torch

    from gen100.data import arrays
    from gen100.training.feed import in_order, load_split

    data = arrays.load(layout.ARRAYS)
    where = next(network.parameters()).device
    split = load_split(network, data.test_images, data.test_labels, where, flip=False)
    with torch.no_grad():
        hits = [(network(b.images)[1].argmax(1) == b.labels).sum() for b in in_order(split, 500, progress=1.0)]
    return float(torch.stack(hits).sum()) / len(split)


def _say(done: int, total: int | None) -> None:
    size = f"{done / 2**20:,.0f} MiB" if total is None else f"{done / total:.0%} of {total / 2**20:,.0f} MiB"
    print(f"taken: {size}", file=sys.stderr, flush=True)
