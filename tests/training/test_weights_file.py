"""Weights in files: a round trip, and files of weights that are not those that a network wants."""

import math
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

from gen100.errors import UserError
from gen100.weights import load_weights, save_weights

State = dict[str, Tensor]


def network() -> nn.Module:
    """With integers among its weights, as batch normalization has."""
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(3, 2), nn.BatchNorm1d(2))


def one_number(value: float) -> Callable[[State], object]:
    return lambda state: state["0.weight"].view(-1)[5].fill_(value)


EDITS: dict[str, tuple[Callable[[State], object], str]] = {
    "nan": (one_number(math.nan), "not a finite number, in 0.weight: delete it and run stage train a 0 again"),
    "inf": (one_number(-math.inf), "not a finite number, in 0.weight"),
    "half": (lambda state: state.update({"0.bias": state["0.bias"].half()}), "another network .*see 0.bias"),
    "eighth": (lambda state: state.update({"0.bias": state["0.bias"].to(torch.float8_e4m3fn)}), "see 0.bias"),
    "integers": (lambda state: state.update({"1.num_batches_tracked": torch.tensor(0.0)}), "another network"),
    "one more": (lambda state: state.update(more=torch.zeros(1)), "another network .*see more"),
    "one less": (lambda state: state.pop("1.bias"), "another network .*see 1.bias"),
    "shape": (lambda state: state.update({"0.bias": torch.zeros(3)}), "see 0.bias.: run stage train a 0 again"),
}
"""What may be wrong with weights in a file that is whole, and what is said."""


def test_a_network_gets_its_weights_back(tmp_path: Path) -> None:
    first, second = network(), network()
    nn.init.ones_(first[0].weight)  # type: ignore[index, arg-type]
    save_weights(tmp_path / "a.safetensors", first.state_dict(), {})
    load_weights(tmp_path / "a.safetensors", second, "train a 0")
    assert all(torch.equal(value, second.state_dict()[name]) for name, value in first.state_dict().items())


@pytest.mark.parametrize("kind", EDITS)
def test_weights_that_are_not_the_networks_are_refused(tmp_path: Path, kind: str) -> None:
    edit, said = EDITS[kind]
    state = {name: value.clone() for name, value in network().state_dict().items()}
    edit(state)
    save_weights(tmp_path / "a.safetensors", state, {})
    with pytest.raises(UserError, match=rf"a\.safetensors holds .*{said}"):
        load_weights(tmp_path / "a.safetensors", network(), "train a 0")


def test_a_file_that_cannot_be_read_is_not_called_damaged(tmp_path: Path) -> None:
    (tmp_path / "a.safetensors").mkdir()
    with pytest.raises(UserError, match=r"a\.safetensors cannot be read"):
        load_weights(tmp_path / "a.safetensors", network(), "train a 0")
