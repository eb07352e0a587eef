"""scripts/bench.py: files written item by item, and what it refuses at once."""

import json
import os
import shutil
import subprocess
import sys

import pytest
from benchmarks import command
from benchmarks.measure import QUICK
from benchmarks.worker import WorkerFailed
from helpers import REPOSITORY

from elec576 import listings


@pytest.fixture
def items(monkeypatch):
    """Two items that measure nothing; the second can be made to fail."""
    fail = []

    def second(effort, cores, tf115):
        if fail:
            raise WorkerFailed('ours: died with exit code -9')
        return {}

    monkeypatch.setattr(command, 'ITEMS', {'isa': second, 'jobs': lambda *asked: {}})
    return fail


def test_items_are_kept_as_they_come(items, tmp_path):
    command.measure(('jobs',), QUICK, tmp_path, None)
    items.append(True)
    with pytest.raises(WorkerFailed):
        command.measure(('isa', 'jobs'), QUICK, tmp_path, None)
    assert list(json.loads((tmp_path / 'bench.json').read_text())) == ['jobs']
    items.clear()
    command.measure(('isa',), QUICK, tmp_path, None)
    found = json.loads((tmp_path / 'bench.json').read_text())
    assert list(found) == ['isa', 'jobs'] and found['isa']['isa'] == 'avx2'
    text = (tmp_path / 'SPEED.md').read_text()
    assert '- isa (0.0 min), jobs (0.0 min): ' in text and 'A quick look' in text


def test_a_failure_is_one_line(items, script, tmp_path):
    items.append(True)
    code, out, err = script('bench.py', '--quick', '--only', 'isa', '--results', tmp_path)
    assert (code, out) == (2, '')
    assert err.splitlines()[-1].startswith('a measurement failed: ours: died with exit code -9')


def test_the_table_on_a_terminal_that_knows_ascii_only(tmp_path):
    shutil.copy(REPOSITORY / 'results/bench.json', tmp_path)
    done = subprocess.run(
        [sys.executable, REPOSITORY / 'scripts/bench.py', '--table', '--results', tmp_path],
        capture_output=True, env={**os.environ, 'PYTHONIOENCODING': 'ascii', 'LC_ALL': 'C'})
    assert (done.returncode, done.stderr) == (0, b'')
    assert done.stdout == (REPOSITORY / 'results/SPEED.md').read_bytes()
    assert (tmp_path / 'SPEED.md').read_bytes() == done.stdout


def test_what_cannot_be_done_is_said_at_once(script, tmp_path, monkeypatch):
    code, _, err = script('bench.py', '--table', '--results', tmp_path)
    assert code == 2 and 'no such file' in err and err.count('\n') == 1
    (tmp_path / 'bench.json').write_text('{"listing": 3}')
    code, _, err = script('bench.py', '--table', '--results', tmp_path)
    assert code == 2 and 'not what scripts/bench.py writes' in err and err.count('\n') == 1
    # where the package is installed without its repository
    monkeypatch.setattr(listings, 'STARTER', tmp_path / 'starter')
    code, out, err = script('bench.py', '--results', tmp_path)
    assert (code, out) == (2, '') and 'there is no listing' in err and err.count('\n') == 1
