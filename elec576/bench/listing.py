"""The report's listings, as they stand in `starter/`, step by step.

A listing is one flat program. It runs unchanged in a thread of its own and is held, and its steps
are counted, where it updates the weights: that is the one place where it hands an operation (and
not a tensor) to `Session.run`.
"""

from __future__ import annotations

import functools
import os
import queue
import runpy
import sys
import threading
import time
from pathlib import Path
from typing import Callable

import numpy as np

from elec576.bench import work
from elec576.data.mnist import Mnist, write_mnist_folder
from elec576.data.rebuild import write_tree
from elec576.listings import command, program
from elec576.tf1 import tf

PACKAGES = ('tensorflow', 'numpy')
DATA = 'ELEC576_BENCH_DATA'  # the environment variable that names the folder of made-up data
MNIST_IMAGES = 15000  # of which 10000 train: a fifth of an epoch, reshuffled five times as often


def variants(model: str) -> list[str]:
    return ['listing']


def write_data(folder: Path) -> None:
    """Made-up `CIFAR10/` and `MNIST_data/` that are large enough for the listings."""
    classes, size = work.CLASSES, work.SIZE
    counts = {'Train': work.sizes(work.LENET5).train, 'Test': work.sizes(work.LENET5_MNIST).test}
    write_tree({part: work.made_up(count)[0].reshape(classes, -1, size, size)
                for part, count in counts.items()}, folder / 'CIFAR10')
    (folder / 'MNIST_data').mkdir()
    write_mnist_folder(
        Mnist(*(array.astype(np.uint8) for count in (MNIST_IMAGES, 10000)
                for array in work.made_up(count))), folder / 'MNIST_data')


def start(model: str, variant: str, threads: int) -> Callable[[int], float]:
    """A function that lets the listing make so many steps and returns their wall seconds.

    One listing per process: it works on TensorFlow's default graph.
    """
    name, arguments = command(work.as_listed(model, threads, steps=10**7))
    path = program(name)
    sys.argv = [str(path), *arguments, '--data', os.environ[DATA]]
    allowed: queue.Queue[int] = queue.Queue()
    finished: queue.Queue[float | Exception] = queue.Queue()
    left = 0

    session_class = tf.Session.__bases__[0]  # of tf.InteractiveSession too
    run = session_class.run

    @functools.wraps(run)
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

    before = time.perf_counter()

    def execute() -> None:
        try:
            runpy.run_path(str(path), run_name='__main__')
        except BaseException as error:
            finished.put(RuntimeError(f'{path.name}: {error!r}'))

    def steps(count: int) -> float:
        allowed.put(count)
        seconds = finished.get()
        if isinstance(seconds, Exception):
            raise seconds
        return seconds

    session_class.run = counted_run
    threading.Thread(target=execute, daemon=True).start()
    initialised = finished.get()
    if isinstance(initialised, Exception):
        raise initialised
    return steps
