"""Where the data is found, and its three loaders."""

import os
import sys
from pathlib import Path

import numpy as np

from elec576.data import fetch, standin
from elec576.data.cache import cache_folder
from elec576.data.cifar10 import check_counts, read_cifar10_folder
from elec576.data.mnist import Datasets, Mnist, data_sets, image_sets, read_mnist_folder
from elec576.data.sets import DataOrigin, ImageSet
from elec576.errors import UserError
from elec576.settings import CnnSettings, RnnSettings


def load_cifar10(train_per_class: int = 800, test_per_class: int = 100, data: str | None = None
                 ) -> tuple[ImageSet, ImageSet, DataOrigin]:
    """The course's CIFAR-10, class after class, or its stand-in.

    Args:
        train_per_class, test_per_class: images of each class, at most 1000 and 100.
        data: folder that holds `CIFAR10/` (`--data`); None looks where `find_folder` looks.

    Returns:
        train (10 * train_per_class images), test (10 * test_per_class images), their origin.

    Raises:
        UserError: see `find_folder` and `read_cifar10_folder`.
    """
    check_counts(train_per_class, test_per_class)
    folder = find_folder('CIFAR10', data) or _download('CIFAR10')
    if folder is None:
        return standin.cifar10(train_per_class, test_per_class)
    return read_cifar10_folder(folder, train_per_class, test_per_class)


def load_mnist(data: str | None = None, rng: np.random.RandomState | None = None
               ) -> tuple[Datasets, DataOrigin]:
    """MNIST as TF1's `read_data_sets(one_hot=True)` gives it (see `data_sets`), or its stand-in.

    Args:
        data: folder that holds `MNIST_data/` (`--data`); None looks where `find_folder` looks.
        rng: draws the shuffles of `next_batch`; None is numpy's global generator.

    Raises:
        UserError: see `find_folder` and `read_mnist_folder`.
    """
    mnist, origin = _mnist(data)
    return data_sets(mnist, rng), origin


def load_mnist_images(data: str | None = None) -> tuple[ImageSet, ImageSet, DataOrigin]:
    """The same 55000 training and 10000 test images for the CNN (see `ImageSet`).

    Raises:
        UserError: see `find_folder` and `read_mnist_folder`.
    """
    mnist, origin = _mnist(data)
    return *image_sets(mnist), origin


def origin_of(settings: CnnSettings | RnnSettings, data: str | None = None) -> DataOrigin:
    """The origin of the images that a run with ``settings`` is fed.

    Raises:
        UserError: as the loader of these images.
    """
    if isinstance(settings, CnnSettings) and settings.dataset == 'cifar10':
        return load_cifar10(*settings.per_class, data)[-1]
    return _mnist(data)[1]


def find_folder(name: str, data: str | None = None) -> Path | None:
    """The folder called ``name`` (`CIFAR10` or `MNIST_data`) at the first of `places` that has it.

    None if there is none yet and no place is named.

    Raises:
        UserError: ``data`` or `$ELEC576_DATA` is given but has no such folder: other
            data must not silently replace it.
    """
    roots = places(data)
    for root in roots:
        if (root / name).is_dir():
            return root / name
    if len(roots) == 1:
        raise UserError(f'{"--data" if data else "ELEC576_DATA"} {roots[0]}: there is no folder '
                        f'{name} in it; correct the path or drop it')
    return None


def places(data: str | None = None) -> list[Path]:
    """Where the loaders look, in their order.

    ``data`` (`--data`) alone, else `$ELEC576_DATA` alone, else the working directory and then the
    cache that `scripts/prepare_data.py` fills.

    Raises:
        UserError: ``data`` is empty.
    """
    if data == '':
        raise UserError('--data: an empty name; name a folder or drop it')
    named = data or os.environ.get('ELEC576_DATA')
    return [Path(named)] if named else [Path(), cache_folder()]


def _mnist(data: str | None) -> tuple[Mnist, DataOrigin]:
    folder = find_folder('MNIST_data', data) or _download('MNIST_data')
    if folder is None:
        return standin.mnist()
    mnist = read_mnist_folder(folder)
    return mnist, mnist.origin()


def _download(name: str) -> Path | None:
    """Fetch the public set into the cache; None (and a line on standard error) if that fails."""
    try:
        return fetch.fetch(name, cache_folder())
    except UserError as error:
        print(f'{error}; using the built-in {standin.NAME}', file=sys.stderr)
        return None
