"""The data layer: the course's CIFAR-10, MNIST, where they are found, and their stand-in."""

from elec576.data.mnist import DataSet, Datasets
from elec576.data.sets import DataOrigin, ImageSet, PixelSet
from elec576.data.sources import (
    ORIGINALS,
    load_cifar10,
    load_mnist,
    load_mnist_images,
    notice,
    origin_of,
)

__all__ = ['ORIGINALS', 'DataOrigin', 'DataSet', 'Datasets', 'ImageSet', 'PixelSet',
           'load_cifar10', 'load_mnist', 'load_mnist_images', 'notice', 'origin_of']
