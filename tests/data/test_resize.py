"""The course's resize and order, on made-up pixels and on the originals of CIFAR-10."""

import hashlib

import numpy as np
import pytest

from elec576.data import rebuild
from elec576.data.cifar10 import read_pixels
from elec576.data.resize import cubic, resize, resize_matrix
from elec576.errors import UserError


def test_cubic_interpolates():
    assert cubic(np.array([0, 1, 2, 3, -1])).tolist() == [1, 0, 0, 0, 0]
    assert cubic(np.array([0.5, 1.5])).tolist() == [0.5625, -0.0625]


@pytest.mark.parametrize('source, target', [(32, 28), (8, 28), (5, 3)])
def test_rows_sum_to_one_and_mirror(source, target):
    matrix = resize_matrix(source, target)
    assert matrix.shape == (target, source)
    np.testing.assert_allclose(matrix.sum(axis=1), 1, rtol=0, atol=1e-15)
    np.testing.assert_allclose(matrix, matrix[::-1, ::-1], rtol=0, atol=1e-14)


def test_same_size_is_identity():
    assert np.array_equal(resize_matrix(32, 32), np.eye(32))


def test_shrinking_stretches_the_kernel():
    # 2 pixels to each side of the center, times 32/28: 4.57 pixels wide
    middle = resize_matrix(32, 28)[14]
    assert np.flatnonzero(middle).tolist() == list(range(14, 19))


def test_matrix_agrees_with_tap_by_tap_sum():
    rng = np.random.RandomState(0)
    line, scale = rng.randint(0, 256, 32), 32 / 28
    expected = []
    for i in range(28):
        center = (i + 0.5) * scale - 0.5
        taps = range(int(np.floor(center)) - 4, int(np.floor(center)) + 6)
        weights = [float(cubic(np.array((center - tap) / scale))) for tap in taps]
        values = [line[min(max(tap, 0), 31)] for tap in taps]
        expected.append(np.dot(weights, values) / sum(weights))
    np.testing.assert_allclose(resize_matrix(32, 28) @ line, expected, rtol=1e-13)


@pytest.mark.parametrize('value', [0, 1, 127, 254, 255])
def test_constant_image_stays(value):
    rgb = np.full((2, 32, 32, 3), value, np.uint8)
    assert np.array_equal(rebuild.gray28(rgb), np.full((2, 28, 28), value, np.uint8))


def test_rounds_half_up_and_clips():
    assert resize(np.array([[[0.5]], [[1.5]], [[2.49]], [[-3]], [[255.5]]]), 1).ravel().tolist() \
        == [1, 2, 2, 0, 255]


def test_a_hair_below_a_half_counts_as_the_half():
    assert resize(np.array([[[1.4999]], [[1.49]]]), 1, tolerance=1e-3).ravel().tolist() == [2, 1]
    assert resize(np.array([[[1.4999]]]), 1).item() == 1


def test_luminance_is_not_rounded_before_the_resize():
    rgb = np.zeros((1, 32, 32, 3), np.uint8)
    rgb[..., 0] = 5  # luminance 1.49
    rgb[:, :, 11:, 0] = 8  # luminance 2.39
    # column 9 takes 0.355 of the right side: 1.81, but 1.355 of luminances rounded to 1 and 2
    assert rebuild.gray28(rgb)[0, 0, 8:11].tolist() == [1, 2, 2]


def test_order_puts_the_last_taken_image_first():
    labels = np.tile(np.arange(10), 5)  # class c stands at c, 10 + c, 20 + c, ...
    positions = rebuild.course_positions(labels, 3)
    assert positions.shape == (10, 3)
    assert positions[4].tolist() == [24, 4, 14]


def test_course_pixels_follow_the_order(monkeypatch):
    monkeypatch.setattr(rebuild, 'PER_CLASS', {'Train': 3, 'Test': 2})
    monkeypatch.setattr(rebuild, 'ROUNDED_DOWN', (('Test', 7, 1, 27, 4),))
    labels = np.tile(np.arange(10), 3)
    images = np.repeat(np.arange(30, dtype=np.uint8), 32 * 32 * 3).reshape(30, 32, 32, 3)
    pixels = rebuild.course_pixels((images, labels), (images, labels[:, np.newaxis]))
    assert [part.shape for part in pixels.values()] == [(10, 3, 28, 28), (10, 2, 28, 28)]
    assert pixels['Train'][7, :, 27, 4].tolist() == [27, 7, 17]
    assert pixels['Test'][7, :, 27, 4].tolist() == [17, 6]  # the second was rounded down
    assert pixels['Test'][7, :, 4, 27].tolist() == [17, 7]


def test_write_tree(tmp_path):
    rng = np.random.RandomState(1)
    pixels = {'Train': rng.randint(0, 256, (10, 3, 28, 28)).astype(np.uint8),
              'Test': rng.randint(0, 256, (10, 1, 28, 28)).astype(np.uint8)}
    rebuild.write_tree(pixels, tmp_path)
    assert (tmp_path / 'Train/9/Image00002.png').is_file()
    read = read_pixels(tmp_path, {'Train': 3, 'Test': 1})
    assert all(np.array_equal(read[part], pixels[part]) for part in pixels)


def test_wrong_pixels_are_refused():
    pixels = {'Train': np.zeros((10, 1000, 28, 28), np.uint8),
              'Test': np.zeros((10, 100, 28, 28), np.uint8)}
    zeros = hashlib.sha256(bytes(10 * 1000 * 28 * 28)).hexdigest()
    with pytest.raises(UserError, match=zeros[:16]):
        rebuild.check_course_digests(pixels)
