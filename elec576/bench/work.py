"""What is timed, by name, and the images that it is fed with.

The images are made up: how long a step takes does not depend on what they show.
"""

from __future__ import annotations

import dataclasses
from typing import Iterator, NamedTuple

import numpy as np

from elec576.settings import CnnSettings, RnnSettings
from elec576.data.shuffler import BatchShuffler

CLASSES, SIZE = 10, 28
CELLS = ('basic', 'lstm', 'gru')
HIDDEN = (50, 128, 300)

LENET5 = 'lenet5'
LENET5_MNIST = 'lenet5-mnist'  # part 3c: the test set is ten times as large
BATCH_100 = 'basic-128-batch-100'  # rnn-a and rnn-b

WORK: dict[str, CnnSettings | RnnSettings] = {
    LENET5: CnnSettings(),
    **{f'{cell}-{hidden}': RnnSettings(cell=cell, hidden=hidden)
       for cell in CELLS for hidden in HIDDEN},
}
OF_THE_REPORT: dict[str, CnnSettings | RnnSettings] = {
    **WORK,
    LENET5_MNIST: CnnSettings(dataset='mnist', fc_act='relu', lr=1e-4),
    BATCH_100: RnnSettings(batch_size=100),
}


def name_of(settings: CnnSettings | RnnSettings) -> str:
    """The name of the work that an experiment of the report consists of.

    What changes a step's time by a few per cent only (activation, optimizer, initial weights) is
    not told apart.
    """
    if isinstance(settings, CnnSettings):
        return LENET5 if settings.dataset == 'cifar10' else LENET5_MNIST
    name = f'{settings.cell}-{settings.hidden}'
    return name if settings.batch_size == 50 else f'{name}-batch-{settings.batch_size}'


class Sizes(NamedTuple):
    train: int
    test: int


def sizes(name: str) -> Sizes:
    """How many images the work ``name`` trains and tests on."""
    settings = OF_THE_REPORT[name]
    if isinstance(settings, CnnSettings) and settings.dataset == 'cifar10':
        return Sizes(CLASSES * settings.train_per_class, CLASSES * settings.test_per_class)
    return Sizes(55000, 10000)


def made_up(n: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """uint8 images [n, 28, 28] of noise and their class numbers [n]."""
    rng = np.random.RandomState(seed)
    return rng.randint(0, 256, (n, SIZE, SIZE), np.uint8), np.arange(n) % CLASSES


def made_up_batches(n: int) -> tuple[np.ndarray, np.ndarray]:
    """The same as float32 [n, 28, 28], 0 to 1."""
    pixels, classes = made_up(n)
    return pixels.astype(np.float32) / np.float32(255), classes


def batches(settings: CnnSettings | RnnSettings, n: int) -> Iterator[np.ndarray]:
    """Indices [batch_size] of batches out of ``n`` images, drawn as the listings draw them.

    The CNN's listing shuffles at every step, the RNN's at every epoch.
    """
    if isinstance(settings, CnnSettings):
        shuffler = BatchShuffler(n, settings.batch_size, settings.seed)
        while True:
            yield shuffler.next_batch()
    rng = np.random.RandomState(settings.seed)
    while True:
        order = rng.permutation(n)
        for start in range(0, n - settings.batch_size + 1, settings.batch_size):
            yield order[start:start + settings.batch_size]


def lasting(settings: CnnSettings | RnnSettings, steps: int, threads: int, **others
            ) -> CnnSettings | RnnSettings:
    """``settings`` with ``steps`` steps in all, ``threads`` threads and ``others`` changed."""
    if isinstance(settings, CnnSettings):
        return dataclasses.replace(settings, steps=steps, threads=threads, **others)
    iterations = steps * settings.batch_size + 1
    return dataclasses.replace(settings, iterations=iterations, threads=threads, **others)


def as_listed(name: str, threads: int, steps: int) -> CnnSettings | RnnSettings:
    """Settings with which a listing does the work ``name``.

    The CNN's listing reads no MNIST; it gets as many test images from the other folder.
    """
    settings = lasting(OF_THE_REPORT[name], steps, threads)
    if name == LENET5_MNIST:
        settings = dataclasses.replace(settings, dataset='cifar10', train_per_class=800,
                                       test_per_class=sizes(name).test // CLASSES)
    return settings
