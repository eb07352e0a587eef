"""The course's CIFAR-10 rebuilt from the public one, pixel for pixel."""

from pathlib import Path
from typing import Mapping

import numpy as np
from PIL import Image

from elec576.data.cifar10 import COURSE_DIGESTS, PER_CLASS, image_name
from elec576.data.resize import resize
from elec576.data.sets import CLASSES, SIZE, digest
from elec576.errors import UserError
from elec576.progress import progress_bar

LUMINANCE = np.array([0.298936021293775, 0.587043074451121, 0.114020904255103])  # of R, G, B

# 59 pixels of 19 images lie on k + 0.5. Because `LUMINANCE` adds up to 1 - 9e-16, they come out up
# to 3e-13 below it. The nearest pixel that must be rounded down is 1.7e-7 below.
HALF_TOLERANCE = 1e-9

# The course's program rounded these seven of the 59 down, because its last bits differ: part,
# class, image (the course's numbers), row, column.
ROUNDED_DOWN = (
    ('Train', 6, 871, 10, 4),
    ('Train', 6, 871, 10, 6),
    ('Train', 7, 640, 3, 27),
    ('Train', 9, 339, 4, 24),
    ('Train', 9, 716, 22, 24),
    ('Train', 9, 716, 25, 24),
    ('Test', 8, 10, 10, 27),
)

Labeled = tuple[np.ndarray, np.ndarray]  # images and their class numbers


def gray28(images: np.ndarray) -> np.ndarray:
    """Public images, uint8 [n, 32, 32, 3], as the course made them, uint8 [n, 28, 28].

    The luminance is not rounded; the resize rounds once, at its end. Exact halves go up, also the
    few that the course's program rounded down (`ROUNDED_DOWN`).
    """
    return resize(images @ LUMINANCE, SIZE, HALF_TOLERANCE)


def course_positions(labels: np.ndarray, per_class: int) -> np.ndarray:
    """Which public images are the course's, int [10, per_class]: positions in ``labels``.

    The course took each class's first ``per_class`` images. `Image00000` is the last of them,
    `Image0000k` the k-th.

    Args:
        labels: class numbers [n] in the public order.
    """
    taken = [np.flatnonzero(labels == label)[:per_class] for label in range(CLASSES)]
    return np.roll(np.stack(taken), 1, axis=1)


def course_pixels(train: Labeled, test: Labeled) -> dict[str, np.ndarray]:
    """The course's set from the public one: each part uint8 [10, n, 28, 28], n from `PER_CLASS`.

    Args:
        train, test: images uint8 [n, 32, 32, 3] and class numbers [n] or [n, 1], in the public
            order.
    """
    pixels = {part: np.stack([gray28(images[of_class]) for of_class
                              in course_positions(np.ravel(labels), PER_CLASS[part])])
              for part, (images, labels) in zip(PER_CLASS, (train, test))}
    for part, *where in ROUNDED_DOWN:
        pixels[part][tuple(where)] -= 1
    return pixels


def write_tree(pixels: Mapping[str, np.ndarray], folder: Path) -> None:
    """Write `{Train,Test}/{0..9}/Image%05d.png` into ``folder``."""
    images = {folder / image_name(part, label, number): image
              for part, classes in pixels.items()
              for label, of_class in enumerate(classes) for number, image in enumerate(of_class)}
    for path, image in progress_bar(iterable=images.items(), desc='CIFAR10', unit='image',
                                    leave=False):
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(image).save(path)


def check_course_digests(pixels: Mapping[str, np.ndarray]) -> None:
    """Raise UserError unless ``pixels`` are the course's, bit for bit."""
    for part in PER_CLASS:
        if digest(pixels[part]) != COURSE_DIGESTS[part]:
            raise UserError(f'CIFAR10/{part}: the rebuilt pixels are not the course\'s (digest '
                            f'{digest(pixels[part])[:16]}..., {COURSE_DIGESTS[part][:16]}... '
                            f'is needed); nothing was written')
