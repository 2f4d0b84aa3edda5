"""Where each output lies, relative to the workspace: one function or name per file."""

from pathlib import Path
from typing import Literal

from gen100.cells import Cell
from gen100.errors import UserError

Role = Literal["metric", "perceptual", "dinov2"]

ARCHIVE = Path("data/archive.tar.gz")
ARRAYS = Path("data/cifar100.npz")
DVC_CHECK = Path("data/dvc_check.txt")
"""Written by the first stage of dvc.yaml; all the others follow from it."""
AUTOENCODERS = Path("results/autoencoders")
REFERENCE = Path("reports/reference.json")
FLOOR = Path("reports/real_images.json")
"""The scores of real images, as each run has its own in scores.json: a small file for `dvc metrics show`."""
RESULTS = Path("reports/results.csv")
LINEAGE = Path("lineage")
LOGS = Path("logs")
CHECKPOINTS = Path("checkpoints")
CHECKPOINT = "state.pt"
"""In the folder of each training in CHECKPOINTS."""
COMPARISONS = Path("reports/comparisons.csv")
CLAIMS = Path("reports/claims")
FORENSICS = Path("reports/forensics")
"""Of these two: with endings, and the language where it matters."""
TABLES = Path("reports/tables")
FIGURES = Path("reports/figures")


def family_figure(family: str, language: str) -> Path:
    """Losses and images of a family's cells."""
    return FIGURES / f"family_{family}.{language}.png"


def plot(name: Literal["cost", "bias"], language: str) -> Path:
    return FIGURES / f"{name}.{language}.svg"


def page(language: str) -> Path:
    """The page of everything; the English one is what a browser opens first."""
    return Path("reports") / ("index.html" if language == "en" else f"index.{language}.html")


def extractor(role: Role) -> Path:
    """Weights of the network that measures, of the one that the perceptual loss uses, or of DINOv2."""
    return Path(f"data/extractors/{role}.safetensors")


def autoencoder(name: str, seed: int) -> Path:
    """The folder of an autoencoder's outputs, which all cells that use it read."""
    return AUTOENCODERS / name / str(seed)


def run(cell: Cell | str, seed: int) -> Path:
    """The folder of a run's outputs."""
    return Path("results") / str(cell) / str(seed)


def check_layout() -> None:
    """Refuse a workspace whose results an earlier version of the program made.

    Raises:
        UserError: it has such files; names one, and the way out.
    """
    way_out = "start a new workspace with this params.yaml, or remove results/, reports/ and plan.json here"
    for old in (Path("plan.json"), *Path("results").glob("*/*/autoencoder.*")):
        if old.exists():
            raise UserError(
                f"{old} was written by an earlier version of gen100, whose results are of no use here: {way_out}"
            )
    for model in [] if LINEAGE.exists() else Path("results").glob("*/*/model.safetensors"):
        # A training of this version leaves a checkpoint, from which the model is written again with its record.
        if not (CHECKPOINTS / "train" / model.parent.relative_to("results") / CHECKPOINT).exists():
            raise UserError(
                f"{LINEAGE}/ is missing, which says what {model} was made from: bring it back, from git for"
                f" example; or, where an earlier version of gen100 wrote that file, {way_out}"
            )
