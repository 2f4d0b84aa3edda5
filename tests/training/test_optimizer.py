"""The optimizers: torch's own steps, to the bit, without the import of torch's compiler."""

import subprocess
import sys
from collections.abc import Iterable

import pytest
import torch
from torch import nn, optim

from gen100.settings import Optimizer
from gen100.training.optimizer import build_optimizer, without_compiler

SETTINGS = Optimizer(lr=1e-2, betas=(0.8, 0.95), weight_decay=0.1)


def weights() -> list[nn.Parameter]:
    generator = torch.Generator().manual_seed(0)
    return [nn.Parameter(torch.randn(shape, generator=generator)) for shape in ((3, 2), (2,), (4, 1, 2, 2))]


def walk(parameters: list[nn.Parameter], optimizer: optim.Optimizer, steps: Iterable[int]) -> None:
    """Steps with made-up gradients; the second parameter has none on every other step."""
    for step in steps:
        optimizer.zero_grad()
        for number, parameter in enumerate(parameters):
            if number != 1 or step % 2:
                parameter.grad = torch.sin(parameter.detach() * (step + 2))
        optimizer.step()


def same(one: list[nn.Parameter], other: list[nn.Parameter]) -> bool:
    return all(torch.equal(a, b) for a, b in zip(one, other, strict=True))


def test_the_steps_are_those_of_torchs_fused_adamw() -> None:
    ours, theirs = weights(), weights()
    walk(ours, build_optimizer(ours, SETTINGS), range(5))
    walk(theirs, optim.AdamW(theirs, lr=1e-2, betas=(0.8, 0.95), weight_decay=0.1, fused=True), range(5))
    assert same(ours, theirs)
    assert not same(ours, weights())


@pytest.mark.parametrize("name", ["Adam", "SGD", "RMSprop"])
def test_without_the_compiler_every_optimizer_takes_the_same_steps(name: str) -> None:
    kind = getattr(optim, name)
    ours, theirs = weights(), weights()
    walk(ours, without_compiler(kind)(ours, lr=0.1), range(5))
    walk(theirs, kind(theirs, lr=0.1), range(5))
    assert same(ours, theirs)
    # Now torch has wrapped its step once more, to tell its profiler.
    again = weights()
    walk(again, without_compiler(kind)(again, lr=0.1), range(5))
    assert same(again, theirs)


def test_a_given_rate_takes_the_place_of_the_settings() -> None:
    (group,) = build_optimizer(weights(), SETTINGS, lr=0.5).param_groups
    assert group["lr"] == group["initial_lr"] == 0.5


def test_a_saved_state_goes_on_with_the_same_bits() -> None:
    whole, halved, fresh = weights(), weights(), weights()
    walk(whole, build_optimizer(whole, SETTINGS), range(6))
    first, second = build_optimizer(halved, SETTINGS), build_optimizer(fresh, SETTINGS)
    walk(halved, first, range(3))
    with torch.no_grad():
        for source, target in zip(halved, fresh, strict=True):
            target.copy_(source)
    second.load_state_dict(first.state_dict())
    walk(fresh, second, range(3, 6))
    assert same(fresh, whole)
    without = [nn.Parameter(parameter.detach().clone()) for parameter in halved]
    walk(without, build_optimizer(without, SETTINGS), range(3, 6))
    assert not same(without, whole)


def test_torchs_compiler_is_not_imported() -> None:
    program = """
import sys, torch
from gen100.settings import Optimizer
from gen100.training.optimizer import build_optimizer, without_compiler
weight = torch.nn.Parameter(torch.ones(2))
for optimizer in (build_optimizer([weight], Optimizer(lr=0.1)), without_compiler(torch.optim.SGD)([weight])):
    weight.grad = torch.ones(2)
    optimizer.step()
    optimizer.load_state_dict(optimizer.state_dict())
    optimizer.zero_grad()
assert weight[0] < 1
from gen100.thesis.theory import descent
descent.plateau()
print("torch._dynamo" in sys.modules)
"""
    done = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True)
    assert done.stdout == "False\n"
