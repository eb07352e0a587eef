"""Where the data is found, and its three loaders."""

import os
from pathlib import Path

import numpy as np

from elec576.data import cifar10, fetch, find, mnist, standin
from elec576.data.cache import cache_folder
from elec576.data.cifar10 import COURSE_NAME, check_counts, read_cifar10_folder
from elec576.data.mnist import (
    MNIST_NAME,
    Datasets,
    Mnist,
    data_sets,
    image_sets,
    read_mnist_folder,
)
from elec576.data.sets import DataOrigin, ImageSet, PixelSet
from elec576.errors import UserError
from elec576.machine import say
from elec576.settings import CnnSettings, RnnSettings

# The names of verified data sets: the report's own images. Nothing else is compared with it.
ORIGINALS = (COURSE_NAME, MNIST_NAME)

HOLDS = {'CIFAR10': cifar10.holds, 'MNIST_data': mnist.holds}


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
    whole, origin = _mnist(data)
    return data_sets(whole, rng), origin


def load_mnist_images(data: str | None = None) -> tuple[PixelSet, ImageSet, DataOrigin]:
    """The same 55000 training and 10000 test images for the CNN.

    Raises:
        UserError: see `find_folder` and `read_mnist_folder`.
    """
    whole, origin = _mnist(data)
    return *image_sets(whole), origin


def origin_of(settings: CnnSettings | RnnSettings, data: str | None = None) -> DataOrigin:
    """The origin of the images that a run with ``settings`` is fed.

    Raises:
        UserError: as the loader of these images.
    """
    if isinstance(settings, CnnSettings) and settings.dataset == 'cifar10':
        return load_cifar10(*settings.per_class, data)[-1]
    return _mnist(data)[1]


def notice(origin: DataOrigin) -> str | None:
    """What a run on these images says in its first and its last line; None for the report's own."""
    if origin.stand_in:
        return standin.NOTICE
    if origin.name in ORIGINALS:
        return None
    return (f'*** {origin.name}: not known to be the report\'s images. '
            'Nothing here can be compared with the report. ***')


def find_folder(name: str, data: str | None = None) -> Path | None:
    """The folder of the set ``name`` (`CIFAR10` or `MNIST_data`) at the first of `places` with it.

    None if there is none yet and no place is named.

    Raises:
        UserError: ``data`` or `$ELEC576_DATA` is given but has no such folder: other
            data must not silently replace it.
    """
    folder, roots = look(name, data), places(data)
    if folder is None and len(roots) == 1:
        raise UserError(f'{"--data" if data else "ELEC576_DATA"} {roots[0]}: there is no folder '
                        f'{name} in it; {find.advice(name, roots[0], HOLDS[name])}')
    return folder


def look(name: str, data: str | None = None) -> Path | None:
    """As `find_folder`, and None also if a named place has none.

    The folder may be a level off or spelled otherwise (`find.locate`). One that is called exactly
    ``name`` is returned even if it holds nothing: its reader says what it lacks.
    """
    roots = places(data)
    for root in roots:
        if found := find.locate(name, root, HOLDS[name], named=len(roots) == 1):
            return found
        if os.path.isdir(root / name):
            return root / name
    return None


def places(data: str | None = None) -> list[Path]:
    """Where the loaders look, in their order.

    ``data`` (`--data`) alone, else `$ELEC576_DATA` alone, else the working directory and then the
    cache that `scripts/prepare_data.py` fills.

    Raises:
        UserError: ``data`` is empty, or a file.
    """
    if data == '':
        raise UserError('--data: an empty name; name a folder or drop it')
    named = os.path.expanduser(data or os.environ.get('ELEC576_DATA') or '')
    if os.path.isfile(named):
        do = ('unpack it, and name the folder that comes of it'
              if named.lower().endswith(find.ARCHIVES) else 'name the folder that it is in')
        raise UserError(f'{"--data" if data else "ELEC576_DATA"} {named}: is a file, not a folder; '
                        f'{do}')
    return [Path(named)] if named else [Path(), cache_folder()]


def _mnist(data: str | None) -> tuple[Mnist, DataOrigin]:
    folder = find_folder('MNIST_data', data) or _download('MNIST_data')
    if folder is None:
        return standin.mnist()
    whole = read_mnist_folder(folder)
    return whole, whole.origin()


def _download(name: str) -> Path | None:
    """Fetch the public set into the cache; None (and a line on standard error) if that fails."""
    try:
        return fetch.fetch(name, cache_folder())
    except UserError as error:
        say(f'{error}; using the built-in {standin.NAME}')
        return None
