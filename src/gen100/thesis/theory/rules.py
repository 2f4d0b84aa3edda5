"""Update rules of gradient descent: torch's optimizers on a point in the plane."""

from collections.abc import Callable
from functools import partial

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, optim

from gen100.i18n import N_
from gen100.training.optimizer import without_compiler

Vector = NDArray[np.float64]
Gradient = Callable[[Vector], Vector]
Rule = Callable[[list[Tensor]], optim.Optimizer]

RATE = 0.05
SGD = without_compiler(optim.SGD)
METHODS: dict[str, Rule] = {
    N_("plain"): partial(SGD, lr=RATE),
    N_("momentum"): partial(SGD, lr=RATE, momentum=0.9),  # heavy ball (Polyak 1964)
    # Nesterov 1983, in the form of Sutskever et al. 2013
    "Nesterov": partial(SGD, lr=RATE, momentum=0.9, nesterov=True),
    "Adagrad": partial(without_compiler(optim.Adagrad), lr=RATE, eps=1e-8),  # Duchi et al. 2011
    "RMSProp": partial(without_compiler(optim.RMSprop), lr=RATE),  # Tieleman and Hinton 2012
    "Adadelta": partial(without_compiler(optim.Adadelta), lr=1.0),  # Zeiler 2012: made to need no rate
    "Adam": partial(without_compiler(optim.Adam), lr=RATE),  # Kingma and Ba 2015, algorithm 1
    "NAdam": partial(without_compiler(optim.NAdam), lr=RATE),  # Dozat 2016
}
"""Each method by its usual name, to be translated."""


def descend(gradient: Gradient, start: Vector, steps: int, rule: Rule) -> Vector:
    """The path of a point under an update rule: (steps + 1) x dimensions, from the start on."""
    point = torch.tensor(start, dtype=torch.float64)
    optimizer = rule([point])
    path = [start]
    for _ in range(steps):
        point.grad = torch.from_numpy(gradient(path[-1]))
        optimizer.step()
        path.append(point.numpy().copy())
    return np.array(path)
