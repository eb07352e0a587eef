"""Where the loaders look, and when the stand-in steps in."""

import importlib
import shutil

import numpy as np
import pytest

from elec576.data import (
    DataOrigin,
    fetch,
    load_cifar10,
    load_mnist,
    load_mnist_images,
    notice,
    standin,
)
from elec576.data.cache import cache_folder
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


def with_set(root, name, small_data):
    """``root``, which now is a folder of the set ``name``."""
    shutil.copytree(small_data / name, root, dirs_exist_ok=True)
    return root


@pytest.mark.parametrize('name, inner', [
    ('CIFAR10', 'CIFAR10/CIFAR10'), ('CIFAR10', 'cifar10'), ('CIFAR10', 'Cifar10/CIFAR10/cifar10'),
    ('MNIST_data', 'MNIST_data/MNIST_data'), ('MNIST_data', 'mnist_data'),
    ('MNIST_data', 'MNIST/raw'), ('MNIST_data', 'MNIST'), ('MNIST_data', 'MNIST_data/MNIST/raw')])
@pytest.mark.parametrize('place', ['option', 'named', 'cwd', 'cache'])
def test_a_set_a_level_off_or_spelled_otherwise(name, inner, place, tmp_path, monkeypatch,
                                                small_data):
    folder = with_set(tmp_path / place / inner, name, small_data)
    (tmp_path / place / '__MACOSX' / name).mkdir(parents=True)
    if place == 'named':
        monkeypatch.setenv('ELEC576_DATA', str(tmp_path / 'named'))
    data = str(tmp_path / 'option') if place == 'option' else None
    assert find_folder(name, data).resolve() == folder
    (tmp_path / place / name).mkdir(exist_ok=True)  # an empty one does not hide it
    assert find_folder(name, data).resolve() == folder


@pytest.mark.parametrize('name, inner', [
    ('CIFAR10', ''), ('MNIST_data', ''), ('MNIST_data', 'raw')])
def test_the_named_folder_may_be_the_set(name, inner, tmp_path, small_data, monkeypatch):
    folder = with_set(tmp_path / 'option/any name' / inner, name, small_data)
    assert find_folder(name, str(tmp_path / 'option/any name')) == folder
    monkeypatch.chdir(tmp_path / 'option/any name')
    if not inner:  # but a working directory that nobody named is none: its Train/ may be anything
        assert find_folder(name) is None


def test_what_is_called_so_comes_before_what_may_be_meant(tmp_path, small_data):
    for inner in ('MNIST/raw', 'mnist_data', 'MNIST_data'):
        expected = with_set(tmp_path / 'option' / inner, 'MNIST_data', small_data)
    assert find_folder('MNIST_data', str(tmp_path / 'option')) == expected


@pytest.mark.parametrize('named, files, advice', [
    ('', ['data/CIFAR10/Train/0/Image00000.png'], 'but {0}/data/CIFAR10 is one: name {0}/data'),
    ('CIFAR10/Train', ['CIFAR10/Train/0/Image00000.png'],
     'but {0}/CIFAR10 is one: name {0}/CIFAR10'),
    ('CIFAR10/Train/0', ['CIFAR10/Train/0/Image00000.png'],
     'but {0}/CIFAR10 is one: name {0}/CIFAR10'),
    ('MNIST_data', ['MNIST_data/x', 'CIFAR10/Train/0/Image00000.png'],
     'but {0}/CIFAR10 is one: name {0}'),
    ('', ['cifar10.ZIP'], 'but cifar10.ZIP is: unpack it'),
    ('', ['notes.txt', '.DS_Store'], 'it holds notes.txt; correct the path or drop it'),
    ('', [], 'it is empty; correct the path or drop it'),
    ('nowhere', [], 'it is no folder; correct the path or drop it')])
def test_what_is_nearby_is_said(named, files, advice, tmp_path):
    root = tmp_path / 'option'
    for file in files:
        (root / file).parent.mkdir(parents=True, exist_ok=True)
        (root / file).touch()
    with pytest.raises(UserError) as error:
        find_folder('CIFAR10', str(root / named))
    assert str(error.value).endswith(
        f'there is no folder CIFAR10 in it; {advice.format(root)}')


def test_a_relative_name_is_said_with_where_it_is_seen_from(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UserError) as error:
        find_folder('CIFAR10', 'nowhere')
    assert f'it is no folder (seen from {tmp_path}); correct' in str(error.value)


@pytest.mark.parametrize('option', [True, False])
@pytest.mark.parametrize('name, do', [
    ('CIFAR10.zip', 'unpack it, and name the folder that comes of it'),
    ('data.TAR.GZ', 'unpack it, and name the folder that comes of it'),
    ('train-images-idx3-ubyte.gz', 'name the folder that it is in')])
def test_a_file_is_no_folder(name, do, option, tmp_path, monkeypatch):
    path = tmp_path / name
    path.touch()
    if not option:
        monkeypatch.setenv('ELEC576_DATA', str(path))
    with pytest.raises(UserError, match=f'{name}: is a file, not a folder; {do}$'):
        find_folder('CIFAR10', str(path) if option else None)


def test_home_is_expanded(tmp_path, monkeypatch, small_data):
    monkeypatch.setenv('HOME', str(tmp_path))
    monkeypatch.setenv('USERPROFILE', str(tmp_path))
    folder = with_set(tmp_path / 'named/CIFAR10', 'CIFAR10', small_data)
    monkeypatch.setenv('ELEC576_DATA', '~/named')
    assert find_folder('CIFAR10') == folder


def test_places_that_cannot_be_listed_are_passed_over(tmp_path, monkeypatch):
    def refuse(path):
        raise PermissionError(13, 'Permission denied', path)

    monkeypatch.setattr('os.listdir', refuse)
    assert find_folder('CIFAR10') is None and find_folder('MNIST_data') is None


@pytest.mark.parametrize('name, platform, variables, folder', [
    ('own', 'any', {'ELEC576_CACHE': 'a b/ü', 'XDG_CACHE_HOME': 'x'}, 'a b/ü'),
    ('xdg', 'any', {'XDG_CACHE_HOME': 'x'}, 'x/elec576'),
    ('unix', 'unix.Unix', {}, 'home/.cache/elec576'),
    ('macos', 'macos.MacOS', {}, 'home/Library/Caches/elec576')])
def test_cache_folder(name, platform, variables, folder, tmp_path, monkeypatch):
    import platformdirs

    for variable in ('ELEC576_CACHE', 'XDG_CACHE_HOME'):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setenv('HOME', str(tmp_path / 'home'))
    for variable, value in variables.items():
        monkeypatch.setenv(variable, str(tmp_path / value))
    if platform != 'any':
        module, system = platform.split('.')
        monkeypatch.setattr(platformdirs, 'PlatformDirs', getattr(
            importlib.import_module(f'platformdirs.{module}'), system))
    assert cache_folder() == tmp_path / folder


def test_notices():
    assert notice(DataOrigin('course CIFAR-10', 'd')) is None
    assert notice(DataOrigin('MNIST', 'd')) is None
    assert notice(DataOrigin('x', 'd', stand_in=True)) == standin.NOTICE
    for name in ('CIFAR-10 folder (incomplete, not verified)',
                 "CIFAR-10 folder (not the course's pixels)",
                 'MNIST folder (not the original contents)'):
        said = notice(DataOrigin(name, 'd'))
        assert name in said and 'not known to be the report\'s images' in said


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
    pixels, _, again = load_mnist_images(str(small_data))
    images = pixels[:]
    assert images.images.shape == (300, 28, 28, 1) and again == mnist_origin
    # the same images, scaled by the two programs' own rules
    assert np.array_equal((images.images * 255).round().reshape(300, 784),
                          (sets.train.images * 255).round())
