"""The data layer: the course's CIFAR-10, MNIST, where they are found, and their stand-in."""

from elec576.data.cifar10 import COURSE_NAME
from elec576.data.mnist import MNIST_NAME, DataSet, Datasets
from elec576.data.sets import DataOrigin, ImageSet
from elec576.data.sources import load_cifar10, load_mnist, load_mnist_images, origin_of

# The names of verified data sets: the report's own images. Nothing else is compared with it.
ORIGINALS = (COURSE_NAME, MNIST_NAME)

__all__ = ['ORIGINALS', 'DataOrigin', 'DataSet', 'Datasets', 'ImageSet', 'load_cifar10',
           'load_mnist', 'load_mnist_images', 'origin_of']
