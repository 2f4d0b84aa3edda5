"""StyleGAN2 (Karras et al. 2020) under a Wasserstein, hinge or least-squares loss."""

import torch
from torch import Tensor

from gen100.cells import Cell
from gen100.families.interfaces import GenerativeModel, Noise
from gen100.families.stylegan2 import losses
from gen100.families.stylegan2.augment import augment
from gen100.families.stylegan2.discriminator import Discriminator
from gen100.families.stylegan2.losses import GanLoss, gradient_penalty, r1_penalty
from gen100.families.stylegan2.settings import StyleGan2Settings
from gen100.families.stylegan2.synthesis import Generator
from gen100.settings import Settings
from gen100.training.optimizer import build_optimizer
from gen100.training.phase import Batch, Parts, Phase


class StyleGan2(GenerativeModel):
    """An unconditional generator and its discriminator, both of `settings.network.channels`.

    A loss is regularized by a lazy R1 penalty or, where it says so (Wasserstein), by a gradient penalty in every
    step of the discriminator. The discriminator sees augmented images only, real and fake.

    Args:
        cell: its loss, and the dimension of z and w.
        settings: `models.stylegan2` of params.yaml.
    """

    train_column = "generator_loss"
    val_column = "discriminator_loss"

    def __init__(self, cell: Cell, settings: StyleGan2Settings) -> None:
        super().__init__()
        network = settings.network
        self.settings = settings
        self.latent = cell.latent
        self.loss: GanLoss = getattr(losses, cell.loss)
        self.lazy = not self.loss.gradient_penalty
        self.generator = Generator(cell.latent, network.channels, network.mapping_layers)
        self.discriminator = Discriminator(network.channels)

    def phases(self) -> list[Phase]:
        """The generator's and the discriminator's update and, except for Wasserstein, every so often R1.

        The discriminator's Adam counts R1's updates too; its rate and betas are corrected for them by
        c = k / (k + 1) (Karras et al. 2020, appendix B).
        """
        training, every = self.settings.training, self.settings.r1_every
        share = every / (every + 1) if self.lazy else 1.0
        first, second = training.optimizer.betas
        corrected = training.optimizer.model_copy(update={"betas": (first**share, second**share)})
        generator, discriminator = list(self.generator.parameters()), list(self.discriminator.parameters())
        optimizer = build_optimizer(discriminator, corrected, lr=self.settings.discriminator_lr * share)
        warmup = training.optimizer.warmup_images
        phases = [
            Phase(
                "generator",
                generator,
                build_optimizer(generator, training.optimizer),
                self.generator_loss,
                warmup_images=warmup,
            ),
            Phase("discriminator", discriminator, optimizer, self.discriminator_loss, warmup_images=warmup),
        ]
        if self.lazy:
            phases.append(Phase("r1", discriminator, optimizer, self.r1_loss, every=every, warmup_images=warmup))
        return phases

    def fakes(self, like: Tensor) -> Tensor:
        """As many fresh images as `like` holds: B x 3 x 32 x 32, float32, unbounded."""
        batch, device = len(like), like.device
        images = self.generator(
            torch.randn(batch, self.latent, device=device),
            lambda pixels: torch.randn(batch, 1, pixels, pixels, device=device),
        )
        return images.float()

    def _augment(self, images: Tensor) -> Tensor:
        return augment(images, self.settings.augment)

    def generator_loss(self, batch: Batch) -> Parts:
        logits = self.discriminator(self._augment(self.fakes(batch.images)))
        return {"loss": self.loss.generator(logits)}

    def discriminator_loss(self, batch: Batch) -> Parts:
        """The adversarial loss and, for Wasserstein, the penalty on interpolates of the augmented images."""
        with torch.no_grad():
            fake = self.fakes(batch.images)
            images = self._augment(torch.cat([batch.images, fake]))
        real_logits, fake_logits = self.discriminator(images, sets=2).chunk(2)
        parts = {"real_logit": real_logits.mean(), "fake_logit": fake_logits.mean()}
        loss = self.loss.discriminator(real_logits, fake_logits)
        if not self.lazy:
            real, fake = images.chunk(2)
            parts["penalty"] = gradient_penalty(self.discriminator, real, fake)
            loss = loss + self.settings.gradient_penalty_weight * parts["penalty"]
        return {"loss": loss, **parts}

    def r1_loss(self, batch: Batch) -> Parts:
        """R1, its gradients in the images before augmentation, times the number of steps it stands for."""
        penalty = r1_penalty(lambda images: self.discriminator(self._augment(images)), batch.images)
        return {"loss": self.settings.r1_weight / 2 * self.settings.r1_every * penalty, "penalty": penalty}

    def validate(self, batch: Batch) -> Parts:
        """The adversarial losses on held-out images and fresh fakes, without augmentation and penalties."""
        images = torch.cat([batch.images, self.fakes(batch.images)])
        real, fake = self.discriminator(images, sets=2).chunk(2)
        return {
            "loss": self.loss.discriminator(real, fake),
            "generator": self.loss.generator(fake),
            "real_logit": real.mean(),
            "fake_logit": fake.mean(),
        }

    def sample(self, labels: Tensor, noise: Noise, sampling: Settings) -> Tensor:
        """Draw images without truncation; labels and `sampling` are not used."""
        del labels, sampling
        images = self.generator(noise.normal(self.latent), lambda pixels: noise.normal(1, pixels, pixels))
        return images.float().clamp(-1, 1)


def build_model(cell: Cell, settings: StyleGan2Settings, _captions: Tensor, _autoencoder: None) -> StyleGan2:
    return StyleGan2(cell, settings)
