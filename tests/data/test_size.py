"""The report's second listing."""

import shutil

import numpy as np
import pytest

from elec576.data.cifar10 import read_cifar10_folder
from elec576.data.size import print_size, read_cifar10
from elec576.errors import UserError


def test_reads_what_the_loader_reads(small_data):
    train_images, train_labels, test_images, test_labels = read_cifar10(small_data / 'CIFAR10')
    train, test, _ = read_cifar10_folder(small_data / 'CIFAR10', 12, 4)
    assert np.array_equal(train_images.astype(np.float32), train.images[..., 0])
    assert np.array_equal(train_labels, train.labels)
    assert np.array_equal(test_images.astype(np.float32), test.images[..., 0])
    assert np.array_equal(test_labels, test.labels)


def test_prints_the_four_shapes(small_data, capsys):
    print_size(small_data / 'CIFAR10')
    assert capsys.readouterr().out == '((120, 28, 28), (120, 10), (40, 28, 28), (40, 10))\n'


def test_folder_name_is_no_pattern(small_data, tmp_path):
    shutil.copytree(small_data / 'CIFAR10', tmp_path / 'data [1]')
    assert len(read_cifar10(tmp_path / 'data [1]')[0]) == 120


def test_no_images(tmp_path):
    with pytest.raises(UserError, match='no PNG images'):
        read_cifar10(tmp_path)


def test_the_reports_sizes(real_data, capsys):
    print_size(real_data / 'CIFAR10')
    assert capsys.readouterr().out == \
        '((10000, 28, 28), (10000, 10), (1000, 28, 28), (1000, 10))\n'
