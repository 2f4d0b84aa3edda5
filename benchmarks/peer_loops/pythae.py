"""pythae (Chadebec et al. 2022): its own trainer and loader, on its network for CIFAR or on gen100's."""

from collections.abc import Callable
from contextlib import redirect_stderr
from io import StringIO

import torch
from pythae.data.datasets import BaseDataset, DatasetOutput
from pythae.models import VAE, WAE_MMD, VAEConfig, WAE_MMD_Config
from pythae.models.base.base_utils import ModelOutput
from pythae.models.nn import BaseDecoder, BaseEncoder
from pythae.models.nn.benchmarks.cifar import (
    Decoder_Conv_AE_CIFAR,
    Encoder_Conv_AE_CIFAR,
    Encoder_Conv_VAE_CIFAR,
)
from pythae.trainers import BaseTrainer, BaseTrainerConfig
from torch import Tensor

from gen100.cells import Cell
from gen100.config import VaeSettings
from gen100.families.vae.model import Vae
from peer_loops.sides import TEMPORARY, Pair, Pictures, Side, ours

BATCH, STEPS = 32, 1
LATENT = 128
NETWORK = {"network": {"channels": [56, 144, 416, 768], "blocks": 1}}
SMALL = {"network": {"channels": [32, 64, 128], "blocks": 2}}
SMALL_BATCH = 128


class OurEncoder(BaseEncoder):
    """gen100's encoder as pythae takes one."""

    def __init__(self, vae: Vae) -> None:
        super().__init__()
        self.encoder, self.to_posterior = vae.encoder, vae.to_posterior

    def forward(self, x: Tensor) -> ModelOutput:
        mean, logvar = self.to_posterior(self.encoder(x)).chunk(2, dim=1)
        return ModelOutput(embedding=mean, log_covariance=logvar)


class OurDecoder(BaseDecoder):
    """gen100's decoder as pythae takes one."""

    def __init__(self, vae: Vae) -> None:
        super().__init__()
        self.decoder, self.from_latent = vae.decoder, vae.from_latent

    def forward(self, z: Tensor) -> ModelOutput:
        return ModelOutput(reconstruction=self.decoder(self.from_latent(z)))


def _theirs(model: VAE | WAE_MMD, name: str, pictures: Pictures, batch: int, steps: int) -> Side:
    images = pictures.floats(batch * steps)
    data = BaseDataset(images, torch.ones(len(images)))
    config = BaseTrainerConfig(
        output_dir=TEMPORARY.name, num_epochs=1, per_device_train_batch_size=batch, no_cuda=True
    )
    trainer = BaseTrainer(model, data, training_config=config)
    trainer.prepare_training()

    def train() -> None:
        with redirect_stderr(StringIO()):  # a progress bar
            trainer.train_step(epoch=1)

    def forward() -> object:
        return model(DatasetOutput(data=images[:batch]))

    return Side(name, list(model.parameters()), forward, train)


def elbo(pictures: Pictures) -> Pair:
    config = VAEConfig(input_dim=(3, 32, 32), latent_dim=LATENT)
    model = VAE(config, Encoder_Conv_VAE_CIFAR(config), Decoder_Conv_AE_CIFAR(config))  # type: ignore[arg-type]
    mine = ours("vae-elbo-128", NETWORK, pictures, BATCH, STEPS)
    return Pair("VAE, ELBO", BATCH, STEPS, mine, _theirs(model, "pythae's VAE", pictures, BATCH, STEPS))


def wae(pictures: Pictures) -> Pair:
    config = WAE_MMD_Config(input_dim=(3, 32, 32), latent_dim=LATENT)
    model = WAE_MMD(config, Encoder_Conv_AE_CIFAR(config), Decoder_Conv_AE_CIFAR(config))  # type: ignore[arg-type]
    mine = ours("vae-wae-128", NETWORK, pictures, BATCH, STEPS)
    return Pair("VAE, WAE-MMD", BATCH, STEPS, mine, _theirs(model, "pythae's WAE_MMD", pictures, BATCH, STEPS))


def same_network(pictures: Pictures) -> Pair:
    """Both train gen100's network: what differs is the loop, the loader, the optimizer and the memory's layout."""
    side = ours("vae-elbo-128", SMALL, pictures, SMALL_BATCH, 2)
    training = {"images": 1, "optimizer": {"lr": 1.0e-3}, "ema_images": 1}
    settings = VaeSettings.model_validate({**SMALL, "training": training, "mi_weight": 0, "mmd_weight": 1})
    vae = Vae(Cell.parse("vae-elbo-128"), settings, torch.empty(0), None)
    config = VAEConfig(input_dim=(3, 32, 32), latent_dim=LATENT)
    model = VAE(config, OurEncoder(vae), OurDecoder(vae))
    theirs = _theirs(model, "pythae's VAE and loop, gen100's network", pictures, SMALL_BATCH, 2)
    return Pair("VAE, ELBO, same network", SMALL_BATCH, 2, side, theirs)


PAIRS: dict[str, Callable[[Pictures], Pair]] = {"elbo": elbo, "wae": wae, "same-network": same_network}
