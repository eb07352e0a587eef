"""Random images to feed a network with."""

import dataclasses

import numpy as np

from elec576.data import ImageSet
from elec576.visual.trained import RestoredRun

IMAGES = 6


def random_images(count: int) -> ImageSet:
    """Images with flat parts, so that pooling meets ties, and a label each."""
    rng = np.random.RandomState(count)
    images = rng.uniform(size=(count, 28, 28, 1))
    images[: count // 2, :14] = 0.5
    return ImageSet(images, np.eye(10)[np.arange(count) % 10])


def with_images(trained: RestoredRun, images: np.ndarray) -> RestoredRun:
    """The same network with other test images [n, 28, 28, 1]."""
    labels = np.eye(10)[np.arange(len(images)) % 10]
    test = dataclasses.replace(trained.test, images=images, labels=labels)
    return dataclasses.replace(trained, test=test)
