"""Update rules of gradient descent, each as in the paper that introduced it."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gen100.i18n import N_

Vector = NDArray[np.float64]
Gradient = Callable[[Vector], Vector]
Rule = Callable[[Gradient, Vector, int, float], Vector]
"""rule(gradient, start, steps, rate) -> path: (steps + 1) x dimensions, from the start on."""

EPSILON = 1e-8


def plain(gradient: Gradient, start: Vector, steps: int, rate: float) -> Vector:
    path = [start]
    for _ in range(steps):
        path.append(path[-1] - rate * gradient(path[-1]))
    return np.array(path)


def momentum(gradient: Gradient, start: Vector, steps: int, rate: float, decay: float = 0.9) -> Vector:
    """Heavy ball: v = decay v + g (Polyak 1964)."""
    path, velocity = [start], np.zeros_like(start)
    for _ in range(steps):
        velocity = decay * velocity + gradient(path[-1])
        path.append(path[-1] - rate * velocity)
    return np.array(path)


def nesterov(gradient: Gradient, start: Vector, steps: int, rate: float, decay: float = 0.9) -> Vector:
    """The step looks ahead along the velocity (Nesterov 1983, in the form of Sutskever et al. 2013)."""
    path, velocity = [start], np.zeros_like(start)
    for _ in range(steps):
        slope = gradient(path[-1])
        velocity = decay * velocity + slope
        path.append(path[-1] - rate * (slope + decay * velocity))
    return np.array(path)


def adagrad(gradient: Gradient, start: Vector, steps: int, rate: float) -> Vector:
    """Duchi et al. 2011."""
    path, squares = [start], np.zeros_like(start)
    for _ in range(steps):
        slope = gradient(path[-1])
        squares = squares + slope**2
        path.append(path[-1] - rate * slope / (np.sqrt(squares) + EPSILON))
    return np.array(path)


def rmsprop(gradient: Gradient, start: Vector, steps: int, rate: float, decay: float = 0.99) -> Vector:
    """Tieleman and Hinton 2012."""
    path, squares = [start], np.zeros_like(start)
    for _ in range(steps):
        slope = gradient(path[-1])
        squares = decay * squares + (1 - decay) * slope**2
        path.append(path[-1] - rate * slope / (np.sqrt(squares) + EPSILON))
    return np.array(path)


def adadelta(
    gradient: Gradient, start: Vector, steps: int, rate: float, decay: float = 0.9, epsilon: float = 1e-6
) -> Vector:
    """Zeiler 2012: steps are in the units of earlier steps."""
    path, squares, moves = [start], np.zeros_like(start), np.zeros_like(start)
    for _ in range(steps):
        slope = gradient(path[-1])
        squares = decay * squares + (1 - decay) * slope**2
        move = np.sqrt(moves + epsilon) / np.sqrt(squares + epsilon) * slope
        moves = decay * moves + (1 - decay) * move**2
        path.append(path[-1] - rate * move)
    return np.array(path)


def adam(
    gradient: Gradient, start: Vector, steps: int, rate: float, first: float = 0.9, second: float = 0.999
) -> Vector:
    """Kingma and Ba 2015, algorithm 1."""
    path, mean, squares = [start], np.zeros_like(start), np.zeros_like(start)
    for step in range(1, steps + 1):
        slope = gradient(path[-1])
        mean = first * mean + (1 - first) * slope
        squares = second * squares + (1 - second) * slope**2
        scale = np.sqrt(squares / (1 - second**step)) + EPSILON
        path.append(path[-1] - rate * mean / (1 - first**step) / scale)
    return np.array(path)


def nadam(
    gradient: Gradient, start: Vector, steps: int, rate: float, first: float = 0.9, second: float = 0.999
) -> Vector:
    """Adam with Nesterov's look ahead, its momentum warmed up (Dozat 2016)."""
    path, mean, squares, product = [start], np.zeros_like(start), np.zeros_like(start), 1.0
    for step in range(1, steps + 1):
        now, after = (first * (1 - 0.5 * 0.96 ** (0.004 * count)) for count in (step, step + 1))
        product *= now
        slope = gradient(path[-1])
        mean = first * mean + (1 - first) * slope
        squares = second * squares + (1 - second) * slope**2
        ahead = after * mean / (1 - product * after) + (1 - now) * slope / (1 - product)
        path.append(path[-1] - rate * ahead / (np.sqrt(squares / (1 - second**step)) + EPSILON))
    return np.array(path)


@dataclass(frozen=True)
class Method:
    """A rule with its usual name, to be translated, and rate; Adadelta is made to need none, so its rate is 1."""

    title: str
    rule: Rule
    rate: float = 0.05


METHODS = (
    Method(N_("plain"), plain),
    Method(N_("momentum"), momentum),
    Method("Nesterov", nesterov),
    Method("Adagrad", adagrad),
    Method("RMSProp", rmsprop),
    Method("Adadelta", adadelta, 1.0),
    Method("Adam", adam),
    Method("NAdam", nadam),
)
