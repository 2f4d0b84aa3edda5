"""What the benchmarks train and sample: the study's networks, freshly initialized, and data for them."""

import tempfile
from dataclasses import dataclass
from pathlib import Path

import torch

from gen100.cells import Cell
from gen100.config import OwnExtractor, Params, Synthetic, SyntheticData
from gen100.data import arrays, synthetic
from gen100.families.build import build_autoencoder, build_model
from gen100.families.registry import FAMILIES
from gen100.metrics.network import FeatureNetwork
from gen100.metrics.perceptual import PerceptualNetwork, VggFeatures, vgg16_state
from gen100.settings import Training
from gen100.training.phase import Trainable
from gen100.training.randomness import reseed

ROOT = Path(__file__).resolve().parents[1]
CELLS = ["vae-elbo-128", "dalle-mse-128", "stylegan2-hinge-128", "stable_diffusion-mse-128"]
"""One of each family: the default of the benchmarks of training and sampling."""


@dataclass(frozen=True)
class Subject:
    """One network to train: a cell's model or, with `first_stage`, its autoencoder."""

    cell: Cell
    params: Params
    first_stage: bool = False

    @property
    def name(self) -> str:
        return f"autoencoder {self.cell.autoencoder}" if self.first_stage else str(self.cell)

    @property
    def training(self) -> Training:
        settings = self.params.settings(self.cell)
        return settings.first_stage.training if self.first_stage else settings.training

    @property
    def batch_size(self) -> int:
        return self.params.batch_size(self.cell)

    def build(self, data: arrays.Cifar100) -> Trainable:
        """The network with the same initial weights at every call; its autoencoder is untrained."""
        reseed(0, "weights")
        if not self.first_stage:
            return build_model(self.params, self.cell, data.fine_names, build_autoencoder(self.params, self.cell))
        family = FAMILIES[self.cell.family]
        features = perception(self.params) if self.cell.loss in family.perceptual else None
        return family.build_autoencoder(self.cell, self.params.settings(self.cell), features)


def subjects(params: Params, cells: list[str]) -> list[Subject]:
    """The models of some cells, and the autoencoder of each, once where cells share it."""
    found: dict[str, Subject] = {}
    for cell in map(Cell.parse, cells):
        if cell.autoencoder:
            below = Subject(cell, params, first_stage=True)
            found.setdefault(below.name, below)
        found[str(cell)] = Subject(cell, params)
    return list(found.values())


def perception(params: Params) -> PerceptualNetwork:
    """The network of the perceptual loss with random weights, on which its time does not depend."""
    settings = params.metrics.perceptual
    if isinstance(settings, OwnExtractor):
        return PerceptualNetwork(FeatureNetwork(settings.network).eval())
    weights = {name: 0.05 * torch.randn(weight.shape) for name, weight in vgg16_state().items()}
    return PerceptualNetwork(VggFeatures(weights))


def stand_in(train: int, test: int, seed: int = 0) -> arrays.Cifar100:
    """Synthetic images in the format of CIFAR-100."""
    data = SyntheticData(synthetic=Synthetic(train=train, test=test, seed=seed))
    with tempfile.TemporaryDirectory() as folder:
        archive, file = Path(folder) / "archive.tar.gz", Path(folder) / "arrays.npz"
        synthetic.write_archive(archive, data.synthetic)
        arrays.prepare(archive, file, data.facts)
        return arrays.load(file)
