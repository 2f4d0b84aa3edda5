"""DALL-E's two stages: the discrete VAE, and the transformer over its tokens."""

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from gen100.cells import Cell
from gen100.config import load_params
from gen100.families.dalle import discrete_vae
from gen100.families.dalle.discrete_vae import NOISE_IMAGES, TOKENS, Codebook, DiscreteVae, temperature
from gen100.families.dalle.model import Dalle, draw, token_losses
from gen100.families.dalle.settings import DalleSampling, DalleSettings
from gen100.training.phase import Batch, Trainable
from support.processes import ROOT

SAMPLING = DalleSampling(temperature=1.0, top_k=0)
CAPTIONS = torch.cat([torch.arange(100)[:, None] % 9 + 1, torch.arange(100)[:, None] // 9 + 1], dim=1)
CAPTIONS = F.pad(CAPTIONS, (0, 2))  # two positions of padding


class Streams:
    """One generator per image."""

    def __init__(self, seeds: range) -> None:
        self.generators = [torch.Generator().manual_seed(seed) for seed in seeds]

    def normal(self, *shape: int) -> Tensor:
        return torch.stack([torch.randn(*shape, generator=generator) for generator in self.generators])

    def uniform(self, *shape: int) -> Tensor:
        return torch.stack([torch.rand(*shape, generator=generator) for generator in self.generators])


class Features(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.layer = nn.Conv2d(3, 6, 3, stride=2)

    def features(self, images: Tensor) -> list[Tensor]:
        return [images, self.layer(images)]


def _settings(channels: tuple[int, ...] = (8, 8, 16)) -> DalleSettings:
    raw = load_params(ROOT / "params.yaml").models.dalle.model_dump()
    raw["autoencoder"]["network"] = {"channels": list(channels), "blocks": 1}
    raw["autoencoder"]["training"]["optimizer"] |= {"lr": 3.0e-3}
    raw["autoencoder"]["kl_weight"] = 1.0
    raw["network"] = {"width": 32, "depth": 2, "heads": 4, "dropout": 0.1}
    raw["training"]["optimizer"] |= {"lr": 3.0e-3}
    return DalleSettings.model_validate(raw)


def _batch(count: int = 8) -> Batch:
    generator = torch.Generator().manual_seed(1)
    coarse = torch.rand(count, 3, 4, 4, generator=generator) * 2 - 1
    return Batch(F.interpolate(coarse, size=32, mode="bilinear"), torch.arange(count) * 7 % 100, 0.5)


def _vae(loss: str = "mse", codes: int = 32) -> DiscreteVae:
    torch.manual_seed(0)
    return DiscreteVae(Cell("dalle", loss, codes), _settings(), Features())


def _dalle(codes: int = 32) -> Dalle:
    model = Dalle(Cell("dalle", "mse", codes), _settings(), CAPTIONS, _vae(codes=codes))
    nn.init.normal_(model.code_head.weight, std=0.3)  # a new model knows nothing: all codes are as likely
    return model.eval()


def _lowers(model: Trainable, batch: Batch, steps: int, share: float) -> None:
    model.train()
    (phase,) = model.phases()
    losses = []
    for _ in range(steps):
        loss = phase.loss(batch)["loss"]
        phase.optimizer.zero_grad()
        loss.backward()
        phase.optimizer.step()
        losses.append(loss.item())
    assert losses[-1] < share * losses[0]


def test_temperature_ends() -> None:
    assert temperature(0.0, 1.0, 0.0625) == 1.0
    assert temperature(0.5, 1.0, 0.0625) == pytest.approx((1 + 0.0625) / 2)
    assert temperature(1.0, 1.0, 0.0625) == pytest.approx(0.0625)


def test_grid_must_be_eight() -> None:
    with pytest.raises(ValueError, match="the autoencoder's grid is 8 x 8, so give 3"):
        _settings((8, 8))


def test_vae_shapes_and_ranges() -> None:
    model, images = _vae().eval(), _batch().images
    tokens = model.tokens(images)
    assert tokens.shape == (8, TOKENS)
    assert tokens.dtype == torch.int64
    assert 0 <= tokens.min() <= tokens.max() < 32
    decoded = model.decode(tokens)
    assert decoded.shape == images.shape
    assert decoded.abs().max() <= 1
    torch.testing.assert_close(model.tokens(images[:3]), tokens[:3])
    moved = torch.roll(images, 8, dims=3)  # two tokens to the right: the inner columns follow, row by row
    inner = model.tokens(moved).view(8, 8, 8)[:, 3:5, 5] == tokens.view(8, 8, 8)[:, 3:5, 3]
    assert inner.float().mean() > 0.6
    assert torch.equal(model.reconstruct(images), decoded)


@pytest.mark.parametrize(("loss", "share"), [("cross_entropy", 0.95), ("mse", 0.6), ("perceptual", 0.7)])
def test_vae_learns(loss: str, share: float) -> None:
    model, batch = _vae(loss), _batch()
    before = {name: value.clone() for name, value in model._frozen[0].state_dict().items()}
    _lowers(model, batch, steps=120, share=share)
    assert all(torch.equal(value, before[name]) for name, value in model._frozen[0].state_dict().items())
    with torch.no_grad():
        parts = model.eval().validate(batch)
    assert 2 < parts["perplexity"] <= 32
    torch.testing.assert_close(parts["loss"], parts["reconstruction"] + 1.0 * parts["kl"] / 3072)


def test_features_are_no_part_of_the_weights() -> None:
    features = Features()
    model = DiscreteVae(Cell("dalle", "perceptual", 32), _settings(), features).double()
    assert features.layer.weight.dtype == torch.float64
    assert not any("_frozen" in name for name in model.state_dict())
    assert sum(p.numel() for p in model.phases()[0].parameters) == sum(p.numel() for p in model.parameters())


def test_cold_relaxed_samples_are_codes_in_proportion() -> None:
    torch.manual_seed(0)
    codebook = Codebook(4, 5)
    with torch.no_grad():
        rows = torch.randn(1, 4).expand(NOISE_IMAGES * TOKENS, 4)
        samples, divergences = codebook.relaxed(rows, 1e-4)
        distance, drawn = torch.cdist(samples, codebook.vectors).min(-1)
        wanted = codebook._logits(rows[0]).softmax(-1)
    assert distance.quantile(0.99) < 1e-3
    torch.testing.assert_close(torch.bincount(drawn, minlength=5) / len(drawn), wanted, rtol=0, atol=0.03)
    assert divergences.shape == (len(rows),)


def test_pieces_change_neither_samples_nor_gradients(monkeypatch: pytest.MonkeyPatch) -> None:
    results = []
    for piece in (discrete_vae.PIECE, 700):
        monkeypatch.setattr(discrete_vae, "PIECE", piece)
        model, batch = _vae(), _batch()
        torch.manual_seed(3)
        loss = model.phases()[0].loss(batch)["loss"]
        loss.backward()
        gradient = model.codebook.logits.weight.grad
        assert gradient is not None
        results.append((loss.detach(), gradient))
    torch.testing.assert_close(results[0], results[1])


def test_token_losses_in_pieces_are_cross_entropy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(discrete_vae, "PIECE", 30)
    head, hidden, targets = nn.Linear(4, 10), torch.randn(20, 4), torch.randint(10, (20,))
    expected = F.cross_entropy(head(hidden), targets, reduction="none")
    torch.testing.assert_close(token_losses(hidden, head, targets), expected)


def test_transformer_is_causal() -> None:
    model = _dalle()
    captions, tokens = CAPTIONS[:2], torch.randint(32, (2, TOKENS - 1))
    changed = tokens.clone()
    changed[:, 40] = (changed[:, 40] + 1) % 32
    with torch.no_grad():
        before, after = model.hidden(captions, tokens), model.hidden(captions, changed)
    first = model.caption_length + 41  # the first row that sees image token 40
    torch.testing.assert_close(before[:, :first], after[:, :first])
    assert ((before - after)[:, first:].abs().amax(-1) > 1e-6).all()


def test_cached_logits_are_those_of_whole_sequences() -> None:
    model = _dalle()
    captions, tokens = CAPTIONS[:3], torch.randint(32, (3, TOKENS))
    memories = model.transformer.memories(model.caption_length + TOKENS)
    with torch.no_grad():
        step = model._caption(captions)
        for position in range(TOKENS):
            cached = model._next_logits(step, memories)
            whole = model.code_head(model.hidden(captions, tokens[:, :position]))[:, -1]
            torch.testing.assert_close(cached, whole, rtol=1e-4, atol=1e-5)
            step = model._image(tokens[:, position : position + 1], position)


def test_top_one_is_greedy() -> None:
    model, sampling = _dalle(), SAMPLING.model_copy(update={"top_k": 1})
    with torch.no_grad():
        tokens = model.sample_tokens(torch.tensor([3, 50]), Streams(range(2)), sampling)
        logits = model.code_head(model.hidden(CAPTIONS[[3, 50]], tokens[:, :-1]))[:, model.caption_length :]
    assert torch.equal(tokens, logits.argmax(-1))
    assert torch.equal(draw(logits[:, 0], torch.tensor([0.0, 0.999]), 1.0, 1), tokens[:, 0])


def test_draw_follows_the_distribution() -> None:
    logits = torch.tensor([0.0, 2.0, -1.0, 1.0, -30.0])
    uniform = torch.rand(40_000, generator=torch.Generator().manual_seed(0))
    for heat, top_k, kept in ((1.0, 0, [0, 1, 2, 3, 4]), (2.0, 0, [0, 1, 2, 3, 4]), (0.5, 2, [1, 3])):
        drawn = draw(logits.expand(len(uniform), 5), uniform, heat, top_k)
        expected = torch.zeros(5)
        expected[kept] = (logits[kept] / heat).softmax(0)
        torch.testing.assert_close(torch.bincount(drawn, minlength=5) / len(drawn), expected, rtol=0, atol=0.01)
    edge = torch.tensor([0.0, 1 - 2**-24])
    assert draw(torch.tensor([[-torch.inf, 0.0, 0.0, -torch.inf]]).expand(2, 4), edge, 1.0, 0).tolist() == [
        1,
        2,
    ]


def test_padding_is_not_predicted() -> None:
    model = _dalle()
    with torch.no_grad():
        batch = Batch(torch.randint(32, (4, TOKENS)), torch.arange(4), 0.0)
        before = model.validate(batch)["text_nats"]
        model.word_head.bias[0] -= 50  # the class of padding becomes impossible
        assert model.validate(batch)["text_nats"] <= before


def test_labels_reach_the_images() -> None:
    model = _dalle()
    with torch.no_grad():
        images = [model.sample(torch.tensor([label]), Streams(range(1)), SAMPLING) for label in (3, 60, 3)]
    assert torch.equal(images[0], images[2])
    assert (images[0] - images[1]).abs().max() > 0.01


def test_samples_do_not_depend_on_the_batch() -> None:
    model, labels = _dalle(), torch.arange(6) * 11
    with torch.no_grad():
        together = model.sample(labels, Streams(range(6)), SAMPLING)
        apart = [model.sample(labels[i : i + 2], Streams(range(i, i + 2)), SAMPLING) for i in (0, 2, 4)]
    assert together.shape == (6, 3, 32, 32)
    torch.testing.assert_close(together, torch.cat(apart), rtol=0, atol=1e-4)


def test_transformer_learns_and_leaves_the_autoencoder_alone() -> None:
    model, batch = _dalle(), _batch()
    frozen = {name: value.clone() for name, value in model.autoencoder.state_dict().items()}
    tokens = model.encode(batch.images)
    assert tokens.shape == (8, TOKENS)
    _lowers(model, Batch(tokens, batch.labels, 0.5), steps=40, share=0.7)
    assert model.training
    assert not model.autoencoder.training
    assert all(torch.equal(value, frozen[name]) for name, value in model.autoencoder.state_dict().items())
