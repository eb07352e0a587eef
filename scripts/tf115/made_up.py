"""Made-up images for the comparison with TensorFlow 1.15: noise, each class with its brightness.

They come from `numpy.random.RandomState`, whose stream numpy keeps unchanged, so that everybody can
make them again and no image of the course's data is needed.
"""

from pathlib import Path

import numpy as np

from elec576.data.mnist import VALIDATION_SIZE, Datasets, Mnist, data_sets, write_mnist_folder
from elec576.data.rebuild import write_tree
from elec576.data.sets import CLASSES, SIZE, ImageSet, digest
from tf115.cases import TEST_PER_CLASS, TRAIN_PER_CLASS

SEED = 576
MNIST_TRAIN, MNIST_TEST = VALIDATION_SIZE + 600, 200


def _images(rng: np.random.RandomState, labels: np.ndarray) -> np.ndarray:
    """uint8 [n, 28, 28]; never above 232."""
    noise = rng.randint(0, 80, (len(labels), SIZE, SIZE))
    return (noise + 17 * labels[:, np.newaxis, np.newaxis]).astype(np.uint8)


def cifar10_pixels() -> dict[str, np.ndarray]:
    """Train and Test, uint8 [10, n per class, 28, 28]."""
    rng = np.random.RandomState(SEED)
    return {part: _images(rng, np.repeat(np.arange(CLASSES), count)).reshape(
                CLASSES, count, SIZE, SIZE)
            for part, count in (('Train', TRAIN_PER_CLASS), ('Test', TEST_PER_CLASS))}


def mnist_pixels() -> Mnist:
    """What takes MNIST's place."""
    rng = np.random.RandomState(SEED)
    arrays = []
    for count in (MNIST_TRAIN, MNIST_TEST):
        labels = rng.randint(0, CLASSES, count)
        arrays += [_images(rng, labels), labels.astype(np.uint8)]
    return Mnist(*arrays)


def made_up_digest() -> str:
    """SHA-256 over all made-up pixels and labels."""
    return digest(*cifar10_pixels().values(), *mnist_pixels())


def write_made_up(folder: Path) -> None:
    """Write `CIFAR10/` and `MNIST_data/` into ``folder``, as the listings read them."""
    write_tree(cifar10_pixels(), folder / 'CIFAR10')
    (folder / 'MNIST_data').mkdir()
    write_mnist_folder(mnist_pixels(), folder / 'MNIST_data')


def made_up_cifar10() -> tuple[ImageSet, ImageSet]:
    """Train and test images, as the package's loader returns them."""
    train, test = (ImageSet.from_pixels(images.reshape(-1, SIZE, SIZE),
                                        np.repeat(np.arange(CLASSES), images.shape[1]))
                   for images in cifar10_pixels().values())
    return train, test


def made_up_mnist(rng: np.random.RandomState) -> Datasets:
    """The three sets, as the package's loader returns them."""
    return data_sets(mnist_pixels(), rng)
