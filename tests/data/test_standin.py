"""The stand-in: the course's counts, and no original on both sides of a split."""

import numpy as np
import pytest

from elec576.data import standin


@pytest.fixture(scope='module')
def originals():
    return standin.originals()


def test_splits_are_disjoint(originals):
    images = [{image.tobytes() for image in part} for part, _ in originals]
    assert [len(part) for part, _ in originals] == list(standin.ORIGINALS)
    assert not images[0] & images[1] and not images[0] & images[2] and not images[1] & images[2]
    assert all(set(classes) == set(range(10)) for _, classes in originals)


def test_shifted_moves_by_whole_pixels():
    image = np.arange(28 * 28).reshape(1, 28, 28)
    moved = standin.shifted(image, 2, -3)
    assert np.array_equal(moved[0, 2:, :-3], image[0, :-2, 3:])
    assert (moved[0, :2] == 0).all() and (moved[0, :, -3:] == 0).all()
    assert np.array_equal(standin.shifted(image, 0, 0), image)


def test_fill_uses_every_original_before_any_twice():
    images = np.random.RandomState(0).randint(0, 256, (5, 28, 28)).astype(np.uint8)
    filled = standin.fill(images, 12)
    assert np.array_equal(filled[:5], images)
    down, right = standin.SHIFTS[1]
    assert abs(down) + abs(right) == 1
    assert np.array_equal(filled[5:10], standin.shifted(images, down, right))
    assert len({image.tobytes() for image in filled}) == 12


def test_cifar10_is_balanced_and_nested():
    train, test, origin = standin.cifar10(1000, 100)
    assert train.images.shape == (10000, 28, 28, 1) and test.images.shape == (1000, 28, 28, 1)
    assert np.array_equal(train.labels.argmax(axis=1), np.repeat(np.arange(10), 1000))
    fewer = standin.cifar10(3, 2)[0]
    assert np.array_equal(fewer.images[:3], train.images[:3])
    assert origin.stand_in and origin == standin.cifar10(1000, 100)[2]
    assert not ({image.tobytes() for image in train.images}
                & {image.tobytes() for image in test.images})


def test_mnist_is_filled_to_its_counts():
    mnist, origin = standin.mnist()
    assert [array.shape for array in mnist] == [(60000, 28, 28), (60000,), (10000, 28, 28),
                                                (10000,)]
    assert all(array.dtype == np.uint8 for array in mnist) and origin.stand_in
    assert np.bincount(mnist.train_labels).min() > 5000
    kinds = [{image.tobytes() for image in images} for images in
             (mnist.train_images[:5000], mnist.train_images[5000:], mnist.test_images)]
    assert not kinds[0] & kinds[1] and not kinds[0] & kinds[2] and not kinds[1] & kinds[2]
