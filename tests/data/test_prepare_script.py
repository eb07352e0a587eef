"""`scripts/prepare_data.py` from outside: what it prints where, and its exit codes."""


def test_other_pixels_than_the_courses(script, small_data):
    code, out, error = script('prepare_data.py', '--check', '--data', small_data)
    assert code == 2
    assert error.count('\n') == 1 and 'Image00012.png' in error
    assert 'not those of MNIST' in error
    assert out == ''


def test_size(script, small_data):
    assert script('prepare_data.py', '--size', '--data', small_data) == (
        0, '((120, 28, 28), (120, 10), (40, 28, 28), (40, 10))\n', '')


def test_the_real_data(script, real_data):
    code, out, error = script('prepare_data.py', '--data', real_data)
    assert (code, error) == (0, '')
    assert out.count('digests match') == 2
