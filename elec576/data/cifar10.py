"""The course's CIFAR-10: `CIFAR10/{Train,Test}/{0..9}/Image%05d.png`, 28x28 grayscale."""

import hashlib
import os
from functools import cache
from pathlib import Path
from typing import Mapping

import numpy as np
from PIL import Image

from elec576.data.cache import PixelCache
from elec576.data.find import contents, listing, spelled
from elec576.data.sets import CLASSES, SIZE, DataOrigin, ImageSet, digest
from elec576.errors import UserError

PER_CLASS = {'Train': 1000, 'Test': 100}  # what the course's folder holds

# SHA-256 over the uint8 pixels, C order: Train as (10, 1000, 28, 28), Test as (10, 100, 28, 28).
COURSE_DIGESTS = {
    'Train': 'c5a27708a688d04298ff42a22e6de30bfe8c68ed197f71cd77e6662302dee282',
    'Test': '58af5ea81f75039e28b914317443905c31083f6d96e5b29ffb4a1a777e35a602',
}
COURSE_NAME = 'course CIFAR-10'


def image_name(part: str, label: int, number: int) -> str:
    """An image's path inside the folder, as the listing writes it."""
    return '%s/%d/Image%05d.png' % (part, label, number)


def image_names(per_class: Mapping[str, int]) -> list[str]:
    """The names of the first images of each class: part after part, class after class."""
    return [image_name(part, label, number) for part, count in per_class.items()
            for label in range(CLASSES) for number in range(count)]


def read_cifar10_folder(folder: str | os.PathLike, train_per_class: int, test_per_class: int
                        ) -> tuple[ImageSet, ImageSet, DataOrigin]:
    """The first images of each class, class after class (the order of the listing's `main`).

    Images that are not requested may be missing; the name of the origin then says that the folder
    could not be verified.

    Args:
        train_per_class, test_per_class: at most `PER_CLASS`.

    Returns:
        Train [10 * train_per_class, 28, 28, 1], Test [10 * test_per_class, 28, 28, 1], and their
        origin; its digest is over the pixels used, Train then Test.

    Raises:
        UserError: the folder or an image is missing or is not what it should be.
    """
    asked = {'Train': train_per_class, 'Test': test_per_class}
    try:
        pixels = read_pixels(folder, PER_CLASS)
        ours = {part: digest(pixels[part]) for part in PER_CLASS} == COURSE_DIGESTS
        name = COURSE_NAME if ours else 'CIFAR-10 folder (not the course\'s pixels)'
    except UserError:
        if asked == PER_CLASS:
            raise
        pixels = read_pixels(folder, asked)
        name = 'CIFAR-10 folder (incomplete, not verified)'
    used = [pixels[part][:, :asked[part]] for part in PER_CLASS]
    train, test = (
        ImageSet.from_pixels(images.reshape(-1, SIZE, SIZE),
                             np.repeat(np.arange(CLASSES), images.shape[1])) for images in used)
    return train, test, DataOrigin(name, digest(*used))


def check_counts(train_per_class: int, test_per_class: int) -> None:
    """Raise UserError unless the course's folder has as many images per class."""
    for part, number in (('Train', train_per_class), ('Test', test_per_class)):
        if not 1 <= number <= PER_CLASS[part]:
            raise UserError(f'--{part.lower()}-per-class {number}: the course\'s folder has '
                            f'{PER_CLASS[part]} images per class; ask for 1 to {PER_CLASS[part]}')


def read_pixels(folder: str | os.PathLike, per_class: Mapping[str, int]) -> dict[str, np.ndarray]:
    """The uint8 pixels of each part, [10, per_class[part], 28, 28], through the pixel cache.

    The cache is used only while every file's name, size and times are unchanged.

    Raises:
        UserError: the folder or an image is missing or is not what it should be.
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise UserError(f'{folder}: there is no such folder; it should hold Train/ and Test/')
    paths, fingerprint = _look_at(folder, image_names(per_class))
    cache = PixelCache(f'{folder.resolve()} {dict(per_class)}')
    pixels = cache.load(fingerprint)
    if pixels is None:
        pixels = np.stack([read_image(path) for path in paths])
        cache.save(fingerprint, pixels)
    ends = np.cumsum([CLASSES * count for count in per_class.values()])
    parts = np.split(pixels.reshape(-1, SIZE, SIZE), ends[:-1])
    return {part: images.reshape(CLASSES, -1, SIZE, SIZE)
            for part, images in zip(per_class, parts)}


def read_image(path: str | os.PathLike) -> np.ndarray:
    """One PNG as uint8 [28, 28].

    Raises:
        UserError: it cannot be read, or is not a 28x28 image with 8 bits of gray.
    """
    try:
        with Image.open(path, formats=['PNG']) as image:
            image.verify()  # checksums, which Pillow skips when it decodes
        with Image.open(path, formats=['PNG']) as image:
            mode, pixels = image.mode, np.asarray(image)
    except Exception as error:  # Pillow's decoders raise OSError, SyntaxError, ValueError, ...
        raise UserError(f'{path}: not a readable PNG image ({error}); remove it, and '
                        'scripts/prepare_data.py brings it again') from None
    if mode != 'L' or pixels.shape != (SIZE, SIZE):
        raise UserError(f'{path}: {pixels.shape[1]}x{pixels.shape[0]} pixels of Pillow\'s mode '
                        f'{mode}; 28x28 of mode L, 8 bits of gray, are needed')
    return pixels


def holds(folder: Path) -> bool:
    """Whether the first image of a part is in ``folder``."""
    return any(os.path.isfile(spelled(folder, image_name(part, 0, 0))) for part in PER_CLASS)


def missing(folder: Path) -> list[str]:
    """The names of the course's images that are not in ``folder``."""
    remembering = cache(listing)
    return [name for name in image_names(PER_CLASS)
            if not os.path.isfile(spelled(folder, name, remembering))]


def same_files(folder: Path, other: Path) -> bool:
    """Whether the images that both folders have are the same."""
    remembering = cache(listing)
    both = [(ours, theirs) for name in image_names(PER_CLASS)
            for ours, theirs in [(spelled(folder, name, remembering), other / name)]
            if os.path.isfile(ours) and theirs.is_file()]
    return all(np.array_equal(read_image(ours), read_image(theirs)) for ours, theirs in both)


def _look_at(folder: Path, names: list[str]) -> tuple[list[str], bytes]:
    """Each image's path, and SHA-256 over the names, sizes and times of all.

    Raises:
        UserError: for the first one that is missing.
    """
    sha, paths, remembering = hashlib.sha256(), [], cache(listing)
    for name in names:
        path = os.path.join(folder, name)
        try:
            try:
                status = os.stat(path)
            except FileNotFoundError:  # only then is it worth listing folders
                path = spelled(folder, name, remembering)
                status = os.stat(path)
        except OSError as error:
            there = '' if holds(folder) else f' ({folder}: {contents(folder)})'
            fewer = '' if name.endswith('00000.png') else ', or ask for fewer images per class'
            raise UserError(f'{folder / name}: {error.strerror}{there}; scripts/prepare_data.py '
                            f'brings it{fewer}') from None
        paths.append(path)
        sha.update(f'{name} {status.st_size} {status.st_mtime_ns} {status.st_ctime_ns}\n'.encode())
    return paths, sha.digest()
