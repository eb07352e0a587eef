"""scripts/torture.py: what is kept, what is printed."""

import json
import re
import runpy
from pathlib import Path

import pytest
from helpers import REPOSITORY


@pytest.fixture
def trials(tmp_path, monkeypatch):
    """Trials `nan` and `disk` of our own in place of the real ones."""
    folder = tmp_path / 'tests' / 'torture'
    folder.mkdir(parents=True)
    (tmp_path / 'scripts').mkdir()
    for path in ('tests/conftest.py', 'tests/helpers.py', 'scripts/torture.py', 'pyproject.toml'):
        (tmp_path / path).write_text((REPOSITORY / path).read_text())
    (folder / 'test_nan.py').write_text(
        'def test_a(finding, trial_options):\n'
        '    finding("a", trial_options.kills, note=str(trial_options))\n'
        'def test_helper():\n'
        '    pass\n')
    (folder / 'test_disk.py').write_text(
        'import pytest\n'
        '@pytest.mark.slow\n'
        'def test_b(finding, trial_options):\n'
        '    assert trial_options.full\n'
        '    finding("b", 2, ["because"], "x")\n'
        'def test_both(record_property):\n'
        '    for what in "cd":\n'
        '        for name, value in (("what", what), ("tried", 1), ("held", 1), ("note", "")):\n'
        '            record_property(name, value)\n'
        '    assert what == "e"\n'
        'def test_never_recorded():\n'
        '    assert 1 == 2\n'
        'def test_cannot_here():\n'
        '    pytest.skip("no emulator")\n')
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr('helpers.REPOSITORY', tmp_path)


def test_trials_are_kept_one_by_one_and_printed(trials, script, trial_options, tmp_path):
    code, printed, said = script('torture.py', '--only', 'nan', '--kills', 3, '--inputs', 4,
                                 '--mutants', 5, '--seed', 7, '--data', 'data', '--pythons', '/one',
                                 'two', '--out', tmp_path / 'reliability.json')
    assert code == 0 and '| **nan** | a | 3 | 3 |' in printed and '2 passed' in said
    code, printed, _ = script('torture.py', '--only', 'disk', '--seed', 7,
                              '--out', tmp_path / 'reliability.json')
    assert code == 1 and '**nan**' not in printed
    kept = json.loads((tmp_path / 'reliability.json').read_text())
    assert list(kept) == ['disk', 'nan']  # in the trials' order
    assert [(found['what'], found['tried'], found['held']) for found in kept['disk']['findings']] \
        == [('b', 2, 1), ('c', 1, 1), ('d', 1, 1), ('test both', 1, 0),
            ('test never recorded', 1, 0), ('test cannot here', 0, 0)]
    notes = [found['note'] for found in kept['disk']['findings']]
    assert notes[0] == 'because; x' and '1 == 2' in notes[4] and notes[5] == 'skipped: no emulator'
    assert kept['nan']['findings'][0]['note'] == str(trial_options._replace(
        kills=3, inputs=4, mutants=5, seed=7, full=True, data=str(tmp_path / 'data'),
        pythons=[Path('/one'), tmp_path / 'two']))
    assert kept['nan']['seed'] == 7 and 'python' in kept['nan']['versions']

    code, printed, _ = script('torture.py', '--table', '--out', tmp_path / 'reliability.json')
    assert code == 0 and (tmp_path / 'RELIABILITY.md').read_text().endswith(printed)
    assert printed.startswith('**6 of 9 attempts held**: disk 3 of 6, nan 3 of 3.\n')
    assert re.search(r'seed 7: disk \d+\.\d min', printed.splitlines()[-1])
    (tmp_path / 'reliability.json').write_text(json.dumps({**kept, 'mutants': kept['disk']}))
    code, printed, _ = script('torture.py', '--table', '--out', tmp_path / 'reliability.json')
    assert printed.startswith(
        '**6 of 9 attempts held**: disk 3 of 6, nan 3 of 3. Of 6 changes of the code in 6 of its '
        'rooms, tests notice 3.\n')


@pytest.mark.parametrize('content, words', [
    ('{"nan": {"findings": [{"what": 1}]}}', 'nan: no findings'),
    ('{"nan": {"findings": [{"what": 1, "tried": "x", "held": 1, "note": ""}]}}', 'no numbers'),
    ('{"nan": {"findings": [], "versions": {}}}', 'nan: where it was run is not recorded')])
def test_something_else_in_the_file_is_refused(content, words, script, tmp_path):
    out = tmp_path / 'reliability.json'
    out.write_text(content)
    code, printed, said = script('torture.py', '--table', '--out', out)
    assert (code, printed) == (2, '') and said.count('\n') == 1 and words in said


def test_the_document_is_what_the_results_say():
    torture = runpy.run_path(str(REPOSITORY / 'scripts' / 'torture.py'))
    results = json.loads((REPOSITORY / 'results' / 'reliability.json').read_text())
    assert (REPOSITORY / 'results' / 'RELIABILITY.md').read_text(encoding='utf-8') == (
        f'{torture["HEAD"]}\n\n{torture["document"](results)}\n')


def test_every_trial_has_a_file():
    trials = runpy.run_path(str(REPOSITORY / 'scripts' / 'torture.py'))['TRIALS']
    files = {path.stem for path in (REPOSITORY / 'tests' / 'torture').glob('test_*.py')}
    assert files == {'test_torture_script', *(f'test_{name}' for name in trials)}
