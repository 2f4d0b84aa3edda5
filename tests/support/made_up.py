"""A made-up study, written as training and evaluating write a real one.

`World` says what cells give, and writes what claims and comparisons read. `support.report_workspace` writes all
files of a workspace, up to the page.
"""

import json
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd

from gen100 import layout
from gen100.cells import Cell
from gen100.families.registry import FAMILIES
from gen100.metrics.measures import columns
from gen100.provenance import DataFacts, ExtractorFacts, Provenance, SplitFacts
from gen100.report.results import provenance_columns
from gen100.thesis.cells import CELLS

REAL = DataFacts(name="CIFAR-100", train=50_000, test=10_000)
SYNTHETIC = DataFacts(name="synthetic", train=2000, test=500, seed=0)
INCEPTION = ExtractorFacts(kind="inception-v3-compat", sha256="0" * 64)
OWN = ExtractorFacts(kind="cifar100-network", sha256="1" * 64, accuracy=0.481, seed=1000)
SAMPLES = 100
RECORDS = 9


def measured_with(data: DataFacts, extractor: ExtractorFacts, samples: int) -> Provenance:
    """What numbers against the training images are measured with."""
    return Provenance(
        data=data,
        extractor=extractor,
        reference=SplitFacts(split="train", images=data.train),
        other=SplitFacts(split="test", images=data.test),
        samples=samples,
    )


def write_arrays(images: np.ndarray, data: DataFacts) -> None:
    """Write data/cifar100.npz: both splits hold the same images, of classes 0 to 99 in turn."""
    labels = np.arange(len(images)) % 100
    kinds = {"images": images, "labels": labels, "coarse": labels // 5}
    arrays = {f"{split}_{kind}": values for split in ("train", "test") for kind, values in kinds.items()}
    arrays |= {"fine_names": np.array([f"class_{place}" for place in range(100)])}
    arrays |= {"coarse_names": np.array([f"super_{place}" for place in range(20)])}
    layout.ARRAYS.parent.mkdir()
    np.savez(layout.ARRAYS, facts=np.array(data.model_dump_json()), **arrays)  # pyright: ignore[reportArgumentType]


def write_reference(kinds: dict[str, dict[str, float]], facts: Provenance) -> None:
    """Write reports/reference.json: the measures of real images, noise and one flat colour."""
    layout.REFERENCE.parent.mkdir(exist_ok=True)
    layout.REFERENCE.write_text(json.dumps(kinds | {"provenance": facts.model_dump()}))


def pictures(count: int, detail: float, colour: float, seed: int) -> np.ndarray:
    """Images of one spectrum: `detail` scales the amplitude of frequencies above 8, `colour` that of chroma."""
    random = np.random.default_rng(seed)
    steps = np.fft.fftfreq(32, 1 / 32)
    radius = np.hypot(steps[:, None], steps[None])
    amplitude = np.where(radius > 8, detail, 1.0) / np.maximum(radius, 1)
    fields = np.fft.ifft2(np.fft.fft2(random.normal(size=(count, 3, 32, 32))) * amplitude).real
    luma, chroma = fields[:, :1], fields - fields.mean(1, keepdims=True)
    mixed = 100 * luma + 60 * colour * np.where(radius > 8, 0, 1) * chroma
    return np.clip(128 + mixed, 0, 255).astype(np.uint8)


@dataclass
class Cellular:
    """What a cell is made to give, before the noise of its seeds."""

    fid: float = 50.0
    score: float = 4.0
    first: float = 10.0
    last: float = 5.0
    gap: float = 0.0
    """Of the last validation loss over the training loss, as a share of it."""
    rises: int = 0
    """Records at which the validation loss rises."""
    crossings: int = 0
    mse: float = 0.02
    detail: float = 1.0
    colour: float = 1.0
    seconds: float = 3600.0


@dataclass
class World:
    """A study to be written: by default all cells are alike, long trained and measured with four seeds."""

    seeds: tuple[int, ...] = (0, 1, 2, 3)
    images_seen: int = 5_000_000
    data: DataFacts = REAL
    extractor: ExtractorFacts = INCEPTION
    devices: dict[str, str] = field(default_factory=dict)
    error: float = 0.3
    """Standard deviation of FID over seeds, and over the samples of one."""
    levels: tuple[float, float, float] = (3.0, 300.0, 250.0)
    cells: dict[Cell, Cellular] = field(default_factory=lambda: {cell: Cellular() for cell in CELLS})
    shown: tuple[Cell, ...] = ()
    """The cells whose samples are written."""

    @property
    def provenance(self) -> Provenance:
        return measured_with(self.data, self.extractor, self.data.test)

    def set(self, family: str = "", loss: str = "", latent: int | str = 0, **values: float) -> "World":
        """Change all cells that fit; `latent` may be 'large'."""
        for cell, made in self.cells.items():
            size = cell.latent == latent or (latent == "large" and cell.latent > 128)
            if (not family or cell.family == family) and (not loss or cell.loss == loss) and (not latent or size):
                for name, value in values.items():
                    assert hasattr(made, name)
                    setattr(made, name, value)
        return self

    def write(self) -> None:
        """Write results.csv, reference.json, data and every run's files into the current folder."""
        rows = [
            self._run(place, cell, made, seed)
            for place, (cell, made) in enumerate(self.cells.items())
            for seed in self.seeds
        ]
        layout.RESULTS.parent.mkdir()
        pd.DataFrame(rows).to_csv(layout.RESULTS, index=False)
        levels = zip(("real", "noise", "constant"), self.levels, strict=True)
        write_reference({kind: {"fid": level} for kind, level in levels}, self.provenance)
        write_arrays(pictures(200, 1, 1, 99), self.data)

    def _run(self, place: int, cell: Cell, made: Cellular, seed: int) -> dict[str, object]:
        random = np.random.default_rng((place, seed))
        folder = Path("results") / str(cell) / str(seed)
        folder.mkdir(parents=True)
        fid = made.fid + random.normal(0, self.error)
        resampled(fid, self.error, random).to_csv(folder / "resamples.csv", index=False)
        curve = curve_of(made, random)
        curve.to_csv(folder / "curve.csv", index=False)
        if cell in self.shown:
            np.save(folder / "samples.npy", pictures(SAMPLES, made.detail, made.colour, 100 * place + seed))
        staged = FAMILIES[cell.family].autoencoder is not None
        return {
            **dict.fromkeys(columns()),
            **{"cell": str(cell), "family": cell.family, "loss": cell.loss, "latent_size": cell.latent},
            **{"batch_size": 128, "seed": seed, "fid": fid, "fid_se": self.error, "fid_limit": fid - 1},
            **{"is": made.score + random.normal(0, 0.001), "is_std": 0.002, "fid_limit_se": self.error},
            **{name: curve[name].iloc[-1] for name in ("train_loss", "val_loss")},
            **{"images_seen": self.images_seen, "seconds": made.seconds * np.exp(random.normal(0, 0.02))},
            **{"autoencoder_images": 10**6 if staged else None, "autoencoder_seconds": 9.0 if staged else None},
            "device": self.devices.get(cell.family, "NVIDIA H100"),
            **provenance_columns(self.provenance.model_copy(update={"samples": SAMPLES})),
        }


def resampled(fid: float, error: float, random: np.random.Generator) -> pd.DataFrame:
    """resamples.csv of a run of 100 samples: FID falls along a line in 1/N to one less than `fid`."""
    replicates = fid + 1.5 + random.normal(0, error, 100)
    rows = [("bootstrap", 100, place, value) for place, value in enumerate(replicates)]
    for parts in (1, 2, 3, 4, 5):
        rows += [("subset", 100 // parts, place, fid - 1 + 100 / (100 // parts)) for place in range(parts)]
    return pd.DataFrame(rows, columns=["kind", "images", "replicate", "fid"])


def curve_of(made: Cellular, random: np.random.Generator) -> pd.DataFrame:
    """A curve whose validation loss falls evenly, but for the rises asked for."""
    val = np.linspace(made.first, made.last, RECORDS)
    for rise in range(made.rises):
        val[2 * rise + 1] = val[2 * rise] - 0.75 * (made.first - made.last)
    train = val / (1 + made.gap + random.normal(0, 0.001))
    if made.crossings:
        train = val + np.where(np.arange(RECORDS) < made.crossings, (-1.0) ** np.arange(RECORDS), 0)
        train[made.crossings :] += (-1.0) ** made.crossings
    epochs = np.arange(1, RECORDS + 1)
    columns = {"epoch": epochs, "step": epochs * 10, "images": epochs * 1000, "train_loss": train}
    mse = np.full(RECORDS, made.mse * (1 + random.normal(0, 0.01)))
    return pd.DataFrame(columns | {"val_loss": val * (1 + random.normal(0, 0.001)), "val_mse": mse})
