"""`scripts/prepare_data.py` from outside: what it prints where, and its exit codes."""

import shutil


def test_other_pixels_than_the_courses(script, small_data):
    code, out, error = script('prepare_data.py', '--check', '--data', small_data)
    assert code == 2
    assert error.count('\n') == 1 and 'Image00012.png' in error
    assert 'not those of MNIST' in error
    assert out == ''


def test_checking_says_what_is_nearby(script, small_data, tmp_path):
    shutil.copytree(small_data / 'CIFAR10', tmp_path / 'data/CIFAR10')
    code, _, error = script('prepare_data.py', '--check', '--data', tmp_path)
    assert code == 2 and error.count('\n') == 1
    assert f'CIFAR10 is one: name {tmp_path / "data"}; ' in error
    assert 'there is no folder MNIST_data in it; it holds data' in error


def test_size(script, small_data):
    assert script('prepare_data.py', '--size', '--data', small_data) == (
        0, '((120, 28, 28), (120, 10), (40, 28, 28), (40, 10))\n', '')


def test_the_real_data(script, real_data):
    code, out, error = script('prepare_data.py', '--data', real_data)
    assert (code, error) == (0, '')
    assert out.count('digests match') == 2
