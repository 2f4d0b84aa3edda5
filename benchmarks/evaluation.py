"""What does evaluating runs cost, against torch-fidelity's own command on folders of images?

    python benchmarks/evaluation.py [inception|own] [SAMPLES REAL] [--repeats 3]

Both sides are commands, timed from start to end: `gen100 evaluate`, which caches the features of the real
images for the next run, and `fidelity --isc --fid --kid` on folders of PNGs. They measure the same synthetic
images with the same network: Inception v3 with random weights, on which its time does not depend, or the
project's own. The table holds the times of single calls, and what follows from them for 24 runs.
"""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Annotated, Literal
from unittest.mock import patch

import numpy as np
import torch
import typer
import yaml
from PIL import Image
from subjects import ROOT, stand_in
from timing import compare, machine, table
from torch import Tensor, nn
from torch_fidelity import FeatureExtractorInceptionV3

from gen100 import config, layout
from gen100.data import arrays, synthetic
from gen100.metrics.extractors import INCEPTION, OWN_NAME, store_downloaded
from gen100.metrics.network import FeatureNetwork
from gen100.metrics.weights import save_network
from gen100.training.feed import to_float

RUNS = 24
SIZES = {"inception": (100, 100), "own": (2000, 10000)}
CELLS = ["vae-elbo-128", "vae-mi-128", "vae-wae-128", "vae-elbo-2048", "vae-mi-2048"]
"""The first finds an empty cache, the second is the untimed call; then one for each repeat, at most three."""
WEIGHTS = Path("weights.pth")
FIDELITY = "from torch_fidelity.fidelity import main; main()"
OWN_FIDELITY = f"""
from torch_fidelity import register_feature_extractor
from torch_fidelity.fidelity import main
from gen100.metrics.extractors import Cifar100Extractor
register_feature_extractor({OWN_NAME!r}, Cifar100Extractor)
main()
"""


@torch.no_grad()
def calibrate(network: nn.Module, images: Tensor) -> None:
    """Fit the batch normalizations to these images: with those of a fresh network all features are 0."""
    for layer in network.modules():
        if isinstance(layer, nn.BatchNorm2d):
            layer.momentum = None  # running statistics are plain means over the batches
    network.train()
    for part in images.split(20):
        network(part)
    network.eval()


def write_extractor(kind: str, images: np.ndarray) -> None:
    """Write the network for gen100, and for torch-fidelity's command its own file of Inception."""
    torch.manual_seed(0)
    if kind == "inception":
        torch.save({}, WEIGHTS)
        with patch.object(FeatureExtractorInceptionV3, "load_state_dict"):  # as initialized
            network = FeatureExtractorInceptionV3(
                INCEPTION, ["logits_unbiased"], feature_extractor_weights_path=str(WEIGHTS)
            )
        calibrate(network, torch.from_numpy(images))
        network.fc.weight.data.mul_(100)  # confident predictions: otherwise every IS is 1.000
        torch.save(network.state_dict(), WEIGHTS)
        store_downloaded(INCEPTION, WEIGHTS, layout.extractor("metric"))
        return
    trial = config.load_params(ROOT / "trial/params.yaml").metrics.extractor
    assert isinstance(trial, config.OwnExtractor)
    network = FeatureNetwork(trial.network)
    network.classify.weight.data.mul_(20)
    calibrate(network, to_float(torch.from_numpy(images)))
    save_network(layout.extractor("metric"), network, seed=0, accuracy=0.01, synthetic=True)


def write_folder(images: np.ndarray, folder: Path) -> None:
    folder.mkdir(parents=True)
    for number, image in enumerate(images):
        Image.fromarray(image.transpose(1, 2, 0)).save(folder / f"{number:05}.png")


def write_workspace(kind: str, samples: int, real: int) -> None:
    """Write all that both sides read into the current folder."""
    params = yaml.safe_load((ROOT / "demo/params.yaml").read_text())
    data = config.SyntheticData(synthetic=config.Synthetic(train=real, test=100, seed=0))
    params |= {"cells": CELLS, "data": data.model_dump()}
    params["metrics"]["measures"] = ["isc", "fid", "kid"]
    params["sampling"]["images"] = samples
    Path("params.yaml").write_text(yaml.safe_dump(params))
    layout.extractor("metric").parent.mkdir(parents=True)
    synthetic.write_archive(layout.ARCHIVE, data.synthetic)
    arrays.prepare(layout.ARCHIVE, layout.ARRAYS, data.facts)
    images = arrays.load(layout.ARRAYS).train_images
    write_folder(images, Path("real"))
    write_extractor(kind, images[:100])
    for seed, cell in enumerate(CELLS, start=1):
        images = stand_in(samples, 100, seed).train_images
        layout.run(cell, 0).mkdir(parents=True)
        np.save(layout.run(cell, 0) / "samples.npy", images)
        write_folder(images, Path("samples") / cell)


def command(*arguments: str) -> str:
    """The standard output of Python with these arguments.

    Raises:
        SystemExit: the command failed.
    """
    done = subprocess.run([sys.executable, *arguments], capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(f"{' '.join(arguments)} failed:\n{done.stderr}")
    return done.stdout


def fidelity(kind: str, cell: str, *more: str) -> dict[str, float]:
    folder = Path("samples") / cell
    count = min(1000, len(list(folder.iterdir())), len(list(Path("real").iterdir())))
    script, name, weights = (
        (FIDELITY, INCEPTION, WEIGHTS)
        if kind == "inception"
        else (OWN_FIDELITY, OWN_NAME, layout.extractor("metric"))
    )
    output = command(
        *("-c", script, "--isc", "--fid", "--kid", "--cpu", "--json", "--kid-subset-size", str(count)),
        *("--input1", str(folder), "--input2", "real", *more),
        *("--feature-extractor", name, "--feature-extractor-weights-path", str(weights)),
    )
    return json.loads(output[output.index("{") :])


def check(kind: str, cell: str) -> str:
    """What both sides measured.

    Raises:
        SystemExit: they differ by more than a thousandth.
    """
    ours = json.loads((layout.run(cell, 0) / "metrics.json").read_text())
    theirs = fidelity(kind, cell)
    keys = {
        "fid": "frechet_inception_distance",
        "is": "inception_score_mean",
        "kid": "kernel_inception_distance_mean",
    }
    for own, other in keys.items():
        if not np.isclose(ours[own], theirs[other], rtol=1e-3):
            raise SystemExit(f"{own} is {ours[own]} by gen100, {theirs[other]} by torch-fidelity's command")
    return ", ".join(f"{own} {ours[own]:.4g} and {theirs[other]:.4g}" for own, other in keys.items())


def main(
    kind: Annotated[Literal["inception", "own"], typer.Argument(help="The network that measures.")] = "inception",
    samples: Annotated[int | None, typer.Argument(help="Samples of a run.")] = None,
    real: Annotated[int | None, typer.Argument(help="Real images.")] = None,
    repeats: Annotated[int, typer.Option(help="Turns.", min=1, max=len(CELLS) - 2)] = 3,
) -> None:
    samples, real = samples or SIZES[kind][0], real or SIZES[kind][1]
    os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, [str(ROOT / "src"), os.environ.get("PYTHONPATH")]))
    with TemporaryDirectory(prefix="gen100-evaluation-") as folder:
        os.chdir(folder)
        write_workspace(kind, samples, real)
        gen100 = partial(command, "-m", "gen100", "evaluate")
        begin = time.perf_counter()
        gen100(CELLS[0], "0")
        first = time.perf_counter() - begin
        kept = ("--input2-cache-name", "real", "--cache-root", "kept")
        ours, plain, caching = (iter(CELLS[1:]) for _ in range(3))  # another cell at each call
        sides: dict[str, Callable[[], object]] = {
            "`gen100 evaluate`": lambda: gen100(next(ours), "0"),
            "`fidelity` as it is": lambda: fidelity(kind, next(plain)),
            "`fidelity --input2-cache-name`": lambda: fidelity(kind, next(caching), *kept),
        }
        taken = compare(sides, repeats)
        same = check(kind, CELLS[0])
        os.chdir(ROOT)
    each = list(map(median, taken.values()))
    once = (first - each[0], 0.0, each[1] - each[2])
    head = ("command", "s per run (median)", "s once", f"s for {RUNS} runs, derived", "gen100's share")
    rows = []
    for name, run, begun in zip(sides, each, once, strict=True):
        total = begun + RUNS * run
        share = (once[0] + RUNS * each[0]) / total
        cells = (name, f"{run:.1f}", f"{begun:.1f}", f"{total:.0f}", f"{share:.2f}")
        rows.append(dict(zip(head, cells, strict=True)))
    print(f"{kind}: {samples:,} samples per run, {real:,} real images; both sides found {same}\n")
    print(f"{machine()}\n\n{table(rows)}")


if __name__ == "__main__":
    typer.run(main)
