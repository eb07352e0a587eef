"""The report's listings, as they are in `starter/`, step by step.

A listing is one flat program. It runs unchanged in a thread of its own. It is paused, and its
steps are counted, where it updates the weights: only there does it pass an operation (and not a
tensor) to `Session.run`. One listing per process: it uses TensorFlow's default graph.
"""

import os
import queue
import runpy
import sys
import threading
import time
from pathlib import Path
from typing import Callable

from benchmarks import kernels, work
from elec576.listings import command, program
from elec576.machine import pin_kernels

_options: tuple = ()


def prepare(threads: int, isa: str, data: str) -> None:
    global _options
    _options = (threads, data)
    os.environ['MPLBACKEND'] = 'Agg'
    pin_kernels(isa)
    os.environ.update(kernels.VERBOSE)


def reports(said: Path) -> dict[str, str]:
    return kernels.onednn(said.read_text(encoding='utf-8', errors='replace'))


def start(model: str, variant: str) -> Callable[[int], float]:
    """A function from a number of steps of the listing to their wall seconds."""
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
