"""The IDX reader, TF1's split and its `next_batch`."""

import gzip

import numpy as np
import pytest

from elec576.data import mnist as module
from elec576.data.mnist import (
    FILES,
    DataSet,
    Mnist,
    data_sets,
    image_sets,
    read_mnist_folder,
    write_mnist_folder,
)
from elec576.data.sets import one_hot
from elec576.errors import UserError


class ReorderedArrays:
    """TF1's `DataSet.next_batch` as TF1 does it, on numpy's global generator: every shuffle
    reorders the arrays themselves."""

    def __init__(self, images, labels):
        self.images, self.labels = images, labels
        self.index = self.epochs = 0

    def shuffle(self):
        perm = np.arange(len(self.images))
        np.random.shuffle(perm)
        self.images, self.labels = self.images[perm], self.labels[perm]

    def next_batch(self, size):
        start, n = self.index, len(self.images)
        if self.epochs == 0 and start == 0:
            self.shuffle()
        if start + size <= n:
            self.index = start + size
            return self.images[start:self.index], self.labels[start:self.index]
        self.epochs += 1
        images_rest, labels_rest = self.images[start:], self.labels[start:]
        self.shuffle()
        self.index = size - len(images_rest)
        return (np.concatenate([images_rest, self.images[:self.index]]),
                np.concatenate([labels_rest, self.labels[:self.index]]))


def numbered(n):
    """n distinguishable images with labels."""
    return (np.arange(n * 784, dtype=np.float32).reshape(n, 784),
            one_hot(np.arange(n) * 7 % 10))


def same(one, other):
    return all(np.array_equal(a, b) and a.dtype == b.dtype for a, b in zip(one, other))


@pytest.mark.parametrize('n, sizes', [(23, [5]), (20, [5]), (7, [7]), (23, [1]), (12, [5, 12, 1]),
                                      (30, [29])])
def test_next_batch_is_tf1s(n, sizes):
    images, labels = numbered(n)
    ours = DataSet(images, labels, np.random.RandomState(3))
    theirs = ReorderedArrays(images, labels)
    np.random.seed(3)
    for i in range(6 * n // min(sizes)):
        size = sizes[i % len(sizes)]
        assert same(ours.next_batch(size), theirs.next_batch(size)), i
        assert ours.epochs_completed == theirs.epochs
    assert theirs.epochs >= 4
    assert same((ours.images, ours.labels), (theirs.images, theirs.labels))


def test_without_a_generator_numpys_global_one_draws():
    images, labels = numbered(9)
    np.random.seed(8)
    ours = [DataSet(images, labels).next_batch(4)[0] for _ in range(2)]
    again = DataSet(images, labels, np.random.RandomState(8)).next_batch(4)[0]
    assert np.array_equal(ours[0], again) and not np.array_equal(ours[1], again)


def test_batch_larger_than_the_set():
    with pytest.raises(UserError, match='only 5 images'):
        DataSet(*numbered(5)).next_batch(6)


@pytest.fixture
def small(monkeypatch) -> Mnist:
    monkeypatch.setattr(module, 'VALIDATION_SIZE', 4)
    rng = np.random.RandomState(0)
    return Mnist(rng.randint(0, 256, (10, 28, 28)).astype(np.uint8), np.arange(10, dtype=np.uint8),
                 rng.randint(0, 256, (3, 28, 28)).astype(np.uint8), np.array([9, 0, 5], np.uint8))


@pytest.fixture
def folder(small, tmp_path):
    write_mnist_folder(small, tmp_path)
    return tmp_path


def test_split_and_scaling(small):
    sets = data_sets(small)
    assert [s.num_examples for s in sets] == [6, 4, 3]
    assert [s.images.dtype for s in sets] == [np.float32] * 3
    assert [s.labels.dtype for s in sets] == [np.float64] * 3
    # TF1: numpy.multiply(images.astype(float32), 1.0 / 255.0), rounded in float32
    expected = np.multiply(small.train_images[4:].astype(np.float32), np.float32(1.0 / 255.0))
    assert np.array_equal(sets.train.images, expected.reshape(6, 784))
    assert sets.validation.labels.argmax(axis=1).tolist() == [0, 1, 2, 3]
    pixels, test = image_sets(small)
    train = pixels[:]
    some, chosen = pixels[np.array([4, 0, 4])], train[np.array([4, 0, 4])]
    assert same((some.images, some.labels), (chosen.images, chosen.labels))
    assert len(pixels) == len(train) == 6
    assert np.array_equal(train.images[..., 0],
                          (small.train_images[4:].astype(float) / 255).astype(np.float32))
    assert train.images.shape == (6, 28, 28, 1) and test.labels.argmax(axis=1).tolist() == [9, 0, 5]


def test_written_files_read_back(small, folder):
    assert same(read_mnist_folder(folder), small)


def test_other_contents_are_not_called_mnist(small):
    assert small.origin().name == 'MNIST folder (not the original contents)'


def rewrite(path, change):
    path.write_bytes(gzip.compress(change(gzip.decompress(path.read_bytes()))))


IMAGES, LABELS = FILES[:2]


@pytest.mark.parametrize('name, damage, message', [
    (IMAGES, lambda p: p.unlink(),
     'train-images-idx3-ubyte.gz is missing; scripts/prepare_data.py brings it'),
    (IMAGES, lambda p: p.write_bytes(p.read_bytes()[:500]), 'not readable as gzip'),
    (IMAGES, lambda p: p.write_bytes(b''), 'not an IDX file'),
    (IMAGES, lambda p: p.write_bytes(b'<html><title>Login</title></html>'),
     'is a web page, not an IDX file of images'),
    (LABELS, lambda p: p.write_bytes(b'\xef\xbb\xbf\r\n <!DOCTYPE html>'), 'is a web page, not'),
    (LABELS, lambda p: p.write_bytes(gzip.compress(b'<!doctype html>')), 'is a web page, not'),
    (LABELS, lambda p: p.write_bytes(b'PK\x03\x04...'), 'is a zip file, not'),
    (LABELS, lambda p: p.write_bytes(b'version https://git-lfs.github.com/spec/v1\n'),
     'is a Git LFS pointer, not'),
    (IMAGES, lambda p: p.write_bytes(p.read_bytes()[:-8] + bytes(8)), 'not readable as gzip'),
    (IMAGES, lambda p: rewrite(p, lambda c: c[:-1]), 'cut short or damaged'),
    (IMAGES, lambda p: rewrite(p, lambda c: c[:6]), 'cut short or damaged'),
    (IMAGES, lambda p: rewrite(p, lambda c: c + b'x'), 'cut short or damaged'),
    (IMAGES, lambda p: rewrite(p, lambda c: b'\x00\x00\x0d' + c[3:]), 'not an IDX file of images'),
    (IMAGES, lambda p: p.write_bytes((p.parent / LABELS).read_bytes()), 'not an IDX file of imag'),
    (LABELS, lambda p: p.write_bytes((p.parent / IMAGES).read_bytes()), 'not an IDX file of labe'),
    (LABELS, lambda p: p.write_bytes((p.parent / FILES[3]).read_bytes()), '10 images and 3 labels'),
    (LABELS, lambda p: rewrite(p, lambda c: c[:-1] + b'\x0a'), 'labels up to 10'),
])
def test_bad_files(folder, name, damage, message):
    damage(folder / name)
    with pytest.raises(UserError, match=message) as error:
        read_mnist_folder(folder)
    assert str(folder) in str(error.value)


def unpacked(path, name):
    """Replace ``path`` by its unpacked contents, called ``name``."""
    content = gzip.decompress(path.read_bytes())
    path.unlink()
    target = path.parent / name
    target.parent.mkdir(exist_ok=True)
    target.write_bytes(content)


@pytest.mark.parametrize('change', [
    lambda p: unpacked(p, p.stem),
    lambda p: unpacked(p, p.name),  # unpacked on the way, and the name kept
    lambda p: unpacked(p, p.stem.upper()),
    lambda p: unpacked(p, p.stem.replace('-idx', '.idx')),
    lambda p: unpacked(p, f'{p.stem}/{p.stem.replace("-idx", ".idx")}'),  # by 7-Zip, on Kaggle
    lambda p: p.rename(p.with_name(p.name.replace('-idx', '.idx'))),
    lambda p: p.rename(p.with_suffix('.GZ')),
    lambda p: p.rename(p.with_name(p.stem)),  # packed, and not called so
], ids=['unpacked', 'named gz', 'upper case', 'dotted', 'in a folder', 'dotted gz', 'GZ', 'no gz'])
@pytest.mark.parametrize('files', [FILES, FILES[1:3]], ids=['all', 'two of them'])
def test_files_as_people_have_them(folder, small, files, change, capsys):
    for name in files:
        change(folder / name)
        (folder / f'._{name}').write_bytes(b'Mac OS X')
    (folder / '.DS_Store').write_bytes(b'Bud1')
    assert same(read_mnist_folder(folder), small)
    assert capsys.readouterr().err == '' and not module.missing(folder)


def test_the_packed_one_of_two_is_read(folder, small, capsys):
    for name in FILES:
        path = folder / name
        path.with_suffix('').write_bytes(gzip.decompress(path.read_bytes()))
    assert same(read_mnist_folder(folder), small) and capsys.readouterr().err == ''
    for name in FILES[1], FILES[3]:
        path = (folder / name).with_suffix('')
        path.write_bytes(path.read_bytes()[:-1] + b'\x07')
    for _ in range(2):  # loaded twice, said once
        assert same(read_mnist_folder(folder), small)
    assert capsys.readouterr().err == (
        f'{folder}: train-labels-idx1-ubyte.gz was taken, train-labels-idx1-ubyte differs; '
        't10k-labels-idx1-ubyte.gz was taken, t10k-labels-idx1-ubyte differs\n')


def test_an_empty_folder(tmp_path):
    with pytest.raises(UserError, match=r'is missing \(it is empty\); .*prepare_data.py brings it'):
        read_mnist_folder(tmp_path)
    (tmp_path / 'mnist.npz').touch()
    (tmp_path / '.DS_Store').touch()
    with pytest.raises(UserError, match=r'is missing \(it holds mnist.npz\)'):
        read_mnist_folder(tmp_path)


def test_too_few_images_for_the_split(folder, monkeypatch):
    monkeypatch.setattr(module, 'VALIDATION_SIZE', 10)
    with pytest.raises(UserError, match='10 images and 10 labels .* at least 11 images'):
        read_mnist_folder(folder)


def test_images_of_another_size(small, tmp_path):
    write_mnist_folder(small._replace(test_images=np.zeros((3, 28, 27), np.uint8)), tmp_path)
    with pytest.raises(UserError, match='t10k-images.*not an IDX file of images of 28x28'):
        read_mnist_folder(tmp_path)


@pytest.mark.parametrize('form', ['unpacked', 'dotted', 'named gz'])
def test_real_mnist_in_other_forms(real_data, tmp_path, form):
    for name in FILES:
        packed = (real_data / 'MNIST_data' / name).read_bytes()
        if form == 'dotted':
            (tmp_path / name.replace('-idx', '.idx')).write_bytes(packed)
        else:
            path = tmp_path / (name if form == 'named gz' else name.removesuffix('.gz'))
            path.write_bytes(gzip.decompress(packed))
    assert read_mnist_folder(tmp_path).origin().name == 'MNIST'


def test_real_mnist(real_data):
    mnist = read_mnist_folder(real_data / 'MNIST_data')
    assert mnist.origin().name == 'MNIST'
    assert [len(array) for array in mnist] == [60000, 60000, 10000, 10000]
    assert mnist.train_labels[:5].tolist() == [5, 0, 4, 1, 9]
    assert mnist.test_labels[:5].tolist() == [7, 2, 1, 0, 4]
