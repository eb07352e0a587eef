"""`scripts/prepare_data.py` from outside: what it prints where, and its exit codes."""

import os
import subprocess
import sys
from pathlib import Path

SCRIPT = Path(__file__).parents[2] / 'scripts' / 'prepare_data.py'


def prepare_data(*options):
    path = os.pathsep.join(filter(None, [str(SCRIPT.parents[1]), os.environ.get('PYTHONPATH')]))
    return subprocess.run([sys.executable, SCRIPT, *map(str, options)], capture_output=True,
                          text=True, env={**os.environ, 'PYTHONPATH': path})


def test_other_pixels_than_the_courses(small_data):
    done = prepare_data('--check', '--data', small_data)
    assert done.returncode == 2
    assert done.stderr.count('\n') == 1 and 'Image00012.png' in done.stderr
    assert 'not those of MNIST' in done.stderr
    assert done.stdout == ''


def test_size(small_data):
    done = prepare_data('--size', '--data', small_data)
    assert (done.returncode, done.stderr) == (0, '')
    assert done.stdout == '((120, 28, 28), (120, 10), (40, 28, 28), (40, 10))\n'


def test_the_real_data(real_data):
    done = prepare_data('--data', real_data)
    assert (done.returncode, done.stderr) == (0, '')
    assert done.stdout.count('digests match') == 2
