"""The same training in Keras 3 on TensorFlow: `train_on_batch`.

The GRU is the report's (`reset_after=False`). The recurrent layers are unrolled over the rows, as
in the report: Keras's loop was slower for all of them.
"""

import os
from pathlib import Path
from typing import Callable

from benchmarks import kernels

os.environ.update(KERAS_BACKEND='tensorflow', TF_CPP_MIN_LOG_LEVEL='3', **kernels.VERBOSE)
import keras  # noqa: E402
import numpy as np  # noqa: E402
import tensorflow  # noqa: E402
from keras import layers  # noqa: E402

from benchmarks import work  # noqa: E402
from benchmarks.worker import timed_calls  # noqa: E402

RECURRENT = {'basic': layers.SimpleRNN, 'lstm': layers.LSTM,
             'gru': lambda hidden, **options: layers.GRU(hidden, reset_after=False, **options)}


def prepare(threads: int, isa: str, data: str | None) -> None:
    tensorflow.config.threading.set_intra_op_parallelism_threads(threads)
    tensorflow.config.threading.set_inter_op_parallelism_threads(threads)


def reports(said: Path) -> dict[str, str]:
    return kernels.onednn(said.read_text(encoding='utf-8', errors='replace'))


def start(model: str, variant: str) -> Callable[[int], float]:
    """A function from a number of steps to their wall seconds."""
    settings = work.OF_THE_REPORT[model]
    if work.is_cnn(model):
        net = keras.Sequential([
            keras.Input((28, 28)), layers.Reshape((28, 28, 1)),
            layers.Conv2D(32, 5, padding='same', activation=settings.act), layers.MaxPool2D(),
            layers.Conv2D(64, 5, padding='same', activation=settings.act), layers.MaxPool2D(),
            layers.Flatten(), layers.Dense(1024, activation=settings.fc_act),
            layers.Dropout(1 - settings.keep_prob), layers.Dense(10)])
        optimizer = keras.optimizers.Adam(settings.lr)
    else:
        net = keras.Sequential([
            keras.Input((28, 28)),
            RECURRENT[settings.cell](settings.hidden, unroll=True), layers.Dense(10)])
        optimizer = keras.optimizers.RMSprop(settings.lr)
    net.compile(optimizer, keras.losses.CategoricalCrossentropy(from_logits=True))
    if net.jit_compile:  # "auto" chooses it for other processors
        raise kernels.NotHeld('Keras compiles with XLA, which no variable holds to AVX2')
    batches, one_hot = work.batches(model), np.eye(10, dtype=np.float32)

    def step() -> None:
        images, classes = next(batches)
        net.train_on_batch(images, one_hot[classes])

    return lambda steps: timed_calls(step, steps)
