"""MNIST: its IDX files, and TF1's `input_data.read_data_sets` made of them.

Source of the split, of the scaling and of `DataSet`:
tensorflow/contrib/learn/python/learn/datasets/mnist.py, TensorFlow 1.15.
"""

import gzip
import io
import math
import os
import re
import zlib
from functools import cache
from pathlib import Path
from typing import NamedTuple

import numpy as np

from elec576.data.find import contents, names
from elec576.data.sets import CLASSES, SIZE, DataOrigin, ImageSet, PixelSet, digest, one_hot
from elec576.errors import UserError
from elec576.machine import say

VALIDATION_SIZE = 5000
# SHA-256 over the contents after the headers: training images, labels, test images, labels.
MNIST_DIGEST = '06b0d1f124c4e5fa796686ade41a9b778edacc8622f2195a352ef479ad44fc16'
MNIST_NAME = 'MNIST'

FILES = ('train-images-idx3-ubyte.gz', 'train-labels-idx1-ubyte.gz',
         't10k-images-idx3-ubyte.gz', 't10k-labels-idx1-ubyte.gz')

MOST_BYTES = 2**27  # nearly three times the largest of the four
GZIP = b'\x1f\x8b'
# What else downloads leave under a file's name, by how it begins after BLANKS.
OTHERS = {b'<': 'a web page', b'PK': 'a zip file', b'version https://git-lfs': 'a Git LFS pointer'}
BLANKS = b'\xef\xbb\xbf \t\r\n'  # a byte order mark, and spaces


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
        self._order = np.arange(len(images))
        self._index_in_epoch = 0
        self._epochs_completed = 0

    @property
    def images(self) -> np.ndarray:
        """float32 [n, 784], a copy in the current epoch's order."""
        return self._images[self._order]

    @property
    def labels(self) -> np.ndarray:
        """float64 [n, 10], a copy in the current epoch's order."""
        return self._labels[self._order]

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
        start, end = self._index_in_epoch, self._index_in_epoch + batch_size
        if self._epochs_completed == 0 and start == 0:
            self._shuffle()
        indices = self._order[start:end]
        if end > self.num_examples:
            self._epochs_completed += 1
            self._shuffle()
            end -= self.num_examples
            indices = np.concatenate([indices, self._order[:end]])
        self._index_in_epoch = end
        return self._images[indices], self._labels[indices]

    def _shuffle(self) -> None:
        """Shuffle the result of the earlier shuffles: TF1 permutes its arrays in place."""
        permutation = np.arange(self.num_examples)
        self._rng.shuffle(permutation)
        self._order = self._order[permutation]


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


def image_sets(mnist: Mnist) -> tuple[PixelSet, ImageSet]:
    """The same training images (without validation) and test images, as the CNN's listing feeds."""
    split = VALIDATION_SIZE
    return (PixelSet(mnist.train_images[split:], mnist.train_labels[split:]),
            ImageSet.from_pixels(mnist.test_images, mnist.test_labels))


def read_mnist_folder(folder: str | os.PathLike) -> Mnist:
    """The four IDX files of ``folder``, packed or not (`find_files`).

    A file that is there twice is read from the packed one; a line on standard error tells if the
    other one differs.

    Raises:
        UserError: a file is missing, damaged, or holds something else than its name says.
    """
    folder, arrays, choices = Path(folder), [], []
    for name in FILES:
        found = find_files(folder, name)
        if not found:
            there = '' if holds(folder) else f' ({contents(folder)})'
            raise UserError(f'{folder}: {name} is missing{there}; scripts/prepare_data.py '
                            'brings it')
        shape = _shape(name)
        arrays.append(read_idx(found[0], shape))
        choices += [f'{found[0].name} was taken, {other.relative_to(folder)} differs'
                    for other in found[1:] if not _is(other, arrays[-1])]
    mnist = Mnist(*arrays)
    for images, labels, least in ((*mnist[:2], VALIDATION_SIZE + 1), (*mnist[2:], 1)):
        if not least <= len(images) == len(labels) or labels.max() >= CLASSES:
            raise UserError(f'{folder}: {len(images)} images and {len(labels)} labels up to '
                            f'{labels.max(initial=0)}; at least {least} images, as many labels, '
                            f'and none above {CLASSES - 1} are needed; copy the four files again')
    if choices:
        _say_once(f'{folder}: {"; ".join(choices)}')
    return mnist


def find_files(folder: Path, name: str) -> list[Path]:
    """The files in ``folder`` that are ``name`` of `FILES`, packed ones first.

    Unpacked ones, mirrors' dots (`train-images.idx3-ubyte`), any case, and a folder of such a name
    around the file count too.
    """
    def called_so(inside: Path) -> list[Path]:
        return [inside / other for other in names(inside) if _plain(other) == _plain(name)]

    found = [path for item in called_so(folder)
             for path in (called_so(item) if item.is_dir() else [item])]
    return sorted(found, key=lambda path: path.suffix.lower() != '.gz')


def _plain(name: str) -> str:
    return re.sub('[._ ]', '-', name.lower()).removesuffix('-gz')


def holds(folder: Path) -> bool:
    """Whether any of the four files is in ``folder``."""
    return any(find_files(folder, name) for name in FILES)


def missing(folder: Path) -> list[str]:
    """Those of the four files that are not in ``folder``."""
    return [name for name in FILES if not find_files(folder, name)]


def same_files(folder: Path, other: Path) -> bool:
    """Whether those of the four files that both folders have hold the same.

    Raises:
        UserError: one of them is damaged.
    """
    for name in FILES:
        ours, theirs = ([read_idx(path, _shape(name)) for path in find_files(each, name)[:1]]
                        for each in (folder, other))
        if ours and theirs and not np.array_equal(ours[0], theirs[0]):
            return False
    return True


def _shape(name: str) -> tuple[int, ...]:
    """The shape of an item of the file ``name``."""
    return (SIZE, SIZE) if 'images' in name else ()


def _is(path: Path, items: np.ndarray) -> bool:
    """Whether the IDX file ``path`` holds ``items``."""
    try:
        return np.array_equal(read_idx(path, items.shape[1:]), items)
    except UserError:
        return False


_say_once = cache(say)  # the data is loaded several times in a process


def read_idx(path: Path, shape: tuple[int, ...]) -> np.ndarray:
    """The items of an IDX file, packed by gzip or not, uint8 [n, *shape].

    The format: magic number 0x0800 + dimensions, each dimension's size (all big-endian uint32),
    then the bytes. The first two bytes, not the name, tell whether it is packed.

    Raises:
        UserError: see `read_mnist_folder`.
    """
    again = 'remove it, and scripts/prepare_data.py brings the right one'
    try:
        with open(path, 'rb') as file:
            content = file.read(MOST_BYTES)
        if content.startswith(GZIP):  # it can unpack to a thousand times its size
            content = gzip.GzipFile(fileobj=io.BytesIO(content)).read(MOST_BYTES)
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise UserError(f'{path}: not readable as gzip ({error}); {again}') from None
    except OSError as error:
        raise UserError(f'{path}: cannot be read ({error.strerror or error})') from None
    kind = f'an IDX file of {"images of 28x28 pixels" if shape else "labels"}'
    for start, other in OTHERS.items():
        if content[:100].lstrip(BLANKS).startswith(start):
            raise UserError(f'{path}: is {other}, not {kind}; {again}')
    start = 4 * (2 + len(shape))
    n = max(0, len(content) - start) // math.prod(shape)
    if content[:start] != _idx_header(n, *shape) or len(content) != start + n * math.prod(shape):
        raise UserError(f'{path}: not {kind}, or cut short or damaged; {again}')
    return np.frombuffer(content, np.uint8, offset=start).reshape(n, *shape)


def _idx_header(*shape: int) -> bytes:
    return np.array([0x800 + len(shape), *shape], '>u4').tobytes()


def write_mnist_folder(mnist: Mnist, folder: Path) -> None:
    """Write the four IDX files into ``folder``, which exists."""
    for name, array in zip(FILES, mnist):
        (folder / name).write_bytes(gzip.compress(
            _idx_header(*array.shape) + array.tobytes(), compresslevel=6, mtime=0))
