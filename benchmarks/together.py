"""Several processes that train at the same time on one device."""

import os
from collections.abc import Sequence
from multiprocessing import get_context
from multiprocessing.process import BaseProcess
from multiprocessing.queues import Queue
from multiprocessing.synchronize import Barrier
from queue import Empty

import torch
from loops import BareLoop, Variant
from subjects import Subject
from timing import now

from gen100.data.arrays import Cifar100
from gen100.device import set_deterministic

Span = tuple[float, float]

PATIENCE = 300.0
"""Seconds for the slowest process to be ready."""


def rate(subject: Subject, data: Cifar100, variant: Variant, processes: int, steps: int) -> float:
    """Images per second of all processes together, each of which trains the same network by itself.

    Raises:
        RuntimeError: one of them failed.
    """
    context = get_context("spawn")
    ready, queue = context.Barrier(processes), context.Queue()
    arguments = (subject, data, variant, steps, processes, ready, queue)
    workers = [context.Process(target=_train, args=arguments) for _ in range(processes)]
    for worker in workers:
        worker.start()
    try:
        spans = [_wait(queue, workers) for _ in workers]
        for worker in workers:
            worker.join()
    finally:
        for worker in workers:
            worker.kill()
    begins, ends = zip(*spans, strict=True)
    return processes * subject.batch_size * steps / (max(ends) - min(begins))


def _wait(queue: "Queue[Span]", workers: Sequence[BaseProcess]) -> Span:
    """What the next process that is through says."""
    while True:
        try:
            return queue.get(timeout=1)
        except Empty:
            failed = [worker.exitcode for worker in workers if worker.exitcode]
            if failed:
                raise RuntimeError(f"a process of {len(workers)} ended with {failed[0]}") from None


def _train(
    subject: Subject,
    data: Cifar100,
    variant: Variant,
    steps: int,
    processes: int,
    ready: Barrier,
    queue: "Queue[Span]",
) -> None:
    torch.set_num_threads(max(1, (os.cpu_count() or 1) // processes))
    if torch.cuda.is_available():
        set_deterministic()
    loop = BareLoop(subject, data, variant)
    loop.seconds(1)
    ready.wait(PATIENCE)
    # The clock of all processes is the machine's.
    begin = now()
    for number in range(steps):
        loop.step(number)
    queue.put((begin, now()))
