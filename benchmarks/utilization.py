"""How much of what a processor can do a network's training uses: FLOPs, peaks, and time in which a GPU idles."""

from collections.abc import Callable
from typing import Any

import torch
from loops import BareLoop
from timing import compare, median
from torch import Tensor
from torch._C._autograd import DeviceType
from torch.autograd.profiler_util import FunctionEventAvg
from torch.profiler import ProfilerActivity, profile
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_map
from torch.utils.flop_counter import FlopCounterMode, flop_registry

from gen100.device import fastest

CALLS, TURNS = 10, 5


def flops_of_a_step(loop: BareLoop) -> float:
    """Floating-point operations of matrix products and convolutions in a step, a lazy phase by its share.

    What memory is saved by computing again counts twice, as it is computed twice.
    """
    total = 0.0
    for every, update in loop.each():
        with FlopCounterMode(display=False) as counter:
            update()
        total += counter.get_total_flops() / every
    return total


class _Heaviest(TorchDispatchMode):
    """Keeps the one matrix product or convolution with the most FLOPs of all that run under it."""

    def __init__(self) -> None:
        super().__init__()
        self.flops = 0
        self.call: Callable[[], object] = lambda: None
        self.name = ""

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        del types
        named = kwargs or {}
        out = func(*args, **named)
        count = flop_registry.get(func._overloadpacket)
        flops = count(*args, **named, out_val=out) if count else 0
        if flops > self.flops:
            kept = tree_map(lambda x: x.detach() if isinstance(x, Tensor) else x, (args, named))
            self.flops, self.call = flops, lambda: func(*kept[0], **kept[1])
            self.name = f"{func._overloadpacket.__name__} {_shapes(args)}"
        return out


def _shapes(args: tuple[object, ...]) -> str:
    return " ".join("x".join(map(str, x.shape)) for x in args if isinstance(x, Tensor))


def heaviest(loop: BareLoop) -> tuple[str, float]:
    """The step's heaviest operation, and its FLOP/s when it runs alone, again and again."""
    mode = _Heaviest()
    with mode:
        for _, update in loop.each():
            update()
    return mode.name, mode.flops / _alone(mode.call)


def matmul_peak(dtype: torch.dtype, side: int) -> float:
    """FLOP/s of a plain square matrix product; in float32 in TF32, as convolutions on a GPU compute it."""
    first, second = (torch.randn(side, side, device=fastest(), dtype=dtype) for _ in range(2))
    before = torch.backends.cuda.matmul.allow_tf32
    torch.backends.cuda.matmul.allow_tf32 = True
    seconds = _alone(lambda: first @ second)
    torch.backends.cuda.matmul.allow_tf32 = before
    return 2 * side**3 / seconds


def busy_seconds(loop: BareLoop, steps: int) -> float | None:
    """Seconds of a step in which the device computes, by torch's profiler; None where it saw no kernels.

    On a CPU the time within torch's operations, of the calling thread.
    """
    cuda = fastest().type == "cuda"
    with profile(activities=[ProfilerActivity.CUDA if cuda else ProfilerActivity.CPU]) as found:
        for number in range(steps):
            loop.step(number)
        if cuda:
            torch.cuda.synchronize()
    total = sum(map(_device_time if cuda else _cpu_time, found.key_averages()))
    return total / 1e6 / steps if total else None


def _device_time(event: FunctionEventAvg) -> float:
    """Microseconds of kernels and copies, which alone are the device's own events."""
    own = event.device_type == DeviceType.CUDA and not event.is_user_annotation
    return float(event.self_device_time_total) if own else 0.0


def _cpu_time(event: FunctionEventAvg) -> float:
    return float(event.self_cpu_time_total)


@torch.no_grad()
def _alone(call: Callable[[], object]) -> float:
    """Seconds of a call."""

    def several() -> None:
        for _ in range(CALLS):
            call()

    return median(compare({"": several}, TURNS)[""]) / CALLS
