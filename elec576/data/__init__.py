"""The data layer: the course's CIFAR-10, MNIST, where they are found, and what stands in."""

from elec576.data.mnist import DataSet, Datasets
from elec576.data.sets import DataOrigin, ImageSet
from elec576.data.sources import load_cifar10, load_mnist, load_mnist_images

__all__ = ['DataOrigin', 'DataSet', 'Datasets', 'ImageSet', 'load_cifar10', 'load_mnist',
           'load_mnist_images']
