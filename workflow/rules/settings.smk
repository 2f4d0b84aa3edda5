"""What the rules share: the checked parameters, and what each stage depends on in them."""

import os
import re
import shlex
import sys
from pathlib import Path

from snakemake.exceptions import WorkflowError
from snakemake.logging import logger
from snakemake.settings.types import DeploymentMethod

from gen100 import layout
from gen100.cells import Cell
from gen100.config import load_params
from gen100.engines import keys, lineage, stages
from gen100.errors import UserError
from gen100.process import name_user
from gen100.thesis import stages as thesis

name_user()

# The rules call the gen100 that belongs to the running Python, whether or not its environment is active; in a
# container, that of the container.
IN_CONTAINER = DeploymentMethod.APPTAINER in workflow.deployment_settings.deployment_method
BIN = str(Path(sys.executable).parent)
if os.pathsep in BIN:
    raise WorkflowError(
        f"'{BIN}': a PATH cannot have a folder with '{os.pathsep}' in its name: move the clone"
    )
PLACE = "" if IN_CONTAINER else f" PATH={shlex.quote(BIN)}:$PATH"
PREFIX = f"export GEN100_RUNS_PER_GPU={shlex.quote(str(config.get('runs_per_gpu', 1)))}{PLACE}; "
# Snakemake fills in what stands in braces.
shell.prefix(PREFIX.replace("{", "{{").replace("}", "}}"))

# Built from workflow/gen100.def. Snakemake looks at its path in every run, and refuses some that only a container
# would mind: outside of one it gets a path without them.
IMAGE = "workflow/gen100.sif"
UNQUOTED = re.compile(r"[^\w/.,+=@-]")
EXPANDED = re.compile(r'["$`\\%]')
if IN_CONTAINER:
    IMAGE = f"{workflow.basedir}/{IMAGE}"
    if UNQUOTED.search(IMAGE):
        raise WorkflowError(
            f"'{IMAGE}': Snakemake takes no image from a path with a sign of the shell: move the clone"
        )

try:
    layout.check_layout()
    PARAMS = load_params()
except UserError as error:
    raise WorkflowError(str(error)) from None
# A job reads params.yaml when it starts, which may be hours from now; one that was edited until then is refused.
lineage.hand_over(PARAMS)


def cell_settings(stage):
    """A function of the wildcards: what a run's stage depends on in params.yaml."""
    return lambda wildcards: stage(PARAMS, Cell.parse(wildcards.cell))


def autoencoder_settings(wildcards):
    """What an autoencoder depends on in params.yaml."""
    return keys.autoencoder(PARAMS, wildcards.autoencoder)


def extractor_settings(wildcards):
    """What the feature network of a role depends on in params.yaml."""
    return keys.extractor(PARAMS, wildcards.role)


def features(wildcards):
    """The perceptual network, for an autoencoder whose loss uses it."""
    return stages.features(PARAMS.autoencoders[wildcards.autoencoder])


def first_stage(wildcards):
    """The weights of the autoencoder that a cell uses, if it uses one."""
    return stages.first_stage(Cell.parse(wildcards.cell), int(wildcards.seed))


def roles(trained):
    """The roles of feature networks that are trained here, or whose weights are taken, as a wildcard's expression."""
    own = [role for role in stages.roles(PARAMS) if stages.is_trained(PARAMS, role) == trained]
    return "|".join(own) or "none"


def every_run(*patterns):
    """The patterns' files for every run, in the order of params.yaml."""
    return [expand(pattern, cell=PARAMS.cells, seed=PARAMS.seeds) for pattern in patterns]


def every_autoencoder(*patterns):
    """The patterns' files for every autoencoder that the cells use."""
    return [expand(pattern, autoencoder=PARAMS.autoencoders, seed=PARAMS.seeds) for pattern in patterns]


def check_cluster_paths():
    """Refuse paths that a cluster's plugin does not quote when it submits a job."""
    if workflow.executor_plugin.common_settings.local_exec:
        return
    # The plugin writes this Python's path as it is, and all others in single quotes within double ones.
    checks = [(sys.executable, UNQUOTED), (workflow.basedir, EXPANDED), (os.getcwd(), EXPANDED)]
    for path, signs in checks:
        if found := signs.search(str(path)):
            raise WorkflowError(
                f"'{path}': no job can be submitted with {found.group()!r} in a path: move the clone or the workspace"
            )


def name_failed_jobs():
    """Say at the end which jobs failed: what each said may be thousands of lines above."""
    failed = sorted(workflow.scheduler.failed, key=lambda job: str(job.log))
    left = [job for job in workflow.scheduler.remaining_jobs if job.name != "all"]
    for job in failed:
        logger.error(f"failed: {' '.join([job.name, *getattr(job, 'wildcards', ())])}: see {job.log}")
    logger.error(
        f"jobs that failed: {len(failed)}; left: {len(left)}, because they follow from these or did not start"
    )


wildcard_constraints:
    autoencoder="[a-z0-9_-]+",
    cell="[a-z0-9_]+-[a-z0-9_]+-[0-9]+",
    seed="[0-9]+",
    role="metric|perceptual|dinov2",


# They need no GPU, or the network.
localrules:
    all,
    fetch,
    prepare,
    extractor_local,
    aggregate,
    compare,
    claims,
    tables,
    figures,
    theory,
    page,
