"""The report's listings, as they stand in `starter/`, step by step.

A listing is one flat program. It runs unchanged in a thread of its own and is held, and its steps
are counted, where it updates the weights: that is the one place where it hands an operation (and
not a tensor) to `Session.run`. One listing a process: it works on TensorFlow's default graph.
"""

from __future__ import annotations

import os
import queue
import runpy
import sys
import threading
import time
from typing import Callable

from benchmarks import work
from elec576.listings import command, program
from elec576.machine import pin_kernels

_options: tuple = ()


def prepare(threads: int, isa: str, data: str) -> None:
    global _options
    _options = (threads, data)
    os.environ['MPLBACKEND'] = 'Agg'
    pin_kernels(isa)


def start(model: str, variant: str) -> Callable[[int], float]:
    """A function that lets the listing make so many steps and returns their wall seconds."""
    from elec576.tf1 import tf
    threads, data = _options
    name, arguments = command(work.as_listed(model, steps=10**7, threads=threads))
    sys.argv = [name, *arguments, '--data', data]
    allowed: queue.Queue[int] = queue.Queue()
    finished: queue.Queue[float | str] = queue.Queue()
    left, before = 0, time.perf_counter()
    session_class = tf.Session.__bases__[0]  # of tf.InteractiveSession too
    run = session_class.run

    def counted_run(self, fetches, *args, **kwargs):
        nonlocal left, before
        result = run(self, fetches, *args, **kwargs)
        if isinstance(fetches, tf.Operation):
            left -= 1
            if left <= 0:
                finished.put(time.perf_counter() - before)
                left = allowed.get()
                before = time.perf_counter()
        return result

    def execute() -> None:
        try:
            runpy.run_path(str(program(name)), run_name='__main__')
        except BaseException as error:
            finished.put(f'{name}: {error!r}')

    def take() -> float:
        seconds = finished.get()
        if isinstance(seconds, str):
            raise RuntimeError(seconds)
        return seconds

    def steps(count: int) -> float:
        allowed.put(count)
        return take()

    session_class.run = counted_run
    threading.Thread(target=execute, daemon=True).start()
    take()  # the initialisation
    return steps
