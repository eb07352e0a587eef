"""scripts/bench.py: files written answer by answer, and what it refuses at once."""

import json
import os
import subprocess
import sys
from types import SimpleNamespace

import pytest
from benchmarks import command, document
from benchmarks.rounds import Setup
from benchmarks.worker import WorkerFailed
from helpers import REPOSITORY

from elec576 import listings
from elec576.errors import UserError
from elec576.files import write_json

SETUP = Setup(2).quick()


@pytest.fixture
def questions(monkeypatch):
    """Two questions that measure nothing; the second can be made to fail."""
    fail = []

    def second(setup):
        if fail:
            raise WorkerFailed('ours: died with exit code -9')
        return {}

    found = {'roofline': SimpleNamespace(measure=lambda setup: {'a': 1},
                                         section=lambda numbers: [f'## Answer {numbers["a"]}']),
             'startup': SimpleNamespace(measure=second, section=lambda numbers: ['## Start'])}
    for module in (command, document):
        monkeypatch.setattr(module, 'QUESTIONS', found)
    return fail


def test_answers_are_kept_as_they_come(questions, tmp_path):
    command.measure(('roofline',), SETUP, tmp_path)
    questions.append(True)
    with pytest.raises(WorkerFailed):
        command.measure(('startup', 'roofline'), SETUP, tmp_path)
    assert list(document.read(tmp_path / 'bench.json')) == ['roofline']
    questions.clear()
    command.measure(('startup',), SETUP, tmp_path)
    found = document.read(tmp_path / 'bench.json')
    assert list(found) == ['roofline', 'startup']
    text = (tmp_path / 'SPEED.md').read_text()
    assert text.index('## Answer 1') < text.index('--only roofline') < text.index('## Start')
    assert '**A quick look: too few rounds to quote.**' in text
    assert found['startup']['machine']['processor'] in text and 'tensorflow ' in text


def test_an_older_file_is_one_line_and_is_kept(questions, script, tmp_path):
    older = json.dumps({'listing': {'numbers': {}}})
    (tmp_path / 'bench.json').write_text(older)
    for options in (['--table'], ['--only', 'roofline']):
        code, out, err = script('bench.py', *options, '--results', tmp_path)
        assert (code, out) == (2, '') and 'an older one may have' in err.splitlines()[-1]
        assert (tmp_path / 'bench.json').read_text() == older
    assert not (tmp_path / 'SPEED.md').exists()
    # where everything is measured again, nothing has to be kept
    command.measure(('roofline', 'startup'), SETUP, tmp_path)
    assert list(document.read(tmp_path / 'bench.json')) == ['roofline', 'startup']


def test_a_failure_is_one_line(questions, script, tmp_path):
    questions.append(True)
    code, out, err = script('bench.py', '--quick', '--only', 'startup', '--results', tmp_path)
    assert (code, out) == (2, '')
    assert err.splitlines()[-1].startswith('a measurement failed: ours: died with exit code -9')


def test_the_table_on_a_terminal_that_knows_ascii_only(tmp_path, bench):
    write_json(tmp_path / 'bench.json', {'format': document.FORMAT, **bench})
    done = subprocess.run(
        [sys.executable, REPOSITORY / 'scripts/bench.py', '--table', '--results', tmp_path],
        capture_output=True, env={**os.environ, 'PYTHONIOENCODING': 'ascii', 'LC_ALL': 'C'})
    assert (done.returncode, done.stderr) == (0, b'')
    assert done.stdout.decode('ascii') == document.document(bench)
    assert (tmp_path / 'SPEED.md').read_bytes() == done.stdout


def test_what_cannot_be_done_is_said_at_once(script, tmp_path, monkeypatch):
    code, _, err = script('bench.py', '--table', '--results', tmp_path)
    assert code == 2 and 'no such file; python scripts/bench.py' in err and err.count('\n') == 1
    for content, words in (('{"format": 2, "listing": 3}', 'not what scripts/bench.py writes'),
                           ('[]', 'an older one may have'), ('{', 'not readable as JSON')):
        (tmp_path / 'bench.json').write_text(content)
        code, _, err = script('bench.py', '--table', '--results', tmp_path)
        assert code == 2 and words in err and err.count('\n') == 1
    # where the package is installed without its repository
    monkeypatch.setattr(listings, 'STARTER', tmp_path / 'starter')
    code, out, err = script('bench.py', '--results', tmp_path)
    assert (code, out) == (2, '') and 'there is no listing' in err and err.count('\n') == 1


def test_the_committed_document_is_what_its_numbers_say():
    try:
        found = document.read(REPOSITORY / 'results/bench.json')
    except UserError as error:
        assert 'an older one may have' in str(error)
        pytest.skip('measured before SPEED.md became one page; python scripts/bench.py measures it')
    assert document.document(found) == (REPOSITORY / 'results/SPEED.md').read_text('utf-8')
    assert list(found) == list(document.QUESTIONS)
    assert not any(answer['quick'] for answer in found.values())
