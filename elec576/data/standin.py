"""The built-in stand-in: scikit-learn's handwritten digits in the shapes of the two data sets.

It lets every program run without the data and without a network. Its originals (1797 images of
8x8) are split into training, validation and test before any of them is used twice.
"""

from itertools import product

import numpy as np

from elec576.data.cifar10 import PER_CLASS
from elec576.data.mnist import VALIDATION_SIZE, Mnist
from elec576.data.resize import resize
from elec576.data.sets import CLASSES, SIZE, DataOrigin, ImageSet, digest

NAME = 'stand-in (scikit-learn digits)'
NOTICE = ('*** STAND-IN DATA: scikit-learn digits, not the report\'s images. '
          'Nothing here can be compared with the report. ***')
MNIST_COUNTS = (55000, VALIDATION_SIZE, 10000)  # training, validation, test
ORIGINALS = (1293, 144, 360)  # how many originals each of them is made from

# Shifts by up to 3 pixels down and right, the smallest first: 49 images from one original.
REACH = 3
SHIFTS = sorted(product(range(-REACH, REACH + 1), repeat=2),
                key=lambda shift: (shift[0]**2 + shift[1]**2, shift))


def originals() -> list[tuple[np.ndarray, np.ndarray]]:
    """Training, validation and test digits: uint8 [n, 28, 28] and their class numbers [n].

    They are split in scikit-learn's order, in which a writer's digits are adjacent.
    """
    from sklearn.datasets import load_digits  # takes a second, and only the stand-in needs it

    digits = load_digits()
    images = resize(digits.images * (255 / 16), SIZE)
    ends = np.cumsum(ORIGINALS)[:-1]
    return list(zip(np.split(images, ends), np.split(digits.target, ends)))


def fill(images: np.ndarray, count: int) -> np.ndarray:
    """``count`` images made of fewer: all of them, then all of them shifted, and so on.

    Args:
        images: uint8 [n, 28, 28], with count <= 49 n.
    """
    assert count <= len(SHIFTS) * len(images), (count, len(images))
    filled = np.empty((count, SIZE, SIZE), np.uint8)
    for start, shift in zip(range(0, count, len(images)), SHIFTS):
        part = filled[start:start + len(images)]
        part[:] = shifted(images[:len(part)], *shift)
    return filled


def shifted(images: np.ndarray, down: int, right: int) -> np.ndarray:
    """``images`` moved by whole pixels; what moves in is 0."""
    wide = np.pad(images, ((0, 0), (REACH, REACH), (REACH, REACH)))
    return wide[:, REACH - down:REACH - down + SIZE, REACH - right:REACH - right + SIZE]


def cifar10(train_per_class: int, test_per_class: int) -> tuple[ImageSet, ImageSet, DataOrigin]:
    """The stand-in for the course's CIFAR-10: as many images per class, class after class."""
    (train, train_classes), _, (test, test_classes) = originals()
    used = [np.stack([fill(images[classes == label], PER_CLASS[part])[:count]
                      for label in range(CLASSES)])
            for part, images, classes, count in (('Train', train, train_classes, train_per_class),
                                                 ('Test', test, test_classes, test_per_class))]
    sets = [ImageSet.from_pixels(pixels.reshape(-1, SIZE, SIZE),
                                 np.repeat(np.arange(CLASSES), pixels.shape[1]))
            for pixels in used]
    return sets[0], sets[1], DataOrigin(NAME, digest(*used), stand_in=True)


def mnist() -> tuple[Mnist, DataOrigin]:
    """The stand-in for MNIST: 60000 images, of which the first 5000 are validation, and 10000."""
    (train, train_classes), (validation, validation_classes), (test, test_classes) = (
        (fill(images, count), np.resize(classes, count).astype(np.uint8))
        for (images, classes), count in zip(originals(), MNIST_COUNTS))
    sets = Mnist(np.concatenate([validation, train]),
                 np.concatenate([validation_classes, train_classes]), test, test_classes)
    return sets, DataOrigin(NAME, digest(*sets), stand_in=True)
