"""Where the loaders look, and when the stand-in steps in."""

import numpy as np
import pytest

from elec576.data import fetch, load_cifar10, load_mnist, load_mnist_images
from elec576.data.cifar10 import read_cifar10_folder
from elec576.data.sources import find_folder
from elec576.errors import UserError


@pytest.fixture(autouse=True)
def empty_world(tmp_path, monkeypatch):
    """An empty working directory, an empty cache, no `ELEC576_DATA`, no network."""
    for name in ('cwd', 'cache', 'named', 'option'):
        (tmp_path / name).mkdir()
    monkeypatch.chdir(tmp_path / 'cwd')
    monkeypatch.delenv('ELEC576_DATA', raising=False)
    monkeypatch.setenv('ELEC576_CACHE', str(tmp_path / 'cache'))
    monkeypatch.setenv('KERAS_HOME', str(tmp_path / 'keras'))
    monkeypatch.setattr(fetch, 'reachable', lambda host: False)


def test_order_of_places(tmp_path, monkeypatch):
    assert find_folder('CIFAR10') is None
    for place in ('cache', 'cwd', 'named', 'option'):
        (tmp_path / place / 'CIFAR10').mkdir()
    assert find_folder('CIFAR10').resolve() == tmp_path / 'cwd/CIFAR10'
    (tmp_path / 'cwd/CIFAR10').rmdir()
    assert find_folder('CIFAR10') == tmp_path / 'cache/CIFAR10'
    monkeypatch.setenv('ELEC576_DATA', str(tmp_path / 'named'))
    assert find_folder('CIFAR10') == tmp_path / 'named/CIFAR10'
    assert find_folder('CIFAR10', str(tmp_path / 'option')) == tmp_path / 'option/CIFAR10'


@pytest.mark.parametrize('load, name', [(load_cifar10, 'CIFAR10'), (load_mnist, 'MNIST_data'),
                                        (load_mnist_images, 'MNIST_data')])
def test_a_named_place_without_the_set_is_an_error(load, name, tmp_path, monkeypatch):
    (tmp_path / 'cache' / name).mkdir()  # must not be used instead
    for folder in ('option', 'no such'):
        with pytest.raises(UserError, match=f'--data .*{folder}: there is no folder {name}'):
            load(data=str(tmp_path / folder))
    monkeypatch.setenv('ELEC576_DATA', str(tmp_path / 'named'))
    with pytest.raises(UserError, match=f'ELEC576_DATA .*named: there is no folder {name}'):
        load()


def test_a_broken_folder_in_the_working_directory_is_an_error(tmp_path):
    (tmp_path / 'cwd/CIFAR10').mkdir()
    with pytest.raises(UserError, match='Image00000.png'):
        load_cifar10()


def test_counts_are_checked_for_the_stand_in_too():
    with pytest.raises(UserError, match='--train-per-class 1001'):
        load_cifar10(1001, 100)


def test_stand_in_says_so(capsys):
    train, test, origin = load_cifar10(20, 5)
    assert origin.stand_in and 'stand-in' in origin.name
    assert train.images.shape == (200, 28, 28, 1) and test.labels.shape == (50, 10)
    error = capsys.readouterr().err
    assert 'no connection to www.cs.toronto.edu' in error and 'stand-in' in error
    assert error.count('\n') == 1


def test_small_folder_of_the_fixture(small_data):
    train, test, origin = load_cifar10(12, 4, str(small_data))
    assert not origin.stand_in
    assert train.images.shape == (120, 28, 28, 1)
    same = read_cifar10_folder(small_data / 'CIFAR10', 12, 4)[0]
    assert np.array_equal(train.images, same.images)
    sets, mnist_origin = load_mnist(str(small_data), np.random.RandomState(0))
    assert [s.num_examples for s in sets] == [300, 5000, 200] and not mnist_origin.stand_in
    images, _, again = load_mnist_images(str(small_data))
    assert images.images.shape == (300, 28, 28, 1) and again == mnist_origin
    # the same images, scaled by the two programs' own rules
    assert np.array_equal((images.images * 255).round().reshape(300, 784),
                          (sets.train.images * 255).round())
