"""stylegan2-pytorch: its own Trainer on a folder of images, with the loader processes that it starts itself."""

from collections.abc import Callable
from unittest.mock import patch

from torch import Tensor, nn

from peer_loops.placeholders import placeholder
from peer_loops.sides import TEMPORARY, Pair, Pictures, Side, ours

placeholder("aim", "Session")  # an experiment tracker
with patch("torch.cuda.is_available", return_value=True):  # it refuses to be imported without
    from stylegan2_pytorch import Trainer  # type: ignore[import-not-found]
    from stylegan2_pytorch import stylegan2_pytorch as parts  # type: ignore[import-not-found]

BATCH, STEPS = 16, 16
LATENT = 128
CAPACITY = 8
CHANNELS = [16, 40, 120, 448]


def _stay(moved: Tensor | nn.Module, *_: object) -> Tensor | nn.Module:
    """What .cuda() is here."""
    return moved


def hinge(pictures: Pictures) -> Pair:
    """A call holds one of gen100's lazy R1 penalties and four of theirs, as each has by default.

    gen100 has no path length regularization and averages weights in every step, so theirs is off, and training
    is past the step from which they average, every tenth time.
    """
    with patch.object(Tensor, "cuda", _stay), patch.object(nn.Module, "cuda", _stay):
        trainer = Trainer(
            base_dir=TEMPORARY.name,
            image_size=32,
            network_capacity=CAPACITY,
            batch_size=BATCH,
            no_pl_reg=True,
            latent_dim=LATENT,
        )
        trainer.set_data_src(pictures.folder)
        trainer.init_GAN()
    trainer.steps = 20_001
    gan = trainer.GAN
    assert gan is not None

    def train() -> None:
        with patch.object(Tensor, "cuda", _stay), patch.object(nn.Module, "cuda", _stay):
            for _ in range(STEPS):
                trainer.train()

    def forward() -> object:
        with patch.object(Tensor, "cuda", _stay):
            drawn = parts.noise_list(BATCH, gan.G.num_layers, LATENT, 0)
            styles = parts.styles_def_to_tensor([(gan.S(z), layers) for z, layers in drawn])
            return gan.D(gan.G(styles, parts.image_noise(BATCH, 32, 0)))

    trained = [*gan.S.parameters(), *gan.G.parameters(), *gan.D.parameters()]
    theirs = Side("stylegan2-pytorch", trained, forward, train)
    network = {"network": {"channels": CHANNELS, "mapping_layers": 8}, "augment": []}
    mine = ours("stylegan2-hinge-128", network, pictures, BATCH, STEPS)
    return Pair("StyleGAN2, hinge", BATCH, STEPS, mine, theirs)


PAIRS: dict[str, Callable[[Pictures], Pair]] = {"stylegan2": hinge}
