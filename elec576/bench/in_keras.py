"""The same training in Keras 3 on TensorFlow: `train_on_batch`.

The GRU is the report's (`reset_after=False`). The recurrent layers are unrolled over the rows, as
in the report: Keras's loop was slower for all of them.
"""

from __future__ import annotations

from typing import Callable

import keras
import numpy as np
import tensorflow
from keras import layers

from elec576.bench import work
from elec576.bench.timing import timed_calls
from elec576.settings import CnnSettings

PACKAGES = ('keras',)
RECURRENT = {'basic': layers.SimpleRNN, 'lstm': layers.LSTM,
             'gru': lambda hidden, **options: layers.GRU(hidden, reset_after=False, **options)}


def variants(model: str) -> list[str]:
    return ['train_on_batch']


def start(model: str, variant: str, threads: int) -> Callable[[int], float]:
    """A function that makes the steps that it is told to and returns their wall seconds."""
    if tensorflow.config.threading.get_intra_op_parallelism_threads() != threads:
        tensorflow.config.threading.set_intra_op_parallelism_threads(threads)
        tensorflow.config.threading.set_inter_op_parallelism_threads(threads)
    settings = work.OF_THE_REPORT[model]
    images, classes = work.made_up_batches(work.sizes(model).train)
    labels = np.eye(work.CLASSES, dtype=np.float32)[classes]
    if isinstance(settings, CnnSettings):
        images = images[..., np.newaxis]
        net = keras.Sequential([
            keras.Input((28, 28, 1)),
            layers.Conv2D(32, 5, padding='same', activation=settings.act), layers.MaxPool2D(),
            layers.Conv2D(64, 5, padding='same', activation=settings.act), layers.MaxPool2D(),
            layers.Flatten(), layers.Dense(1024, activation=settings.fc_act),
            layers.Dropout(1 - settings.keep_prob), layers.Dense(10)])
        optimizer = keras.optimizers.Adam(settings.lr)
    else:
        net = keras.Sequential([
            keras.Input((28, 28)),
            RECURRENT[settings.cell](settings.hidden, unroll=True),
            layers.Dense(10)])
        optimizer = keras.optimizers.RMSprop(settings.lr)
    net.compile(optimizer, keras.losses.CategoricalCrossentropy(from_logits=True))
    batches = work.batches(settings, len(images))

    def step() -> None:
        perm = next(batches)
        net.train_on_batch(images[perm], labels[perm])

    return lambda steps: timed_calls(step, steps)
