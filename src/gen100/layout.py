"""Where each output lies, relative to the workspace: one function or name a file."""

from pathlib import Path
from typing import Literal

from gen100.cells import Cell

Role = Literal["metric", "perceptual", "dinov2"]

ARCHIVE = Path("data/archive.tar.gz")
ARRAYS = Path("data/cifar100.npz")
REFERENCE = Path("reports/reference.json")
RESULTS = Path("reports/results.csv")
COMPARISONS = Path("reports/comparisons.csv")
CLAIMS = Path("reports/claims")
FORENSICS = Path("reports/forensics")
"""Of these two: .csv, and as a text in each language .en.md and .uk.md."""
TABLES = Path("reports/tables")
FIGURES = Path("reports/figures")
PAGE = Path("reports/index.html")
PLAN = Path("plan.json")


def extractor(role: Role) -> Path:
    """Weights of the network that measures, of the one that DALL-E's perceptual loss uses, or of DINOv2, which
    measures besides; the last file is empty where it is not asked for."""
    return Path(f"data/extractors/{role}.safetensors")


def run(cell: Cell | str, seed: int) -> Path:
    """The folder of a run's outputs."""
    return Path("results") / str(cell) / str(seed)
