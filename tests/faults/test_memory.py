"""Too little memory, of the machine or of a GPU: one line that names what to lower, and the checkpoint stays."""

import resource
from pathlib import Path

import numpy as np
import pytest
import torch

from gen100.errors import UserError
from gen100.memory import shortage, watched
from gen100.training import checkpoint
from support.faults import MAIN, OFTEN, contents, refusal, start
from support.lineage import pretend_checked
from support.processes import Process

CELL = "vae-elbo-128"
STATE = f"checkpoints/train/{CELL}/0/state.pt"
LIMITED = """
import resource
import torch, matplotlib.pyplot
import gen100.training.loop, gen100.report.grid
used = int(open("/proc/self/statm").read().split()[0]) * resource.getpagesize()
resource.setrlimit(resource.RLIMIT_AS, (used + (4 << 20), resource.RLIM_INFINITY))
"""
"""With all imported, it may take 4 MiB more."""
THIRD_STEP = """
import torch
from gen100.training.stepper import Stepper
usual = Stepper.step
def step(self, batch, number, *rest):
    if number == 2:
        {fails}
    return usual(self, batch, number, *rest)
Stepper.step = step
"""


@pytest.mark.parametrize(
    ("fails", "said"),
    [
        ("torch.empty(1 << 50)", "out of memory on this machine, asked for 4503599627370496 bytes"),
        (
            'raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB. GPU 0 has 79 GiB.")',
            "out of memory on the GPU, asked for 2.00 GiB",
        ),
    ],
    ids=["machine", "GPU"],
)
def test_too_little_memory_for_training_keeps_the_checkpoint(trained: Path, fails: str, said: str) -> None:
    (trained / STATE).unlink()
    program = THIRD_STEP.format(fails=fails) + OFTEN + MAIN
    line = refusal(start(trained, "train", CELL, 0, program=program))
    assert f"gen100: train {CELL} 0: {said}" in line
    assert "lower sizes.vae.128 (images of a batch) or the network's size in models.vae" in line
    assert torch.load(trained / STATE, weights_only=True)["state"]["step"] == 2


def test_too_little_memory_for_samples(trained: Path) -> None:
    before = contents(trained / "results" / CELL / "0")
    line = refusal(start(trained, "sample", CELL, 0, program=LIMITED + MAIN))
    assert f"gen100: sample {CELL} 0: out of memory on this machine" in line
    assert "GiB: lower the network's size in models.vae" in line
    assert contents(trained / "results" / CELL / "0") == before


def test_too_little_memory_for_measures(trained: Path, gen100: Process) -> None:
    for stage in (["extractor", "metric"], ["sample", CELL, 0]):
        gen100(trained, *stage)
    pretend_checked(trained)
    imports = "import gen100.metrics.evaluation, gen100.report.neighbours, gen100.report.samples"
    line = refusal(start(trained, "evaluate", CELL, 0, program=imports + LIMITED + MAIN))
    assert f"gen100: evaluate {CELL} 0: out of memory on this machine" in line
    assert "lower sampling.images, ask for fewer of metrics.measures" in line
    assert not (trained / "results" / CELL / "0/metrics.json").exists()


def test_too_little_memory_for_the_libraries(trained: Path) -> None:
    before = "sh", "-c", 'ulimit -v 600000; exec "$@"', "sh"
    line = refusal(start(trained, "train", CELL, 0, before=before))
    assert f"gen100: train {CELL} 0: out of memory on this machine, of which `ulimit -v` allows 0.6 GiB" in line


ERRORS: list[tuple[Exception, str | None]] = [
    (torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 20.5 MiB."), "on the GPU, asked for 20.5 MiB"),
    (RuntimeError("CUDA error: out of memory\nCUDA kernel errors might be"), "on the GPU"),
    (RuntimeError("CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate`"), "on the GPU"),
    (
        RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to allocate 40 bytes."),
        "on this machine",
    ),
    (RuntimeError("std::bad_alloc"), "on this machine"),
    (RuntimeError("can't start new thread"), None),
    (OSError(12, "Cannot allocate memory"), "on this machine"),
    (ImportError("libtorch_cpu.so: failed to map segment from shared object"), None),
    (MemoryError(), "on this machine"),
    (OSError(28, "No space left on device"), None),
    (RuntimeError("shape '[2, 3]' is invalid for input of size 4"), None),
    (ImportError("libcuda.so.1: cannot open shared object file"), None),
]


@pytest.mark.parametrize(("error", "where"), ERRORS)
def test_errors_of_memory_are_told_from_others(error: Exception, where: str | None) -> None:
    assert (shortage(error) or "").startswith(where or "")
    assert (shortage(error) is None) == (where is None)
    made_of_it = ValueError("a file is damaged")
    made_of_it.__context__ = error
    assert (shortage(made_of_it) is None) == (where is None)


def test_where_memory_is_limited_more_is_laid_on_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resource, "getrlimit", lambda _: (2**31, 2**31))
    for error in (RuntimeError("can't start new thread"), ImportError("failed to map segment")):
        assert shortage(error) == "on this machine, of which `ulimit -v` allows 2.0 GiB"


def test_numpys_error_is_one_of_memory() -> None:
    said = r"^sample: out of memory on this machine, asked for [\d.]+ .iB"
    with pytest.raises(UserError, match=said), watched("sample"):
        np.zeros((1 << 28, 1 << 28))


def test_a_checkpoint_is_not_called_damaged_where_memory_is_short(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def short(*_: object, **__: object) -> None:
        raise RuntimeError("DefaultCPUAllocator: can't allocate memory")

    checkpoint.save(tmp_path, "mark", {})
    monkeypatch.setattr(torch, "load", short)
    with pytest.raises(RuntimeError):
        checkpoint.load(tmp_path, "mark")
