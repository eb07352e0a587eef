"""What is timed, by name, and the images that it is fed with.

The images are made up: how long a step takes does not depend on what they show.
"""

import dataclasses
from pathlib import Path
from typing import Iterator

import numpy as np

from elec576.settings import CnnSettings, RnnSettings

Settings = CnnSettings | RnnSettings

CLASSES, SIZE = 10, 28
LENET5 = 'lenet5'
LENET5_MNIST = 'lenet5-mnist'  # part 3c: the test set is ten times as large
CELLS = ('basic', 'lstm', 'gru')
HIDDEN = (50, 128, 300)
WORK: dict[str, Settings] = {
    LENET5: CnnSettings(),
    **{f'{cell}-{hidden}': RnnSettings(cell=cell, hidden=hidden)
       for cell in CELLS for hidden in HIDDEN}}
OF_THE_REPORT: dict[str, Settings] = {
    **WORK,
    LENET5_MNIST: CnnSettings(dataset='mnist', fc_act='relu', lr=1e-4),
    'basic-128-batch-100': RnnSettings(batch_size=100)}  # rnn-a and rnn-b
MNIST_TRAIN, MNIST_TEST = 55000, 10000


def is_cnn(name: str) -> bool:
    return isinstance(OF_THE_REPORT[name], CnnSettings)


def name_of(settings: Settings) -> str:
    """The name of the work that an experiment of the report consists of.

    What changes a step's time by a few per cent only (activation, optimizer, initial weights) is
    ignored.
    """
    if isinstance(settings, CnnSettings):
        return LENET5 if settings.dataset == 'cifar10' else LENET5_MNIST
    name = f'{settings.cell}-{settings.hidden}'
    return name if settings.batch_size == 50 else f'{name}-batch-{settings.batch_size}'


def sizes(name: str) -> tuple[int, int]:
    """How many images the work ``name`` trains and tests on."""
    settings = OF_THE_REPORT[name]
    if name == LENET5:
        return CLASSES * settings.train_per_class, CLASSES * settings.test_per_class
    return MNIST_TRAIN, MNIST_TEST


def made_up(n: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """uint8 images [n, 28, 28] of noise and their class numbers [n]."""
    rng = np.random.RandomState(seed)
    return rng.randint(0, 256, (n, SIZE, SIZE), np.uint8), np.arange(n) % CLASSES


def batches(name: str) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Batches without end for the frameworks; the CNN's listing shuffles at every step, the RNN's
    at every epoch.

    Yields:
        images float32 [batch_size, 28, 28], 0 to 1; class numbers [batch_size].
    """
    size, (n, _) = OF_THE_REPORT[name].batch_size, sizes(name)
    pixels, classes = made_up(n)
    images = pixels.astype(np.float32) / np.float32(255)
    rng = np.random.RandomState(0)
    while True:
        order = rng.permutation(n)
        for start in range(0, size if is_cnn(name) else n - n % size, size):
            perm = order[start:start + size]
            yield images[perm], classes[perm]


def lasting(settings: Settings, steps: int, **changed) -> Settings:
    """``settings`` with ``steps`` steps in all, and others ``changed``."""
    length = ({'steps': steps} if isinstance(settings, CnnSettings) else
              {'iterations': steps * settings.batch_size + 1})
    return dataclasses.replace(settings, **length, **changed)


def as_listed(name: str, steps: int, threads: int) -> Settings:
    """Settings with which a listing does the work ``name``.

    The CNN's listing reads no MNIST; it gets as many test images from the other folder.
    """
    mnist = {'dataset': 'cifar10', 'test_per_class': MNIST_TEST // CLASSES}
    return lasting(OF_THE_REPORT[name], steps, threads=threads,
                   **(mnist if name == LENET5_MNIST else {}))


def write_data(folder: Path, mnist: int = 15000) -> None:
    """Write made-up `CIFAR10/` and `MNIST_data/` that are large enough for the listings.

    Of 15000 images of MNIST, 10000 train: a fifth of an epoch, reshuffled five times as often.
    """
    # imported here, because a worker's start is timed
    from elec576.data.mnist import Mnist, write_mnist_folder
    from elec576.data.rebuild import write_tree
    write_tree({part: made_up(count)[0].reshape(CLASSES, -1, SIZE, SIZE) for part, count in
                (('Train', sizes(LENET5)[0]), ('Test', MNIST_TEST))}, folder / 'CIFAR10')
    (folder / 'MNIST_data').mkdir()
    write_mnist_folder(Mnist(*(array.astype(np.uint8) for count in (mnist, MNIST_TEST)
                               for array in made_up(count))), folder / 'MNIST_data')
