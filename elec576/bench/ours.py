"""The package itself: its own graphs, sessions and loops."""

from __future__ import annotations

import atexit
import functools
import itertools
import shutil
import tempfile
import time
from pathlib import Path
from typing import Callable

import numpy as np

from elec576.loops import cnn as cnn_loop, rnn as rnn_loop
from elec576.runs import checkpoints
from elec576.bench import work
from elec576.bench.timing import timed_calls
from elec576.data import DataSet, ImageSet
from elec576.data.sets import one_hot
from elec576.runs.events import Events
from elec576.loops.history import CNN_COLUMNS, RNN_COLUMNS, History
from elec576.graphs.lenet5 import build_lenet5, lenet5_session
from elec576.graphs.rnn import build_rnn, nInput, nSteps, rnn_session
from elec576.settings import CnnSettings
from elec576.data.shuffler import BatchShuffler

TRAIN = 'train'  # nothing is evaluated
DISPLAY = 'display'  # the RNN with the report's display step
EVALUATE = 'evaluate'  # a "step" is one evaluation on the test set
# a "step" is one checkpoint, or one writing of histograms or scalars for TensorBoard
SAVING = CHECKPOINT, HISTOGRAMS, SCALARS = 'checkpoint', 'histograms', 'scalars'
PACKAGES = ('tensorflow', 'numpy')


def eval_every(n: int) -> str:
    """The variant that evaluates every ``n`` steps."""
    return f'eval-every {n}'


def variants(model: str) -> list[str]:
    """The variants that train as others do."""
    return [TRAIN]


def start(model: str, variant: str, threads: int) -> Callable[[int], float]:
    """A function that makes the steps that it is told to and returns their wall seconds."""
    settings = work.OF_THE_REPORT[model]
    cnn = isinstance(settings, CnnSettings)
    net, sess, train, test = opened(model, threads)
    done = 0

    if variant == EVALUATE:
        return lambda steps: timed_calls(
            lambda: (cnn_loop if cnn else rnn_loop).evaluate(net, sess, test), steps)
    if variant in SAVING:
        return functools.partial(timed_calls, saving(variant, net, sess, test))
    if cnn:
        shuffler = BatchShuffler(len(train.images), settings.batch_size, settings.seed)
        options = {'eval_every': int(variant.split()[1]) if variant != TRAIN else 0,
                   'log_every': 0}

        def train_on(now, after_step):
            cnn_loop.train_cnn(net, sess, train, test, now, shuffler, History(CNN_COLUMNS),
                               lambda line: None, after_step, done)
    else:
        options = {'eval_every': 0}
        if variant == TRAIN:
            options['display_step'] = 10**9

        def train_on(now, after_step):
            rnn_loop.train_rnn(net, sess, train, test, now, History(RNN_COLUMNS),
                               lambda line: None, after_step, done)

    def run(steps: int) -> float:
        # one step more than asked for: the clock starts when the first is done, so that what a
        # loop does before its first step is not counted
        nonlocal done
        times = []
        now = work.lasting(settings, done + steps + 1, threads, **options)
        train_on(now, lambda step: times.append(time.perf_counter()))
        done += steps + 1
        return times[-1] - times[0]

    return run


def saving(variant: str, net, sess, test) -> Callable[[], object]:
    """A function that saves once, into a folder that is removed when it is no longer needed."""
    folder = Path(tempfile.mkdtemp(prefix='elec576-bench-'))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    if variant == CHECKPOINT:
        steps = itertools.count()
        return lambda: checkpoints.save(
            folder, checkpoints.Progress(next(steps), 0.0, 0.0, History(CNN_COLUMNS), {}), sess,
            net.saver)
    images = test.images.reshape(-1, nSteps, nInput) if hasattr(net, 'x') else test.images
    events = Events(folder, net, sess, images, start=0)
    row = {'step': 0, 'train_accuracy': 0.5, 'train_loss': 1.0, 'test_accuracy': 0.5,
           'test_loss': 1.0}
    if variant == HISTOGRAMS:
        return lambda: events.histograms(0)
    return lambda: events.scalars(row)


@functools.lru_cache(maxsize=1)  # the variants of a model share it
def opened(model: str, threads: int):
    """The network with a session, and its training and test images."""
    settings = work.OF_THE_REPORT[model]
    cnn = isinstance(settings, CnnSettings)
    net = build_lenet5(settings) if cnn else build_rnn(settings)
    sess = (lenet5_session if cnn else rnn_session)(net, threads)
    sess.run(net.initializer)
    as_loaded = ImageSet.from_pixels if cnn else data_set
    train, test = (as_loaded(*work.made_up(n, seed)) for seed, n in enumerate(work.sizes(model)))
    return net, sess, train, test


def data_set(pixels: np.ndarray, classes: np.ndarray) -> DataSet:
    """As the RNN's loader returns it."""
    images = pixels.reshape(len(pixels), -1).astype(np.float32) * np.float32(1 / 255)
    return DataSet(images, one_hot(classes), np.random.RandomState(0))
