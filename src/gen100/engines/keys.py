"""What each stage depends on in params.yaml, and nothing more: the dotted keys, and their values.

Both engines compare them to decide what runs again: Snakemake as a rule's `params`, DVC as a stage's. The
fingerprints of trained networks hold them too.
"""

from collections.abc import Iterator
from typing import Any

from pydantic import BaseModel

from gen100.cells import Cell
from gen100.config import Params
from gen100.families.registry import FAMILIES
from gen100.layout import Role
from gen100.settings import NotFor, Only, Settings

Keys = dict[str, Any]
"""Plain values by dotted key, such as `models.<family>.training`, defaults included."""


def keys_below(settings: Settings, place: str, *names: str) -> Keys:
    """The keys of settings that matter to losses or stages of these names.

    A mapping is one key where everything in it matters, else its parts are.

    Args:
        place: the dotted key of the settings themselves.
        names: who asks; settings marked `Only` for others, or `NotFor` them, are left out.
    """
    plain = settings.model_dump(mode="json")
    parts: Keys = {}
    whole = True
    for name, field in type(settings).model_fields.items():
        if any(_spares(mark, names) for mark in field.metadata):
            whole = False
            continue
        value, key = getattr(settings, name), f"{place}.{name}"
        below = keys_below(value, key, *names) if isinstance(value, Settings) else {key: plain[name]}
        whole = whole and below.keys() == {key}
        parts |= below
    return {place: plain} if whole else parts


def _spares(mark: Any, names: tuple[str, ...]) -> bool:
    """Whether a mark says that a setting matters to none of the names."""
    match mark:
        case Only():
            return not set(mark.names) & set(names)
        case NotFor():
            return set(names) <= set(mark.names)
    return False


def but_for_budget(found: Keys, training: str) -> Keys:
    """Every setting by its own dotted key, but for how long a training goes on and how often it is recorded.

    Args:
        training: the dotted key of that training.
    """
    left_out = {f"{training}.images", f"{training}.records"}
    return {key: value for key, value in _leaves(found) if key not in left_out}


def _leaves(found: Keys, *places: str) -> Iterator[tuple[str, Any]]:
    for name, value in found.items():
        if isinstance(value, dict):
            yield from _leaves(value, *places, name)
        else:
            yield ".".join([*places, name]), value


def named(params: Params, *names: str) -> Keys:
    """The values of top-level keys."""
    plain = params.model_dump(mode="json", include=set(names))
    return {name: plain[name] for name in names}


def batch_size(params: Params, cell: Cell) -> Keys:
    return {f"sizes.{cell.family}.{cell.latent}": params.batch_size(cell)}


def data(params: Params, stage: str) -> Keys:
    """Of `fetch` and `prepare`."""
    return keys_below(params.data, "data", stage)


def extractor(params: Params, role: Role) -> Keys:
    """Of the feature network of a role that params.yaml names."""
    field = "extractor" if role == "metric" else role
    return keys_below(getattr(params.metrics, field), f"metrics.{field}")


def autoencoder(params: Params, name: str) -> Keys:
    """The same for all cells that share the autoencoder."""
    cell = params.autoencoders[name]
    # One that depends on the loss is named like its cell.
    losses = (cell.loss,) if name == str(cell) else ()
    below = keys_below(params.settings(cell).first_stage, f"models.{cell.family}.autoencoder", *losses)
    return batch_size(params, cell) | below


def train(params: Params, cell: Cell) -> Keys:
    return batch_size(params, cell) | keys_below(params.settings(cell), f"models.{cell.family}", cell.loss)


def sample(params: Params, cell: Cell) -> Keys:
    keys = {"images", "seed", *FAMILIES[cell.family].sampling.model_fields}
    return {f"sampling.{key}": value for key, value in params.sampling.model_dump(include=keys).items()}


def evaluate(params: Params) -> Keys:
    return {f"metrics.{key}": getattr(params.metrics, key) for key in ("measures", "reference")}


def reference(params: Params) -> Keys:
    return evaluate(params) | {"sampling.images": params.sampling.images}


def report(params: Params) -> Keys:
    """Of the stages that read a file of every run."""
    return named(params, "cells", "seeds")


def forensics(params: Params) -> Keys:
    return report(params) | {"metrics.reference": params.metrics.reference}


def page(params: Params) -> Keys:
    """All of params.yaml, which the page shows."""
    return named(params, *Params.model_fields)


def is_given(params: Params, key: str) -> bool:
    """Whether params.yaml holds the dotted key itself; else its value is a default."""
    node: Any = params
    for part in key.split("."):
        if isinstance(node, BaseModel):
            if part not in node.model_fields_set:
                return False
            node = getattr(node, part)
        else:
            node = {str(name): value for name, value in node.items()}[part]
    return True
