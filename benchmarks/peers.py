"""How fast gen100 trains its models, against other implementations of like networks, on the CPU in float32.

    python benchmarks/peers.py [PAIR]...

takes all pairs or those named, in turns (gen100, peer, gen100, ...), and prints a table: of each side the trained
weights, the GFLOP of one image's pass forward, how much of the time goes into convolutions and matrix products,
and images a second; and their ratio. benchmarks/README.md says how to install the peers.
"""

import gc
import sys
from importlib import import_module
from pathlib import Path
from statistics import median

import torch
from peer_loops.sides import TEMPORARY, Pair, Pictures, Side, draw_pictures
from timing import compare, machine, speedup, table
from torch.profiler import ProfilerActivity, profile

PEERS = ("pythae", "dalle", "stylegan2", "diffusers")
REPEATS = 5
HEAD = (
    *("what is trained", "peer", "batch", "weights (M)", "forward GFLOP an image"),
    *("products, share of time", "images/s, gen100", "images/s, peer", "ratio", "its quartiles"),
)
PRODUCTS = ("conv", "mm", "dot_product")
"""In the names of the operations that FLOPs are counted in: convolutions, matrix products, attention."""


def products(side: Side) -> str:
    """The share of a call's processor time that is spent in products, in this process."""
    with profile(activities=[ProfilerActivity.CPU]) as profiler:
        side.train()
    taken = [(event.key, event.self_cpu_time_total) for event in profiler.key_averages()]
    within = sum(time for key, time in taken if key.startswith("aten::") and any(part in key for part in PRODUCTS))
    return f"{within / sum(time for _, time in taken):.0%}"


def row(pair: Pair) -> list[str]:
    """Measure a pair: a row of the table."""
    mine, theirs = pair.ours, pair.theirs
    sizes = f"{mine.size():.2f}, peer {theirs.size():.2f}"
    flops = f"{mine.flops(pair.batch):.3f}, peer {theirs.flops(pair.batch):.3f}"
    shares = f"{products(mine)}, peer {products(theirs)}"
    taken = compare({"gen100": mine.train, "peer": theirs.train}, REPEATS)
    images = pair.batch * pair.steps
    speeds = [f"{images / median(taken[name]):.1f}" for name in ("gen100", "peer")]
    middle, low, high = speedup(taken["peer"], taken["gen100"])
    return [
        pair.title,
        theirs.name,
        str(pair.batch),
        sizes,
        flops,
        shares,
        *speeds,
        f"{middle:.2f}",
        f"{low:.2f} to {high:.2f}",
    ]


def main(names: list[str]) -> None:
    pairs = {name: make for peer in PEERS for name, make in import_module(f"peer_loops.{peer}").PAIRS.items()}
    if unknown := set(names) - set(pairs):
        sys.exit(f"no pair {', '.join(sorted(unknown))}: choose from {', '.join(pairs)}")
    pictures: Pictures = draw_pictures(Path(TEMPORARY.name))
    rows = []
    for name in names or pairs:
        torch.manual_seed(0)
        rows.append(row(pairs[name](pictures)))
        print(" | ".join(rows[-1]), flush=True)
        gc.collect()
    print(f"\n{machine()}\n\n{table(HEAD, rows)}")


if __name__ == "__main__":
    main(sys.argv[1:])
