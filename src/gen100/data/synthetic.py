"""A synthetic stand-in for CIFAR-100: drawn shapes in the same format, for trials without the real data."""

import gzip
import io
import tarfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from gen100.config import Synthetic
from gen100.data.arrays import FOLDER
from gen100.data.shapes import PATTERNS, SHAPES
from gen100.files import whole

COLOURS: dict[str, tuple[int, int, int]] = {
    "red": (222, 52, 48),
    "yellow": (246, 214, 58),
    "blue": (48, 92, 220),
    "green": (62, 172, 72),
    "pink": (244, 140, 186),
    "teal": (28, 182, 176),
    "orange": (242, 132, 28),
    "violet": (138, 70, 200),
    "white": (242, 242, 238),
    "brown": (142, 84, 42),
}
SHAPE_STYLES = ("", "", "striped", "dotted", "small")
PATTERN_STYLES = ("", "", "", "fine", "wide")


@dataclass(frozen=True)
class Kind:
    """A class: a figure (its superclass) in a colour and, for some, a style."""

    figure: str
    colour: str
    style: str

    @property
    def name(self) -> str:
        return "_".join(word for word in (self.style, self.colour, self.figure) if word)


def kinds() -> list[Kind]:
    """The 100 classes, sorted by name as the official ones are: five of each figure, ten of each colour."""
    colours, made = list(COLOURS), []
    for row, figure in enumerate(sorted(SHAPES | PATTERNS)):
        styles = SHAPE_STYLES if figure in SHAPES else PATTERN_STYLES
        made += [Kind(figure, colours[(3 * row + 2 * place) % 10], style) for place, style in enumerate(styles)]
    return sorted(made, key=lambda kind: kind.name)


def _smooth(points: int) -> np.ndarray:
    """32 x points: weights that spread values on a coarse grid over 32 pixels, smoothly."""
    place = np.linspace(0, points - 1, 32)[:, None] - np.arange(points)
    share = np.clip(1 - np.abs(place), 0, 1)
    return (share * share * (3 - 2 * share)).astype(np.float32)


def _backgrounds(count: int, random: np.random.Generator) -> np.ndarray:
    """Muted fields of two tones mixed by smooth noise, with a finer grain.

    N x 3 x 32 x 32, float32, about in [0, 1].
    """
    level = random.uniform(0.14, 0.62, (count, 1, 1, 1)).astype(np.float32)
    tones = level + random.uniform(-0.11, 0.11, (2, count, 3, 1, 1)).astype(np.float32)
    mixed = np.zeros((count, 1, 32, 32), np.float32)
    for points, strength in ((4, 0.6), (9, 0.4)):
        weights = _smooth(points)
        noise = random.random((count, points, points), np.float32)
        mixed += strength * (weights @ noise @ weights.T)[:, None]
    grain = random.normal(0, 0.018, (count, 1, 32, 32)).astype(np.float32)
    contrast = np.clip((mixed - 0.5) * 2.2 + 0.5, 0, 1)
    return tones[0] + (tones[1] - tones[0]) * contrast + grain


def _texture(style: str, u: np.ndarray, v: np.ndarray, pixels: np.ndarray) -> np.ndarray:
    """How far, in [0, 1], the figure's colour gives way to its second tone; `pixels` is a unit in pixels."""
    if style == "striped":
        distance = np.sin(2 * np.pi * 1.35 * (u + v) / 2**0.5) / 8.5
    elif style == "dotted":
        distance = np.hypot((u + 0.3) % 0.6 - 0.3, (v + 0.3) % 0.6 - 0.3) - 0.16
    else:
        return np.zeros_like(u)
    return np.clip(0.5 - distance * pixels, 0, 1)


def _draw(kind: Kind, count: int, random: np.random.Generator) -> np.ndarray:
    """Images of one class, each with its own place, size, rotation, light and background.

    N x 3 x 32 x 32, uint8.
    """

    def uniform(low: float, high: float, *shape: int) -> np.ndarray:
        return random.uniform(low, high, (count, *shape, 1, 1)).astype(np.float32)

    shape = kind.figure in SHAPES
    unit = uniform(6, 7.5) if kind.style == "small" else uniform(9.5, 13) if shape else uniform(9, 12)
    if not shape:
        unit *= {"fine": 0.6, "wide": 1.6}.get(kind.style, 1.0)
    room = np.clip(15.5 - unit, 1, 6) if shape else np.float32(6)
    angle = uniform(-0.35, 0.35)
    pixel = np.arange(32, dtype=np.float32) - 15.5
    right = pixel[None, None, :] - uniform(-1, 1) * room
    up = -pixel[None, :, None] - uniform(-1, 1) * room
    u = (right * np.cos(angle) + up * np.sin(angle)) / unit
    v = (up * np.cos(angle) - right * np.sin(angle)) / unit
    distance = (SHAPES | PATTERNS)[kind.figure](u, v) * unit

    base = np.array(COLOURS[kind.colour], np.float32).reshape(1, 3, 1, 1) / 255
    colour = base * uniform(0.86, 1.06, 1) + uniform(-0.04, 0.04, 3)
    second = colour * 0.3 if kind.colour in ("white", "yellow", "pink") else 0.25 * colour + 0.72
    texture = _texture(kind.style, u, v, unit)[:, None]
    figure = colour + (second - colour) * texture
    light = uniform(0, 2 * np.pi)
    slope = (np.cos(light) * pixel[None, None, :] + np.sin(light) * pixel[None, :, None]) / 16
    # Darker towards the edge, as a slightly rounded body is.
    body = 1 - 0.16 * np.exp(np.minimum(distance, 0) / 1.5)
    figure = figure * (body * (1 + 0.16 * slope))[:, None]

    shadow = 1 - 0.38 * np.exp(-np.maximum(distance, 0) / 1.8)
    ground = _backgrounds(count, random) * (shadow * (1 + 0.1 * slope))[:, None]
    cover = np.clip(0.5 - distance, 0, 1)[:, None]
    image = ground + (figure - ground) * cover
    return np.clip(image * 255 + 0.5, 0, 255).astype(np.uint8)


def _records(count: int, random: np.random.Generator) -> bytes:
    """A file of `count` records in CIFAR-100's binary format, classes balanced and shuffled."""
    every = kinds()
    figures = sorted(SHAPES | PATTERNS)
    records = np.empty((count, 2 + 3072), np.uint8)
    rows = random.permutation(count).reshape(len(every), -1)
    for label, (kind, mine) in enumerate(zip(every, rows, strict=True)):
        records[mine, 0] = figures.index(kind.figure)
        records[mine, 1] = label
        records[mine, 2:] = _draw(kind, len(mine), random).reshape(len(mine), -1)
    return records.tobytes()


def write_archive(target: Path, settings: Synthetic) -> None:
    """Draw the stand-in and pack it as the archive of CIFAR-100's binary version is packed.

    100 classes in 20 superclasses (figures), named by colour and style, all equally often in each split.
    The same settings give the same bytes on one machine.
    """
    names = "\n".join(kind.name for kind in kinds()) + "\n"
    members = {
        "fine_label_names.txt": names.encode(),
        "coarse_label_names.txt": ("\n".join(sorted(SHAPES | PATTERNS)) + "\n").encode(),
        "train.bin": _records(settings.train, np.random.default_rng([settings.seed, 0])),
        "test.bin": _records(settings.test, np.random.default_rng([settings.seed, 1])),
    }
    with (
        whole(target) as temporary,
        temporary.open("wb") as file,
        gzip.GzipFile("", "wb", compresslevel=1, fileobj=file, mtime=0) as zipped,
        tarfile.open(fileobj=zipped, mode="w", format=tarfile.USTAR_FORMAT) as tar,
    ):
        for name, content in members.items():
            entry = tarfile.TarInfo(f"{FOLDER}/{name}")
            entry.size = len(content)
            tar.addfile(entry, io.BytesIO(content))
