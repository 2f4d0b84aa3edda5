"""Stable Diffusion: a text-conditioned diffusion model in the latent space of a KL autoencoder."""

import torch
from torch import Tensor, nn

from gen100.cells import Cell
from gen100.families.interfaces import GenerativeModel, Noise
from gen100.families.stable_diffusion import losses
from gen100.families.stable_diffusion.kl_autoencoder import KlAutoencoder
from gen100.families.stable_diffusion.noise_schedule import NoiseSchedule
from gen100.families.stable_diffusion.settings import StableDiffusionSampling, StableDiffusionSettings
from gen100.families.stable_diffusion.unet import UNet
from gen100.nn.transformer import EMBEDDING_STD, Transformer, embedding
from gen100.training.phase import Batch, Parts


class TextEncoder(nn.Module):
    """Token and position embeddings, then a bidirectional transformer that does not look at padding.

    Args:
        vocabulary: how many token ids there are; id 0 is padding.
        length: tokens of a caption, padding included.
    """

    def __init__(self, vocabulary: int, length: int, width: int, depth: int, heads: int) -> None:
        super().__init__()
        self.tokens = embedding(vocabulary, width)
        self.positions = nn.Parameter(torch.randn(length, width) * EMBEDDING_STD)
        self.transformer = Transformer(width, depth, heads, causal=False)

    def forward(self, captions: Tensor) -> tuple[Tensor, Tensor]:
        """Encode captions (N x length, int64): features N x length x width, and true where no padding is."""
        mask = captions > 0
        return self.transformer(self.tokens(captions) + self.positions, mask), mask


class StableDiffusion(GenerativeModel):
    """Latent diffusion (Rombach et al. 2022) with classifier-free guidance (Ho & Salimans 2022).

    Predicts the noise in latents scaled to unit variance; the cell's loss says how the prediction is judged.
    In training a caption is replaced by a learned null token with probability `settings.unconditional`.

    Args:
        captions: 100 x L, int64: the caption's tokens for each label, 0 for padding.
        autoencoder: trained; it becomes a frozen part of this model.
    """

    scale: Tensor
    limit: Tensor
    captions: Tensor

    def __init__(
        self, cell: Cell, settings: StableDiffusionSettings, captions: Tensor, autoencoder: KlAutoencoder
    ) -> None:
        super().__init__()
        network = settings.network
        self.settings = settings
        self.loss_function = getattr(losses, cell.loss)
        self.autoencoder = autoencoder.requires_grad_(False).eval()
        self.schedule = NoiseSchedule(settings.schedule, settings.timesteps)
        self.unet = UNet(autoencoder.latent_channels, settings.timesteps, network)
        vocabulary, length = int(captions.max()) + 1, captions.shape[1]
        self.text = TextEncoder(vocabulary, length, network.text_width, network.text_depth, network.heads)
        self.null = nn.Parameter(torch.randn(network.text_width))
        self.register_buffer("captions", captions, persistent=False)
        self.register_buffer("scale", torch.ones(()))
        self.register_buffer("limit", torch.full((), torch.finfo(torch.float32).max))

    def train(self, mode: bool = True) -> "StableDiffusion":
        super().train(mode)
        self.autoencoder.eval()
        return self

    def encode(self, images: Tensor) -> Tensor:
        """Posterior means of the autoencoder, not yet scaled: B x C x 8 x 8, float32."""
        return self.autoencoder.posterior(images)[0]

    def calibrate(self, encoded: Tensor) -> None:
        """Set the scale that gives the training latents unit variance, and their range.

        The scale is one number for all channels (Rombach et al. 2022, appendix G).
        """
        self.scale.copy_(1 / encoded.float().std())
        self.limit.copy_(encoded.abs().max() * self.scale)

    def validate(self, batch: Batch) -> Parts:
        """The same objective with every caption shown, at steps spread evenly over the schedule."""
        context, mask = self._captions(batch.labels)
        return {"loss": self._noise_loss(batch.images, context, mask)}

    def sample(self, labels: Tensor, noise: Noise, sampling: StableDiffusionSampling) -> Tensor:
        """Draw one image per label with `sampling.steps` steps of DPM-Solver++(2M), a DDIM of second order.

        With guidance g the noise is eps(null) + g (eps(caption) - eps(null)); g = 1 needs the caption only.
        """
        context, mask = self._captions(labels)
        guided = sampling.guidance != 1
        if guided:
            dropped = torch.ones_like(labels, dtype=torch.bool)
            null_context, null_mask = self._drop(context, mask, dropped)
            context, mask = torch.cat([context, null_context]), torch.cat([mask, null_mask])

        def predict(latents: Tensor, time: int) -> Tensor:
            if guided:
                latents = torch.cat([latents, latents])
            times = torch.full((len(latents),), time, device=latents.device)
            prediction = self.unet(latents, times, context, mask).float()
            if not guided:
                return prediction
            with_caption, without = prediction.chunk(2)
            return without + sampling.guidance * (with_caption - without)

        start = noise.normal(self.autoencoder.latent_channels, 8, 8)
        latents = self.schedule.denoise(predict, start, sampling.steps, self.limit)
        return self.autoencoder.decode(latents / self.scale).float().clamp(-1, 1)

    def _captions(self, labels: Tensor) -> tuple[Tensor, Tensor]:
        """Features and mask of each label's caption; each of the 100 is encoded once, whatever the batch.

        The gradient of plain indexing adds up in an order that changes from run to run on several threads.
        """
        features, mask = self.text(self.captions)
        return features.index_select(0, labels), mask[labels]

    def _drop(self, context: Tensor, mask: Tensor, dropped: Tensor) -> tuple[Tensor, Tensor]:
        """Show only the null token where `dropped` (B, bool) is true."""
        first = torch.arange(mask.shape[1], device=mask.device) == 0
        context = torch.where(dropped[:, None, None], self.null.to(context.dtype), context)
        return context, torch.where(dropped[:, None], first, mask)

    def train_loss(self, batch: Batch) -> Parts:
        context, mask = self._captions(batch.labels)
        dropped = torch.rand(len(batch.labels), device=mask.device) < self.settings.unconditional
        context, mask = self._drop(context, mask, dropped)
        return {"loss": self._noise_loss(batch.images, context, mask)}

    def _noise_loss(self, encoded: Tensor, context: Tensor, mask: Tensor) -> Tensor:
        latents = encoded * self.scale
        times = self.schedule.spread_times(len(latents))
        noise = torch.randn_like(latents)
        prediction = self.unet(self.schedule.add_noise(latents, noise, times), times, context, mask)
        return self.loss_function(prediction, noise, self.settings.huber_delta)


build_model = StableDiffusion


def build_autoencoder(cell: Cell, settings: StableDiffusionSettings, _features: None) -> KlAutoencoder:
    return KlAutoencoder(cell, settings)
