"""What the sampler of few steps is worth: DPM-Solver++(2M) in 10 steps against DDIM in 50, at which distance.

    python benchmarks/sampling_steps.py [ARCHIVE] [--workspace FOLDER] [--images 1000] [--repeats 3]

Trains a Stable Diffusion of trial/'s size for a few minutes on CIFAR-100's archive (without one, on the synthetic
stand-in), and the network that measures; then draws the same images from the same noise by each sampler. FD is the
distance to the test images by that network; `more` is how much farther than DDIM in 50 steps at the same times,
with a 95% interval over paired resamples of the images.
"""

import contextlib
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Annotated

import numpy as np
import typer
import yaml
from diffusers.schedulers.scheduling_ddim import DDIMScheduler
from subjects import ROOT
from timing import compare, machine, median, speedup, table
from torch import Tensor

from gen100 import layout
from gen100.cells import Cell
from gen100.config import Params
from gen100.data import arrays
from gen100.device import fastest
from gen100.families.stable_diffusion.model import StableDiffusion
from gen100.families.stable_diffusion.noise_schedule import NoiseSchedule
from gen100.files import digest
from gen100.metrics.features import Extractor, Reference, ReferenceFeatures
from gen100.metrics.frechet import Gaussian, distance
from gen100.metrics.resampling import resample
from gen100.sampling import draw
from gen100.stages import data as data_stages
from gen100.stages import training
from gen100.stages.measurement import BATCH_CPU, BATCH_GPU, load_model

CELL = Cell.parse("stable_diffusion-mse-128")
BASELINE = "DDIM, 50 steps, at gen100's times"
TIMED = 100
"""Images of a timed turn."""

Sampler = Callable[[Callable[[Tensor, int], Tensor], Tensor, int, Tensor], Tensor]


def briefly(archive: Path | None) -> Params:
    """trial/'s parameters with less training, and without guidance: the samplers alone are compared."""
    values = yaml.safe_load((ROOT / "trial/params.yaml").read_text(encoding="utf-8"))
    values |= {"cells": [str(CELL)], "seeds": [0]}
    if archive is None:
        values["data"] = {"synthetic": {"train": 10000, "test": 2000}}
    else:
        values["data"] = {"source": str(archive), "checksum": f"sha256:{digest(archive)}"}
    values["sampling"]["guidance"] = 1.0
    model, network = values["models"]["stable_diffusion"], values["metrics"]["extractor"]["network"]
    for settings, images in ((model["autoencoder"], 16384), (model, 24576), (network, 50_000)):
        settings["training"] |= {"images": images, "records": 1}
    return Params.model_validate(values)


def trained(params: Params, data_is_there: bool) -> StableDiffusion:
    """The model, trained in this workspace unless that was done before."""
    if not data_is_there:
        data_stages.fetch(params)
        data_stages.prepare(params)
        data_stages.extractor(params, "metric")
    if not training.has_autoencoder(params, CELL, 0):
        training.autoencoder(params, CELL, 0)
    if not training.has_model(params, CELL, 0):
        training.train(params, CELL, 0)
    model = load_model(params, CELL, 0, arrays.load(layout.ARRAYS))
    assert isinstance(model, StableDiffusion)
    return model


def ddim(
    schedule: NoiseSchedule, predict: Callable[[Tensor, int], Tensor], start: Tensor, steps: int, limit: Tensor
) -> Tensor:
    """Song et al. 2021, equation 12 with eta = 0, at gen100's times and within the same limit."""
    current = start
    times = schedule.sampling_times(steps)
    levels = [*map(float, schedule.alpha_bars[times]), 1.0]
    for time, level, after in zip(times, levels[:-1], levels[1:], strict=True):
        estimate = ((current - (1 - level) ** 0.5 * predict(current, time)) / level**0.5).clamp(-limit, limit)
        noise = (current - level**0.5 * estimate) / (1 - level) ** 0.5
        current = after**0.5 * estimate + (1 - after) ** 0.5 * noise
    return current


def of_diffusers(
    timesteps: int, predict: Callable[[Tensor, int], Tensor], start: Tensor, steps: int, limit: Tensor
) -> Tensor:
    """diffusers' DDIM, evenly spaced from the noisiest step on."""
    scheduler = DDIMScheduler(
        timesteps, beta_schedule="linear", clip_sample_range=float(limit), timestep_spacing="trailing"
    )
    scheduler.set_timesteps(steps)
    current = start
    for time in scheduler.timesteps.tolist():
        current = scheduler.step(predict(current, time), time, current, return_dict=False)[0]
    return current


class Drawing:
    """Draws images of one model by any sampler."""

    def __init__(self, model: StableDiffusion, params: Params) -> None:
        self._model = model
        self._sampling = params.sampling

    def timed(self, sampler: Sampler, steps: int) -> Callable[[], None]:
        """A turn of the timing."""

        def turn() -> None:
            self(sampler, steps, TIMED)

        return turn

    def __call__(self, sampler: Sampler, steps: int, images: int) -> np.ndarray:
        self._model.schedule.denoise = sampler  # type: ignore[method-assign]
        sampling = self._sampling.model_copy(update={"images": images, "steps": steps})
        where = fastest()
        return draw(self._model, sampling, 0, where, BATCH_CPU if where.type == "cpu" else BATCH_GPU)


def samplers(schedule: NoiseSchedule) -> dict[str, tuple[Sampler, int]]:
    peer = partial(of_diffusers, schedule.timesteps)
    return {
        BASELINE: (partial(ddim, schedule), 50),
        "DDIM, 50 steps, diffusers, evenly spaced": (peer, 50),
        "DPM-Solver++(2M), 50 steps": (schedule.denoise, 50),
        "DPM-Solver++(2M), 10 steps": (schedule.denoise, 10),
        "DDIM, 10 steps, at gen100's times": (partial(ddim, schedule), 10),
    }


def distances(drawn: dict[str, np.ndarray], data: arrays.Cifar100) -> dict[str, tuple[float, np.ndarray]]:
    """Of each set of images, the distance to the test images, and those of resamples, paired between sets."""
    extractor = Extractor(layout.extractor("metric"))
    reference = ReferenceFeatures(Reference("test", data.test_images), extractor, Path(".cache/fidelity")).gaussian
    found = {}
    for name, images in drawn.items():
        pooled = extractor(images).pooled
        rows = resample(pooled, reference)
        far = distance(Gaussian.fit(pooled.to(reference.mean.device)), reference)
        found[name] = far, rows.loc[rows["kind"] == "bootstrap", "fid"].to_numpy()
    return found


def report(params: Params, images: int, repeats: int) -> None:
    model = trained(params, layout.extractor("metric").exists())
    data = arrays.load(layout.ARRAYS)
    drawing, ways = Drawing(model, params), samplers(model.schedule)
    far = distances({name: drawing(*way, images) for name, way in ways.items()}, data)
    seconds = compare({name: drawing.timed(*way) for name, way in ways.items()}, repeats)
    rows = []
    for name in ways:
        distance, resamples = far[name]
        low, high = np.quantile(resamples - far[BASELINE][1], [0.025, 0.975])
        ratio, slow, fast = speedup(seconds[BASELINE], seconds[name])
        row = [name, f"{TIMED / median(seconds[name]):,.1f}", f"{ratio:.2f}", f"{slow:.2f} to {fast:.2f}"]
        rows.append([*row, f"{distance:.2f}", f"{distance - far[BASELINE][0]:+.2f} ({low:+.2f} to {high:+.2f})"])
    print(f"\n{machine()}; {data.title}, {images:,} images, {repeats} turns of {TIMED}\n")
    print(table(["sampler", "images/s", "times as fast", "quartiles", "FD", "more (95%)"], rows))


def main(
    archive: Annotated[Path | None, typer.Argument(help="CIFAR-100's binary version.")] = None,
    workspace: Annotated[Path | None, typer.Option(help="Where the trained networks stay.")] = None,
    images: Annotated[int, typer.Option(help="Samples that are measured.")] = 1000,
    repeats: Annotated[int, typer.Option(help="Turns.")] = 3,
) -> None:
    params = briefly(archive.resolve() if archive else None)
    with contextlib.ExitStack() as stack:
        folder = workspace or Path(stack.enter_context(tempfile.TemporaryDirectory()))
        folder.mkdir(parents=True, exist_ok=True)
        stack.enter_context(contextlib.chdir(folder))
        report(params, images, repeats)


if __name__ == "__main__":
    typer.run(main)
