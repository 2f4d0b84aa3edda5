"""The shapes and patterns of the synthetic stand-in, as signed distances on the plane.

Each function takes coordinates u (to the right) and v (upwards), float32 arrays of one shape, in units of the
figure's radius, and returns about the distance to the figure's edge, negative inside.
"""

from collections.abc import Callable

import numpy as np

Distance = Callable[[np.ndarray, np.ndarray], np.ndarray]


def _disc(u: np.ndarray, v: np.ndarray, x: float = 0.0, y: float = 0.0, radius: float = 1.0) -> np.ndarray:
    return np.hypot(u - x, v - y) - radius


def _box(u: np.ndarray, v: np.ndarray, width: float, height: float, y: float = 0.0) -> np.ndarray:
    return np.maximum(np.abs(u) - width, np.abs(v - y) - height)


def _folded(u: np.ndarray, v: np.ndarray, corners: int) -> tuple[np.ndarray, np.ndarray]:
    """Coordinates in one half of one of `corners` equal sectors, the first around the v axis."""
    radius, sector = np.hypot(u, v), 2 * np.pi / corners
    angle = np.abs((np.arctan2(u, v) + sector / 2) % sector - sector / 2).astype(np.float32)
    return radius * np.cos(angle), radius * np.sin(angle)


def _star(u: np.ndarray, v: np.ndarray) -> np.ndarray:
    along, across = _folded(u, v, 5)
    tip, inner = 1.08, 0.46 * np.exp(0.2j * np.pi)
    normal = 1j * (tip - inner) / abs(tip - inner)
    return (along - tip) * np.float32(normal.real) + across * np.float32(normal.imag)


def _heart(u: np.ndarray, v: np.ndarray) -> np.ndarray:
    side, low = 0.56, -0.15
    point = (np.abs(u) + np.abs(v - low)) / np.float32(2**0.5) - side
    lobe = _disc(np.abs(u), v, side / 2**0.5, low + side / 2**0.5, side)
    return np.minimum(point, lobe)


def _drop(u: np.ndarray, v: np.ndarray) -> np.ndarray:
    radius, centre, tip = 0.6, -0.4, 1.05
    sine = radius / (tip - centre)
    cone = np.abs(u) * np.float32((1 - sine**2) ** 0.5) - (tip - v) * sine
    return np.minimum(_disc(u, v, 0, centre, radius), np.maximum(cone, centre + radius * sine - v))


def _gear(u: np.ndarray, v: np.ndarray) -> np.ndarray:
    along, across = _folded(u, v, 8)
    teeth = np.minimum(_disc(u, v, radius=0.75), np.maximum(along - 1.0, across - 0.17))
    return np.maximum(teeth, 0.32 - np.hypot(u, v))


SHAPES: dict[str, Distance] = {
    "arrow": lambda u, v: np.minimum(
        np.maximum((1.2 * np.abs(u) + v - 1) / np.float32(2.44**0.5), 0.1 - v), _box(u, v, 0.24, 0.55, -0.4)
    ),
    "bar": lambda u, v: np.hypot(np.maximum(np.abs(u) - 0.85, 0), v) - 0.27,
    "crescent": lambda u, v: np.maximum(_disc(u, v), -_disc(u, v, 0.5, 0.15, 0.8)),
    "cross": lambda u, v: np.minimum(_box(u, v, 0.3, 0.95), _box(u, v, 0.95, 0.3)),
    "disc": _disc,
    "drop": _drop,
    "flower": lambda u, v: np.maximum(_disc(*_folded(u, v, 6), 0.62, 0, 0.34), -_disc(u, v, radius=0.24)),
    "frame": lambda u, v: np.abs(_box(u, v, 0.68, 0.68)) - 0.18,
    "gear": _gear,
    "heart": _heart,
    "rhombus": lambda u, v: (np.abs(u) + 0.6 * np.abs(v) - 0.62) / np.float32(1.36**0.5),
    "ring": lambda u, v: np.abs(_disc(u, v, radius=0.75)) - 0.25,
    "square": lambda u, v: _box(u, v, 0.82, 0.82),
    "star": _star,
    "triangle": lambda u, v: np.maximum(-v - 0.65, (2 * np.abs(u) + v - 0.95) / np.float32(5**0.5)),
}
"""Figures of radius about 1 around the origin."""

PATTERNS: dict[str, Distance] = {
    "checkerboard": lambda u, v: np.sin(4 * u) * np.sin(4 * v) / 3,
    "grid": lambda u, v: np.minimum(np.abs((u % 0.9) - 0.45), np.abs((v % 0.9) - 0.45)) - 0.12,
    "ripple": lambda u, v: np.cos(6.5 * np.hypot(u, v)) / 6.5,
    "spiral": lambda u, v: np.cos(5 * np.hypot(u, v) - 2 * np.arctan2(v, u)) / 6,
    "wave": lambda u, v: np.sin(6 * v + 1.3 * np.sin(3.6 * u)) / 7,
}
"""Figures that fill the plane."""
