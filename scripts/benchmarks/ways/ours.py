"""The package itself: its own graphs, sessions and loops.

Variants: 'train' evaluates nothing; 'eval-every N' (LeNet5) and 'display' (recurrent nets, the
report's display step) evaluate as a run does. In the others a "step" is one evaluation on the test
set, one checkpoint, or one writing of histograms or scalars for TensorBoard.
"""

from __future__ import annotations

import functools
import itertools
import tempfile
import time
from pathlib import Path
from typing import Callable

import numpy as np

from benchmarks import work
from benchmarks.worker import timed_calls
from elec576.machine import pin_kernels

_threads = 1


def prepare(threads: int, isa: str, data: str | None) -> None:
    global _threads
    _threads = threads
    pin_kernels(isa)


def start(model: str, variant: str) -> Callable[[int], float]:
    """A function that makes the steps that it is told to and returns their wall seconds."""
    net, sess, train, test = opened(model)
    if variant in ('evaluate', 'checkpoint', 'histograms', 'scalars'):
        return functools.partial(timed_calls, aside(variant, model, net, sess, test))

    from elec576.data.shuffler import BatchShuffler
    from elec576.loops.cnn import train_cnn
    from elec576.loops.history import CNN_COLUMNS, RNN_COLUMNS, History
    from elec576.loops.rnn import train_rnn
    settings = work.OF_THE_REPORT[model]
    done = 0
    if work.is_cnn(model):
        options = {'eval_every': 0 if variant == 'train' else int(variant.split()[1]),
                   'log_every': 0}
        shuffler = BatchShuffler(len(train.images), settings.batch_size, settings.seed)
    else:
        options = {'eval_every': 0} | ({'display_step': 10**9} if variant == 'train' else {})

    def run(steps: int) -> float:
        # one step more than asked for: the clock starts when the first is done, so that what a
        # loop does before its first step is not counted
        nonlocal done
        times = []
        now = work.lasting(settings, done + steps + 1, threads=_threads, **options)
        ending = (lambda line: None, lambda step: times.append(time.perf_counter()), done)
        if work.is_cnn(model):
            train_cnn(net, sess, train, test, now, shuffler, History(CNN_COLUMNS), *ending)
        else:
            train_rnn(net, sess, train, test, now, History(RNN_COLUMNS), *ending)
        done += steps + 1
        return times[-1] - times[0]

    return run


@functools.lru_cache(maxsize=1)  # the variants of a model share it
def opened(model: str):
    """The network with a session, and its training and test images."""
    from elec576.data import DataSet, ImageSet
    from elec576.data.sets import one_hot
    from elec576.graphs.lenet5 import build_lenet5, lenet5_session
    from elec576.graphs.rnn import build_rnn, rnn_session
    settings, cnn = work.OF_THE_REPORT[model], work.is_cnn(model)
    net = (build_lenet5 if cnn else build_rnn)(settings)
    sess = (lenet5_session if cnn else rnn_session)(net, _threads)
    sess.run(net.initializer)

    def images(n: int, seed: int):
        pixels, classes = work.made_up(n, seed)
        if cnn:
            return ImageSet.from_pixels(pixels, classes)
        return DataSet(pixels.reshape(n, -1).astype(np.float32) * np.float32(1 / 255),
                       one_hot(classes), np.random.RandomState(0))

    return net, sess, *(images(n, seed) for seed, n in enumerate(work.sizes(model)))


def aside(variant: str, model: str, net, sess, test) -> Callable[[], object]:
    """A function that does once what a run does beside its steps."""
    from elec576.loops import cnn, rnn
    from elec576.loops.history import CNN_COLUMNS, History
    from elec576.runs import checkpoints
    from elec576.runs.events import Events
    if variant == 'evaluate':
        return lambda: (cnn if work.is_cnn(model) else rnn).evaluate(net, sess, test)
    folder = Path(tempfile.mkdtemp())
    if variant == 'checkpoint':
        steps = itertools.count()
        return lambda: checkpoints.save(folder, checkpoints.Progress(
            next(steps), 0.0, 0.0, History(CNN_COLUMNS), {}), sess, net.saver)
    images = test.images if work.is_cnn(model) else test.images.reshape(-1, 28, 28)
    events = Events(folder, net, sess, images, start=0)
    row = {'step': 0, **{name: 0.5 for name in CNN_COLUMNS[1:]}}
    return (lambda: events.histograms(0)) if variant == 'histograms' else \
        (lambda: events.scalars(row))
