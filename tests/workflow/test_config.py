"""params.yaml: what is refused, and how it is said."""

import copy
from pathlib import Path
from typing import Any

import pytest
import yaml

from gen100.cells import Cell
from gen100.cli import every_stage
from gen100.config import load_params
from gen100.engines.keys import is_given, keys_below
from gen100.engines.stages import Stage
from gen100.errors import UserError
from gen100.thesis.cells import LOSSES
from support.processes import ROOT

FULL = yaml.safe_load((ROOT / "params.yaml").read_text())


def load(folder: Path, values: Any) -> Any:
    file = folder / "params.yaml"
    file.write_text(values if isinstance(values, str) else yaml.safe_dump(values))
    return load_params(file)


def changed(place: str, value: Any) -> dict[str, Any]:
    params = copy.deepcopy(FULL)
    *path, last = place.split(".")
    target = params
    for key in path:
        target = target[key]
    target[last] = value
    return params


@pytest.mark.parametrize("name", ["params.yaml", "demo/params.yaml", "trial/params.yaml"])
def test_the_workspaces_hold_the_24_cells(name: str) -> None:
    params = load_params(ROOT / name)
    cells = [Cell.parse(text) for text in params.cells]
    assert len(set(cells)) == 24
    for cell in cells:
        batch = {128: 128, 2048: 2048} if cell.family != "stylegan2" else {128: 64, 1024: 64}
        assert cell.latent in batch
        if name != "demo/params.yaml":
            assert params.batch_size(cell) == batch[cell.latent]
    assert {(cell.family, cell.loss) for cell in cells} == {
        (family, loss) for family, losses in LOSSES.items() for loss in losses
    }


@pytest.mark.parametrize(
    ("place", "value", "said"),
    [
        ("cells", ["vae-elbo-128", "gan-elbo-128"], ["'gan-elbo-128'", "stylegan2"]),
        ("cells", ["vae-hinge-128"], ["'vae-hinge-128'", "elbo, mi, wae"]),
        ("cells", ["vae-elbo-512"], ["'vae-elbo-512'", "sizes.vae", "512"]),
        ("cells", ["vae"], ["'vae'", "<family>-<loss>-<latent>"]),
        ("cells", ["stable_diffusion-mse-100"], ["multiple of 64"]),
        ("cells", ["vae-elbo-128", "vae-elbo-128"], ["vae-elbo-128", "more than once"]),
        ("cells", [], ["cells"]),
        ("seeds", [0, -1], ["seeds.1", "-1"]),
        ("seeds", ["0"], ["seeds.0", "'0'"]),
        ("sizes.vae", {128: "many", 2048: 2048}, ["sizes.vae.128", "'many'"]),
        ("sizes.gan", {128: 1}, ["sizes.gan", "vae"]),
        ("sizes.vae", {128: 1, 2048: 2048}, ["sizes.vae.128 is 1", "'vae-mi-128'", "use 2 or more"]),
        ("models.vae.training.images", -5, ["models.vae.training.images", "-5", "greater than 0"]),
        ("models.vae.training.imges", 5, ["models.vae.training.imges", "not a known key"]),
        ("models.vae.training.optimizer.lr", "1e-4x", ["models.vae.training.optimizer.lr", "'1e-4x'"]),
        (
            "models.stable_diffusion.schedule",
            "sine",
            ["models.stable_diffusion.schedule", "'sine'", "linear"],
        ),
        ("models.dalle.network.heads", 7, ["models.dalle.network", "heads 7"]),
        ("data.checksum", "md5:xyz", ["data.checksum", "md5:xyz"]),
        ("data.source", None, ["data.source"]),
        ("sampling.steps", 2000, ["sampling.steps", "2000", "timesteps"]),
        ("models.dalle.autoencoder.network.channels", [8, 8], ["models.dalle.autoencoder.network", "8 x 8"]),
        (
            "models.stable_diffusion.autoencoder.network.channels",
            [8],
            ["stable_diffusion.autoencoder.network", "8 x 8"],
        ),
        ("models.vae.network.channels", [8] * 7, ["models.vae.network.channels"]),
        ("sampling.top_k", -1, ["sampling.top_k", "-1"]),
        ("metrics.measures", ["isc"], ["metrics", "fid"]),
        ("metrics.measures", ["fid", "ppl"], ["metrics.measures.1", "'ppl'", "prc"]),
        ("metrics.dinov2", {"weights": {"source": "d.pth"}}, ["metrics.dinov2.weights.checksum", "missing"]),
        ("metrics.extractor.name", "inception", ["metrics.extractor", "inception-v3-compat"]),
        ("notes", "x", ["notes", "not a known key"]),
        ("sampling.Steps", 5, ["sampling.Steps", "not a known key"]),
        ("models.stable-diffusion", {}, ["models.stable-diffusion", "not a known key"]),
        ("models.vae.mi-weight", 5, ["models.vae.mi-weight", "not a known key"]),
        ("models.dalle.text_weight", "0.125", ["models.dalle.text_weight", "'0.125'", "valid number"]),
        ("models.dalle.network.dropout", True, ["models.dalle.network.dropout", "True", "valid number"]),
        ("models.vae.training.flip", 1, ["models.vae.training.flip", "1", "valid boolean"]),
        ("models.dalle.network.depth", 10_000, ["models.dalle.network.depth", "10000", "equal to 1000"]),
        ("models.stylegan2.network.channels", [9, 9, 9, 99_999], ["channels.3 is 99999", "equal to 16384"]),
        ("models.vae.training.records", 10**9, ["models.vae.training.records", "equal to 100000"]),
        ("models.stable_diffusion.timesteps", 10**9, ["models.stable_diffusion.timesteps", "equal to 100000"]),
        ("sizes.vae", {128: 10**9, 2048: 2048}, ["sizes.vae.128 is 1000000000", "equal to 1048576"]),
        ("sampling.images", 10**15, ["sampling.images", "equal to 1000000"]),
        ("sampling.seed", -1, ["sampling.seed", "-1", "equal to 0"]),
        ("seeds", [10**20], ["seeds.0", "less than"]),
        ("data", {"synthetic": {"train": 10**9, "test": 100}}, ["data.synthetic.train", "equal to 1000000"]),
        ("sampling.top_k", 5000, ["sampling.top_k is 5000", "at most 2048"]),
        ("models.dalle.autoencoder.temperature_end", 2.0, ["models.dalle.autoencoder", "temperature_start 1"]),
        ("models.stylegan2.augment", ["color", "color"], ["augment holds color more than once"]),
        ("metrics.measures", ["fid", "fid"], ["measures holds fid more than once"]),
    ],
)
def test_a_wrong_value_is_one_line_with_key_value_and_way_out(
    tmp_path: Path, place: str, value: Any, said: list[str]
) -> None:
    with pytest.raises(UserError) as caught:
        load(tmp_path, changed(place, value))
    message = str(caught.value)
    assert "\n" not in message
    assert "params.yaml" in message
    for part in said:
        assert part in message


@pytest.mark.parametrize(
    ("key", "changes"), [("batch_size", {"batch_size": 1}), ("training.images", {"training": {"images": 1}})]
)
def test_batch_normalization_of_one_value_is_refused(tmp_path: Path, key: str, changes: dict[str, Any]) -> None:
    """Five halvings of 32 pixels leave one; with fewer, an image alone has more to normalize by."""
    training = {"images": 8, "optimizer": {"lr": 1e-3}, "ema_images": 8, **changes.get("training", {})}
    network = {"batch_size": 8, **changes, "training": training}
    deep, shallow = (
        changed("metrics.extractor", {"name": "cifar100-network", "network": {**network, "channels": [8] * count}})
        for count in (5, 4)
    )
    with pytest.raises(UserError, match=rf"metrics\.extractor\.network {key} is 1: .*use 2 or more"):
        load(tmp_path, deep)
    load(tmp_path, shallow)


@pytest.mark.parametrize(
    ("text", "said"), [("cells: [", "YAML"), ("just text", "mapping"), ("", "mapping"), ("\x00", "YAML")]
)
def test_no_yaml(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(UserError, match=said):
        load(tmp_path, text)


def test_a_missing_file_says_what_a_workspace_is(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="workspace"):
        load_params(tmp_path / "params.yaml")


def test_a_new_cell_needs_its_batch_alone(tmp_path: Path) -> None:
    params = changed("sizes.vae", {128: 128, 2048: 2048, 512: 256})
    params["cells"].append("vae-wae-512")
    assert load(tmp_path, params).batch_size(Cell("vae", "wae", 512)) == 256


def table(folder: Path, values: Any) -> dict[str, Stage]:
    """Every stage by name, but the page, which shows all of params.yaml."""
    params = load(folder, values)
    return {stage.name: stage for stage in every_stage(params) if stage.name != "page"}


def different(tmp_path: Path, place: str, value: Any) -> set[str]:
    """The stages that a change touches: their settings or inputs are others, or they are new."""
    before, after = table(tmp_path, FULL), table(tmp_path, changed(place, value))
    return {name for name, stage in after.items() if stage != before.get(name)}


def runs(stage: str, pattern: str) -> set[str]:
    return {f"{stage}-{cell}-0" for cell in FULL["cells"] if cell.startswith(pattern)}


REPORTS = {"forensics", "aggregate", "compare", "claims", "figures"}


def test_a_change_touches_what_depends_on_it(tmp_path: Path) -> None:
    assert different(tmp_path, "models.vae.training.images", 5) == runs("train", "vae")
    assert different(tmp_path, "models.vae.mi_weight", 5) == runs("train", "vae-mi")
    assert different(tmp_path, "models.stylegan2.r1_weight", 5) == runs("train", "stylegan2-hinge") | runs(
        "train", "stylegan2-lsgan"
    )
    assert different(tmp_path, "models.stable_diffusion.huber_delta", 5) == runs("train", "stable_diffusion-huber")
    kl_autoencoders = {"autoencoder-stable_diffusion-128-0", "autoencoder-stable_diffusion-2048-0"}
    assert different(tmp_path, "models.stable_diffusion.autoencoder.kl_weight", 5) == kl_autoencoders | runs(
        "train", "stable_diffusion"
    )
    assert different(tmp_path, "models.dalle.autoencoder.perceptual_pixel_weight", 5) == runs(
        "autoencoder", "dalle-perceptual"
    ) | runs("train", "dalle-perceptual")
    assert different(tmp_path, "sizes.dalle", {128: 64, 2048: 2048}) == {
        f"{stage}-dalle-{loss}-128-0"
        for stage in ("autoencoder", "train")
        for loss in ("cross_entropy", "mse", "perceptual")
    }
    assert different(tmp_path, "sampling.steps", 5) == runs("sample", "stable_diffusion")
    assert different(tmp_path, "sampling.seed", 0) == runs("sample", "")
    assert different(tmp_path, "sampling.images", 500) == runs("sample", "") | {"reference"}
    assert different(tmp_path, "data.source", "elsewhere.tar.gz") == set()
    assert different(tmp_path, "data.checksum", "md5:" + "0" * 32) == {"fetch", "prepare"}
    assert different(tmp_path, "metrics.extractor.weights.source", "here.pth") == set()
    assert different(tmp_path, "metrics.perceptual.weights.checksum", "sha256:" + "0" * 64) == {
        "extractor-perceptual"
    }
    new = {f"{stage}-{cell}-1" for stage in ("train", "sample", "evaluate") for cell in FULL["cells"]}
    new |= {f"autoencoder-{name}-1" for name in load(tmp_path, FULL).autoencoders}
    assert different(tmp_path, "seeds", [0, 1]) == new | REPORTS
    dinov2 = {"weights": {"source": "dinov2.pth", "checksum": "sha256:" + "0" * 64}}
    assert different(tmp_path, "metrics.dinov2", dinov2) == runs("evaluate", "") | {
        "reference",
        "extractor-dinov2",
    }
    assert different(tmp_path, "metrics.measures", ["fid"]) == runs("evaluate", "") | {"reference"}


def test_keys_are_those_of_params_yaml_and_no_finer_than_needed(tmp_path: Path) -> None:
    every = table(tmp_path, FULL)
    assert every["train-vae-elbo-128-0"].settings == {
        "sizes.vae.128": 128,
        "models.vae.network": FULL["models"]["vae"]["network"],
        "models.vae.training": load(tmp_path, FULL).models.vae.training.model_dump(mode="json"),
    }
    # All that Stable Diffusion can be told matters to its Huber loss.
    assert every["train-stable_diffusion-huber-128-0"].settings.keys() == {
        "sizes.stable_diffusion.128",
        "models.stable_diffusion",
    }
    assert every["sample-dalle-mse-128-0"].settings == {
        f"sampling.{key}": FULL["sampling"][key] for key in ("images", "temperature", "top_k")
    }
    assert every["fetch"].settings == {"data.checksum": FULL["data"]["checksum"]}


def test_a_new_loss_depends_on_every_setting_that_is_not_said_to_spare_it(tmp_path: Path) -> None:
    settings = load(tmp_path, FULL).models.stylegan2
    new, known = (keys_below(settings, "gan", loss) for loss in ("new", "wasserstein"))
    assert new.keys() == {"gan"}
    assert {"gan.r1_weight", "gan.r1_every"}.isdisjoint(known)
    assert "gan.gradient_penalty_weight" in known


def test_keys_that_params_yaml_leaves_to_their_defaults_are_told_apart(tmp_path: Path) -> None:
    values = copy.deepcopy(FULL)
    del values["models"]["vae"]["network"], values["models"]["dalle"], values["sampling"]["steps"]
    params = load(tmp_path, values)
    given = ("models.vae.training", "sizes.vae.128", "sampling.images", "data", "cells", "metrics.extractor.name")
    left_out = ("models.vae.network", "models.dalle", "models.dalle.network", "sampling.steps", "metrics.dinov2")
    assert [key for key in (*given, *left_out) if is_given(params, key)] == list(given)


def test_cells_share_an_autoencoder_where_the_loss_does_not_matter_to_it(tmp_path: Path) -> None:
    assert list(load(tmp_path, FULL).autoencoders) == [
        *(f"dalle-{loss}-{latent}" for loss in ("cross_entropy", "mse", "perceptual") for latent in (128, 2048)),
        "stable_diffusion-128",
        "stable_diffusion-2048",
    ]
    every = table(tmp_path, FULL)
    weights = Path("results/autoencoders/stable_diffusion-128/0/model.safetensors")
    users = {name for name, stage in every.items() if weights in stage.inputs}
    cells = [f"stable_diffusion-{loss}-128-0" for loss in ("mse", "mae", "huber")]
    assert users == {f"{stage}-{cell}" for stage in ("train", "evaluate") for cell in cells}


def test_only_networks_that_a_cell_or_measure_uses_are_made(tmp_path: Path) -> None:
    assert {name for name in table(tmp_path, FULL) if name.startswith("extractor")} == {
        "extractor-metric",
        "extractor-perceptual",
    }
    alone = table(tmp_path, changed("cells", ["vae-elbo-128"]))
    assert {name for name in alone if name.startswith(("extractor", "autoencoder"))} == {"extractor-metric"}
