"""MNIST: its IDX files, and TF1's `input_data.read_data_sets` made of them.

Source of the split, of the scaling and of `DataSet`:
tensorflow/contrib/learn/python/learn/datasets/mnist.py, TensorFlow 1.15.
"""

from __future__ import annotations

import gzip
import math
import os
import zlib
from pathlib import Path
from typing import NamedTuple

import numpy as np

from elec576.data.sets import SIZE, DataOrigin, ImageSet, digest, one_hot
from elec576.data.shuffler import generator_state, refusing_other_states, set_generator
from elec576.errors import UserError

VALIDATION_SIZE = 5000
# SHA-256 over the contents after the headers: training images, labels, test images, labels.
MNIST_DIGEST = '06b0d1f124c4e5fa796686ade41a9b778edacc8622f2195a352ef479ad44fc16'
MNIST_NAME = 'MNIST'

FILES = ('train-images-idx3-ubyte.gz', 'train-labels-idx1-ubyte.gz',
         't10k-images-idx3-ubyte.gz', 't10k-labels-idx1-ubyte.gz')

MOST_BYTES = 2**27  # nearly three times the largest of the four

_KINDS = {1: 'labels', 3: 'images'}  # by the number of dimensions


class Mnist(NamedTuple):
    """The whole set as uint8, in the order of `FILES`."""

    train_images: np.ndarray  # [60000, 28, 28]
    train_labels: np.ndarray  # [60000]
    test_images: np.ndarray  # [10000, 28, 28]
    test_labels: np.ndarray  # [10000]

    def origin(self) -> DataOrigin:
        """Its name and digest; other contents than MNIST's are not called MNIST."""
        found = digest(*self)
        name = MNIST_NAME if found == MNIST_DIGEST else 'MNIST folder (not the original contents)'
        return DataOrigin(name, found)


class DataSet:
    """TF1's `DataSet`: images, labels and batches from one reshuffled epoch after another.

    TF1 reorders its arrays at every epoch; here only the composed permutation is reordered, which
    gives the same batches without moving 55000 images.

    Args:
        images: float32 [n, 784].
        labels: float64 [n, 10], one-hot.
        rng: draws the shuffles; None is numpy's global generator, as in TF1.
    """

    def __init__(self, images: np.ndarray, labels: np.ndarray,
                 rng: np.random.RandomState | None = None):
        self._images = images
        self._labels = labels
        self._rng = np.random.mtrand._rand if rng is None else rng
        self._order: np.ndarray | None = None  # None until the first shuffle
        self._index_in_epoch = 0
        self._epochs_completed = 0

    @property
    def images(self) -> np.ndarray:
        """float32 [n, 784], in the current epoch's order (a copy once shuffled)."""
        return self._images if self._order is None else self._images[self._order]

    @property
    def labels(self) -> np.ndarray:
        """float64 [n, 10], in the current epoch's order (a copy once shuffled)."""
        return self._labels if self._order is None else self._labels[self._order]

    @property
    def num_examples(self) -> int:
        return len(self._images)

    @property
    def epochs_completed(self) -> int:
        return self._epochs_completed

    def next_batch(self, batch_size: int) -> tuple[np.ndarray, np.ndarray]:
        """The next images [batch_size, 784] and labels [batch_size, 10].

        The rest of an epoch is joined with the start of the next one.

        Raises:
            UserError: there are fewer images than ``batch_size``.
        """
        if batch_size > self.num_examples:
            raise UserError(f'--batch-size {batch_size}: there are only {self.num_examples} images')
        order = self._shuffle() if self._order is None else self._order
        start, end = self._index_in_epoch, self._index_in_epoch + batch_size
        indices = order[start:end]
        if end > self.num_examples:
            self._epochs_completed += 1
            end -= self.num_examples
            indices = np.concatenate([indices, self._shuffle()[:end]])
        self._index_in_epoch = end
        return self._images[indices], self._labels[indices]

    def _shuffle(self) -> np.ndarray:
        """Shuffle the result of the earlier shuffles: TF1 permutes its arrays in place."""
        permutation = np.arange(self.num_examples)
        self._rng.shuffle(permutation)
        self._order = permutation if self._order is None else self._order[permutation]
        return self._order

    def state(self) -> dict[str, np.ndarray]:
        """The state of this data set and its generator, as arrays, without the images."""
        order = np.empty(0, int) if self._order is None else self._order
        return {'order': order.copy(), 'index_in_epoch': np.array(self._index_in_epoch),
                'epochs_completed': np.array(self._epochs_completed),
                **generator_state(self._rng)}

    def restore(self, state: dict[str, np.ndarray]) -> None:
        """Restore what `state` returned, for the same images.

        Raises:
            UserError: the state is damaged, or of a set of another size.
        """
        with refusing_other_states():
            order = np.asarray(state['order'])
            if len(order) not in (0, self.num_examples):
                raise UserError(f'the saved state is of {len(order)} images, the data set has '
                                f'{self.num_examples}; resume with the same data')
            index, epochs = int(state['index_in_epoch']), int(state['epochs_completed'])
            if not (np.array_equal(np.sort(order), np.arange(len(order)))
                    and 0 <= index <= len(order) and epochs >= 0):
                raise ValueError('not a permutation of the images, or a position outside it')
            set_generator(self._rng, state)
        self._order = order.astype(int) if len(order) else None
        self._index_in_epoch, self._epochs_completed = index, epochs


class Datasets(NamedTuple):
    """What `read_data_sets` returns."""

    train: DataSet
    validation: DataSet
    test: DataSet


def data_sets(mnist: Mnist, rng: np.random.RandomState | None = None) -> Datasets:
    """TF1's `read_data_sets(one_hot=True)`: the first 5000 training images are validation.

    Pixels are float32, multiplied by float32 1/255. TF1's three sets share numpy's global
    generator; these share ``rng``.
    """
    def data_set(images, labels):
        pixels = images.reshape(len(images), SIZE * SIZE).astype(np.float32)
        pixels *= np.float32(1 / 255)
        return DataSet(pixels, one_hot(labels), rng)

    split = VALIDATION_SIZE
    return Datasets(data_set(mnist.train_images[split:], mnist.train_labels[split:]),
                    data_set(mnist.train_images[:split], mnist.train_labels[:split]),
                    data_set(mnist.test_images, mnist.test_labels))


def image_sets(mnist: Mnist) -> tuple[ImageSet, ImageSet]:
    """The same training images (without validation) and test images, as the CNN's listing feeds."""
    split = VALIDATION_SIZE
    return (ImageSet.from_pixels(mnist.train_images[split:], mnist.train_labels[split:]),
            ImageSet.from_pixels(mnist.test_images, mnist.test_labels))


def read_mnist_folder(folder: str | os.PathLike) -> Mnist:
    """The four IDX files of ``folder``.

    Raises:
        UserError: a file is missing, is not gzip, is cut short, holds something else than its name
            says, or images and labels differ in number.
    """
    folder = Path(folder)
    mnist = Mnist(*(read_idx(folder / name, 3 if 'images' in name else 1) for name in FILES))
    for part, images, labels in (('train', *mnist[:2]), ('t10k', *mnist[2:])):
        if len(images) != len(labels):
            raise UserError(f'{folder}: {part}-images has {len(images)} images but {part}-labels '
                            f'{len(labels)} labels; copy the four files again')
        if images.shape[1:] != (SIZE, SIZE):
            raise UserError(f'{folder}/{part}-images-idx3-ubyte.gz: images of '
                            f'{images.shape[2]}x{images.shape[1]} pixels; 28x28 are needed')
        if labels.size and labels.max() > 9:
            raise UserError(f'{folder}/{part}-labels-idx1-ubyte.gz: label {labels.max()}; '
                            f'only 0 to 9 are allowed')
    if len(mnist.train_images) <= VALIDATION_SIZE or not len(mnist.test_images):
        raise UserError(f'{folder}: {len(mnist.train_images)} training and '
                        f'{len(mnist.test_images)} test images; more than {VALIDATION_SIZE} '
                        f'(the validation set) and at least 1 are needed')
    return mnist


def read_idx(path: Path, dimensions: int) -> np.ndarray:
    """The uint8 array of a gzipped IDX file; 3 dimensions are images, 1 is labels.

    The format: magic number 0x0800 + dimensions, each dimension's size (all big-endian uint32),
    then the bytes.

    Raises:
        UserError: see `read_mnist_folder`.
    """
    again = 'copy it again or run scripts/prepare_data.py'
    try:
        with gzip.open(path) as file:
            content = file.read(MOST_BYTES)  # a gzip file can unpack to a thousand times its size
    except (EOFError, zlib.error):
        raise UserError(f'{path}: the file is cut short or damaged; {again}') from None
    except gzip.BadGzipFile as error:
        raise UserError(f'{path}: not an intact gzip file ({error}); {again}') from None
    except OSError as error:
        raise UserError(f'{path}: {error.strerror}; {again}') from None
    start = 4 * (1 + dimensions)
    magic, *shape = (int.from_bytes(content[at:at + 4], 'big') for at in range(0, start, 4))
    if magic != 0x800 + dimensions:
        holds = next((f'holds {kind}' for number, kind in _KINDS.items()
                      if magic == 0x800 + number), 'is not an IDX file')
        raise UserError(f'{path}: {holds}, not {_KINDS[dimensions]} (magic number {magic}, '
                        f'{0x800 + dimensions} is needed); {again}')
    if len(content) != start + math.prod(shape):
        raise UserError(f'{path}: {max(len(content) - start, 0)} bytes where its header announces '
                        f'{" x ".join(map(str, shape))}; the file is cut short or damaged; {again}')
    return np.frombuffer(content, np.uint8, offset=start).reshape(shape)


def write_mnist_folder(mnist: Mnist, folder: Path) -> None:
    """Write the four IDX files into ``folder``, which exists."""
    for name, array in zip(FILES, mnist):
        header = np.array([0x800 + array.ndim, *array.shape], '>u4').tobytes()
        (folder / name).write_bytes(
            gzip.compress(header + array.tobytes(), compresslevel=6, mtime=0))
