"""DALLE-pytorch: its DiscreteVAE and DALLE, trained as its train_vae.py and train_dalle.py do."""

from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn.utils import clip_grad_norm_
from torch.optim.adam import Adam
from torch.utils.data import DataLoader
from torchvision import transforms
from torchvision.datasets import ImageFolder

from gen100.data.captions import caption, caption_tokens
from peer_loops.placeholders import placeholder
from peer_loops.sides import Pair, Pictures, Side, again, ours

placeholder("dalle_pytorch.vae", "OpenAIDiscreteVAE", "VQGanVAE")  # pretrained ones: need PyTorch Lightning
placeholder("pkg_resources", "get_distribution")
from dalle_pytorch import DALLE, DiscreteVAE  # type: ignore[import-not-found]  # noqa: E402
from dalle_pytorch.loader import TextImageDataset  # type: ignore[import-not-found]  # noqa: E402

BATCH, STEPS = 64, 1
CODES = 128
AUTOENCODER = {"network": {"channels": [24, 64, 208], "blocks": 1}}
WIDTH, HEADS = 256, 8
DROPOUT = 0.1


def _discrete_vae() -> DiscreteVAE:
    return DiscreteVAE(
        image_size=32,
        num_layers=2,
        num_tokens=CODES,
        codebook_dim=256,
        hidden_dim=128,
        num_resnet_blocks=2,
    )


def first_stage(pictures: Pictures) -> Pair:
    vae = _discrete_vae()
    crop = [transforms.Resize(32), transforms.CenterCrop(32), transforms.ToTensor()]
    loader = DataLoader(
        ImageFolder(str(pictures.folder), transforms.Compose(crop)), BATCH, shuffle=True, drop_last=True
    )
    batches = again(loader)
    optimizer = Adam(vae.parameters(), lr=1e-3)

    def train() -> None:
        for _ in range(STEPS):
            images, _labels = next(batches)
            loss, _images = vae(images, return_loss=True, return_recons=True, temp=1.0)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()

    images = pictures.floats(BATCH)
    theirs = Side("DALLE-pytorch's DiscreteVAE", list(vae.parameters()), lambda: vae(images), train)
    mine = ours("dalle-mse-128", {"autoencoder": AUTOENCODER}, pictures, BATCH, STEPS, "autoencoder")
    return Pair("discrete VAE", BATCH, STEPS, mine, theirs)


class Words:
    """A tokenizer of gen100's captions, as TextImageDataset takes one."""

    def __init__(self, names: list[str]) -> None:
        tokens = torch.from_numpy(caption_tokens(names))
        self.captions = {caption(name): row for name, row in zip(names, tokens, strict=True)}
        self.count, self.length = int(tokens.max()) + 1, tokens.shape[1]

    def tokenize(self, text: str, length: int, truncate_text: bool) -> Tensor:
        del length, truncate_text
        return self.captions[text][None]


def transformer(pictures: Pictures) -> Pair:
    """Three of their layers have the weights of four of gen100's: their networks between are gated."""
    words = Words(pictures.data.fine_names)
    vae = _discrete_vae()
    dalle = DALLE(
        dim=WIDTH,
        vae=vae,
        num_text_tokens=words.count,
        text_seq_len=words.length,
        depth=3,
        heads=HEADS,
        dim_head=WIDTH // HEADS,
        attn_dropout=DROPOUT,
        ff_dropout=DROPOUT,
    )
    data = TextImageDataset(pictures.folder, text_len=words.length, image_size=32, tokenizer=words, shuffle=True)
    batches = again(DataLoader(data, BATCH, shuffle=True, drop_last=True))
    trained = [parameter for parameter in dalle.parameters() if parameter.requires_grad]
    optimizer = Adam(trained, lr=3e-4)

    def train() -> None:
        for _ in range(STEPS):
            text, images = next(batches)
            loss = dalle(text, images, return_loss=True)
            loss.backward()
            clip_grad_norm_(dalle.parameters(), 0.5)
            optimizer.step()
            optimizer.zero_grad()

    tokens = torch.zeros(BATCH, 64, dtype=torch.int64)
    text = torch.zeros(BATCH, words.length, dtype=torch.int64)
    theirs = Side("DALLE-pytorch's DALLE", trained, lambda: dalle(text, tokens, return_loss=True), train)
    network = {"width": WIDTH, "depth": 4, "heads": HEADS, "dropout": DROPOUT}
    changes = {"autoencoder": AUTOENCODER, "network": network}
    return Pair("DALL-E", BATCH, STEPS, ours("dalle-mse-128", changes, pictures, BATCH, STEPS), theirs)


PAIRS: dict[str, Callable[[Pictures], Pair]] = {"discrete-vae": first_stage, "dalle": transformer}
