"""The course's CIFAR-10 rebuilt from the public one, pixel for pixel."""

from __future__ import annotations

from pathlib import Path
from typing import Mapping

import imageio.v2 as imageio
import numpy as np
from tqdm import tqdm

from elec576.data.cifar10 import COURSE_DIGESTS, PER_CLASS, image_name, read_image
from elec576.data.resize import resize
from elec576.data.sets import CLASSES, SIZE, digest
from elec576.errors import UserError

LUMINANCE = np.array([0.298936021293775, 0.587043074451121, 0.114020904255103])  # of R, G, B


def gray28(images: np.ndarray) -> np.ndarray:
    """Public images, uint8 [n, 32, 32, 3], as the course made them, uint8 [n, 28, 28].

    The luminance is not rounded; the resize rounds once, at its end.
    """
    return resize(images @ LUMINANCE, SIZE)


def course_positions(labels: np.ndarray, per_class: int) -> np.ndarray:
    """Which public images are the course's, int [10, per_class]: positions in ``labels``.

    The course took each class's first ``per_class`` images. `Image00000` is the last of them,
    `Image0000k` the k-th.

    Args:
        labels: class numbers [n] in the public order.
    """
    taken = [np.flatnonzero(labels == label)[:per_class] for label in range(CLASSES)]
    return np.roll(np.stack(taken), 1, axis=1)


def course_pixels(images: np.ndarray, labels: np.ndarray, per_class: int) -> np.ndarray:
    """One part of the course's set, uint8 [10, per_class, 28, 28], from the public one.

    Args:
        images: uint8 [n, 32, 32, 3], in the public order.
        labels: class numbers [n].
    """
    return np.stack([gray28(images[of_class])
                     for of_class in course_positions(labels, per_class)])


def write_tree(pixels: Mapping[str, np.ndarray], folder: Path) -> None:
    """Write `{Train,Test}/{0..9}/Image%05d.png` into ``folder`` and read every file back.

    Raises:
        UserError: a file does not hold what was written.
    """
    images = {folder / image_name(part, label, number): image
              for part, classes in pixels.items()
              for label, of_class in enumerate(classes) for number, image in enumerate(of_class)}
    for path, image in tqdm(images.items(), desc='CIFAR10', unit='image', leave=False):
        path.parent.mkdir(parents=True, exist_ok=True)
        imageio.imwrite(path, image)
        if not np.array_equal(read_image(path), image):
            raise UserError(f'{path}: reads differently from what was written; check the disk')


def check_course_digests(pixels: Mapping[str, np.ndarray]) -> None:
    """Raise UserError unless ``pixels`` are the course's, bit for bit."""
    for part in PER_CLASS:
        if digest(pixels[part]) != COURSE_DIGESTS[part]:
            raise UserError(f'CIFAR10/{part}: the rebuilt pixels are not the course\'s (digest '
                            f'{digest(pixels[part])[:16]}..., {COURSE_DIGESTS[part][:16]}... '
                            f'is needed); nothing was written')
