"""The benchmarks use gen100 as others can, and the GPU study trains what the full study trains."""

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from gen100.config import Params

ROOT = Path(__file__).resolve().parents[2]


def private_imports(file: Path) -> Iterator[str]:
    """Imported names of which a part begins with an underscore."""
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import | ast.ImportFrom):
            module = getattr(node, "module", None) or ""
            names = [f"{module}.{alias.name}" for alias in node.names]
            yield from (name for name in names if any(part.startswith("_") for part in name.split(".")))


@pytest.mark.parametrize("file", sorted((ROOT / "benchmarks").glob("*.py")), ids=lambda file: file.stem)
def test_a_benchmark_imports_no_private_name(file: Path) -> None:
    assert not list(private_imports(file))


def test_a_private_name_would_be_found(tmp_path: Path) -> None:
    file = tmp_path / "file.py"
    file.write_text("import torch._C\nfrom gen100.training.loop import _Stepper, train\nimport gen100\n")
    assert list(private_imports(file)) == [".torch._C", "gen100.training.loop._Stepper"]


def without_budgets(settings: dict[str, Any]) -> dict[str, Any]:
    """Settings of networks and losses, without those of their training."""
    return {
        key: without_budgets(value) if isinstance(value, dict) else value
        for key, value in settings.items()
        if key != "training"
    }


def test_the_gpu_study_has_the_cells_networks_and_batches_of_the_full_study() -> None:
    """`gen100 forecast` then scales its times to the full study's budgets."""
    study, full = (
        yaml.safe_load((folder / "params.yaml").read_text(encoding="utf-8"))
        for folder in (ROOT / "benchmarks/gpu_study", ROOT)
    )
    Params.model_validate(study)
    for key in ("cells", "seeds", "data", "sizes"):
        assert study[key] == full[key], key
    assert without_budgets(study["models"]) == without_budgets(full["models"])
    assert study["sampling"] | {"images": 0} == full["sampling"] | {"images": 0}
