"""diffusers: the loop of its text-to-image training example, without accelerate."""

from collections.abc import Callable

import torch
from diffusers.models.autoencoders.autoencoder_kl import AutoencoderKL
from diffusers.models.unets.unet_2d_condition import UNet2DConditionModel
from diffusers.schedulers.scheduling_ddpm import DDPMScheduler
from torch import Tensor
from torch.nn import functional
from torch.nn.utils import clip_grad_norm_
from torch.optim.adamw import AdamW
from torch.utils.data import DataLoader
from torchvision import transforms
from torchvision.datasets import ImageFolder

from peer_loops.sides import Pair, Pictures, Side, again, ours

BATCH, STEPS = 64, 1
TEXT, WORDS = 128, 7
CHANNELS = (96, 192)
AUTOENCODER = (56, 112, 112)
OURS = {
    "autoencoder": {"network": {"channels": list(AUTOENCODER), "blocks": 1}},
    "network": {
        "channels": [104, 216],
        "blocks": 1,
        "heads": 8,
        "text_width": TEXT,
        "text_depth": 1,
        "dropout": 0.0,
    },
}


def _pair(pictures: Pictures, title: str, name: str, encode: bool) -> Pair:
    blocks = len(AUTOENCODER)
    vae = AutoencoderKL(
        down_block_types=("DownEncoderBlock2D",) * blocks,  # type: ignore[arg-type]
        up_block_types=("UpDecoderBlock2D",) * blocks,  # type: ignore[arg-type]
        block_out_channels=AUTOENCODER,  # type: ignore[arg-type]
        layers_per_block=1,
        latent_channels=2,
        norm_num_groups=8,
    ).requires_grad_(False)
    unet = UNet2DConditionModel(
        sample_size=8,
        in_channels=2,
        out_channels=2,
        down_block_types=("CrossAttnDownBlock2D",) * 2,
        up_block_types=("CrossAttnUpBlock2D",) * 2,
        block_out_channels=CHANNELS,
        layers_per_block=1,
        cross_attention_dim=TEXT,
        attention_head_dim=8,
    ).train()
    schedule = DDPMScheduler(1000)
    mirrored = [transforms.RandomHorizontalFlip(), transforms.ToTensor(), transforms.Normalize([0.5], [0.5])]
    folder = ImageFolder(str(pictures.folder), transforms.Compose(mirrored))
    batches = again(DataLoader(folder, BATCH, shuffle=True, drop_last=True))
    captions = torch.randn(BATCH, WORDS, TEXT)
    given = torch.randn(BATCH, 2, 8, 8)
    optimizer = AdamW(unet.parameters(), lr=1e-4)

    def latents() -> Tensor:
        if not encode:
            return given
        images, _labels = next(batches)
        return vae.encode(images).latent_dist.sample() * vae.config["scaling_factor"]  # type: ignore[union-attr]

    def loss() -> Tensor:
        clean = latents()
        noise = torch.randn_like(clean)
        times = torch.randint(0, 1000, (BATCH,))
        noisy = schedule.add_noise(clean, noise, times)  # type: ignore[arg-type]
        return functional.mse_loss(unet(noisy, times, captions).sample, noise)

    def train() -> None:
        for _ in range(STEPS):
            loss().backward()
            clip_grad_norm_(unet.parameters(), 1.0)
            optimizer.step()
            optimizer.zero_grad()

    theirs = Side(name, list(unet.parameters()), lambda: unet(given, torch.zeros(BATCH), captions), train)
    mine = ours("stable_diffusion-mse-128", OURS, pictures, BATCH, STEPS)
    return Pair(title, BATCH, STEPS, mine, theirs)


def example(pictures: Pictures) -> Pair:
    """As the example trains: every batch is decoded, mirrored and encoded; only its text encoder is spared it."""
    return _pair(pictures, "Stable Diffusion", "diffusers, images encoded in every step", encode=True)


def latents_given(pictures: Pictures) -> Pair:
    """Only the U-Net: the peer gets latents for nothing, always the same ones."""
    return _pair(pictures, "Stable Diffusion, U-Net alone", "diffusers, latents given", encode=False)


PAIRS: dict[str, Callable[[Pictures], Pair]] = {"diffusers": example, "diffusers-latents": latents_given}
