"""What the rules share: the checked parameters, and what each stage depends on in them."""

import shlex
import sys
from collections import Counter
from pathlib import Path

from snakemake.exceptions import WorkflowError
from snakemake.settings.types import DeploymentMethod

from gen100 import layout
from gen100.cells import Cell
from gen100.families.registry import FAMILIES
from gen100.config import load_params
from gen100.errors import UserError
from gen100.engines.plan import make_plan

# The rules call the gen100 that belongs to the running Python, whether or not its environment is active; in a
# container, that of the container.
IN_CONTAINER = DeploymentMethod.APPTAINER in workflow.deployment_settings.deployment_method
PLACE = "" if IN_CONTAINER else f" PATH={shlex.quote(str(Path(sys.executable).parent))}:$PATH"
shell.prefix(f"export GEN100_RUNS_PER_GPU={shlex.quote(str(config.get('runs_per_gpu', 1)))}{PLACE}; ")

try:
    PARAMS = load_params()
except UserError as error:
    raise WorkflowError(str(error)) from None

PLAN = make_plan(PARAMS)
# How many cells have an autoencoder of that name.
SHARED = Counter(name for cell in PARAMS.cells if (name := Cell.parse(cell).autoencoder))
PLACES = {str(seed): place for place, seed in enumerate(PARAMS.seeds)}
# At most so many autoencoders of one name, each of another seed, are trained at a time.
SIDE_BY_SIDE = 10


def settings_of(stage):
    """A function of the wildcards: what a run's stage depends on in params.yaml."""

    def settings(wildcards):
        return PLAN[stage][f"{wildcards.cell}-{wildcards.seed}"]

    return settings


def autoencoder_inputs(wildcards):
    """The data and, for the perceptual loss alone, its network."""
    perceptual = Cell.parse(wildcards.cell).loss == "perceptual"
    return ["data/cifar100.npz"] + ["data/extractors/perceptual.safetensors"] * perceptual


def turn(cell, seed):
    """The name of the resource that a run's autoencoder takes; None where it is shared with no other cell."""
    name = Cell.parse(cell).autoencoder
    return f"{name}_{PLACES[str(seed)] % SIDE_BY_SIDE}".replace("-", "_") if SHARED[name] > 1 else None


def turns():
    """A resource for each autoencoder that runs share, of which there is one: their jobs take turns.

    The first trains it, and the others copy it. Side by side they would wait for the first, each with a GPU.
    Snakemake works out every one of these resources for every such job. So their number is bounded, and of many
    seeds some that have nothing to do with each other take turns as well.
    """
    names = {turn(cell, seed) for cell in PARAMS.cells for seed in PARAMS.seeds} - {None}
    for name in names:
        workflow.register_resource(name, 1)
    return {
        name: lambda wildcards, name=name: int(turn(wildcards.cell, wildcards.seed) == name)
        for name in sorted(names)
    }


def families(staged):
    """The model families with, or without, an autoencoder of their own, as a wildcard's expression."""
    names = [name for name, family in FAMILIES.items() if bool(family.autoencoder) == staged]
    return f"({'|'.join(names)})-.*"


def roles(trained):
    """The roles of feature networks that are trained here, or whose weights are taken, as a wildcard's expression."""
    own = [role for role in PLAN["extractor"] if ("weights" not in PLAN["extractor"][role]) == trained]
    return "|".join(own) or "none"


def extractor_settings(wildcards):
    """What the feature network of a role depends on in params.yaml."""
    return PLAN["extractor"][wildcards.role]


def every_run(pattern):
    """The pattern's file for every run, in the order of params.yaml."""
    return expand(pattern, cell=PARAMS.cells, seed=PARAMS.seeds)


wildcard_constraints:
    cell="[a-z0-9_]+-[a-z0-9_]+-[0-9]+",
    seed="[0-9]+",
    role="metric|perceptual|dinov2",


localrules:
    all,
    plan,
    fetch,
    prepare,
    extractor_local,
    autoencoder_local,
    aggregate,
    compare,
    claims,
    tables,
    figures,
    theory,
    page,
