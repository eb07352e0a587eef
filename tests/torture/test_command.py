"""The command: what is kept, what is printed; and the small parts of the other trials."""

import importlib.util
import sys
import types

import pytest

from elec576.errors import UserError
from elec576.loops.history import RNN_COLUMNS, History
from elec576.runs.rundir import RunDirectory, read_json
from elec576.torture import TRIALS, determinism
from elec576.torture.command import kept_table, torture
from elec576.torture.findings import Finding, Orders

ORDERS = Orders(None, 1, 1, 7, None)


@pytest.fixture
def trials(monkeypatch):
    """Trials `nan` and `disk` that find what they are told to."""
    found = {'nan': [Finding('a', 3, 3)], 'disk': [Finding('b', 2, 1, 'why'), Finding('c', 1, 1)]}
    for name in found:
        module = types.ModuleType(name)
        module.trial = lambda orders, name=name: found[name]
        monkeypatch.setitem(sys.modules, f'elec576.torture.{name}', module)
    return found


def test_trials_are_kept_one_by_one_and_printed(trials, tmp_path, capsys):
    out = tmp_path / 'reliability.json'
    assert torture(('nan',), ORDERS, out)
    assert not torture(('disk',), ORDERS, out)
    assert list(read_json(out)) == ['disk', 'nan']  # in the trials' order
    kept = read_json(out)['nan']
    assert kept['findings'] == [{'what': 'a', 'tried': 3, 'held': 3, 'note': ''}]
    assert kept['seed'] == 7 and 'python' in kept['versions']
    printed = capsys.readouterr().out
    assert 'why' in printed
    table, where = kept_table(out).split('\n\n')
    assert [line.split('|')[1].strip() for line in table.splitlines()[2:]] == [
        '**disk**', '**disk**', '**nan**']
    assert 'seed 7: disk 0.0 min on 20' in where and where.count('\n') == 0


def test_something_else_in_the_file_is_refused(tmp_path):
    out = tmp_path / 'reliability.json'
    out.write_text('{"nan": {"findings": [{"what": 1}]}}')
    with pytest.raises(UserError, match='nan: no findings'):
        kept_table(out)
    out.write_text('{"nan": {"findings": [], "versions": {}}}')
    with pytest.raises(UserError, match='nan: no word about where'):
        kept_table(out)


def test_every_trial_has_a_module():
    assert all(importlib.util.find_spec(f'elec576.torture.{name}') for name in TRIALS)


def test_how_far_histories_are_apart(tmp_path):
    runs = [RunDirectory(tmp_path / name) for name in ('one', 'other')]
    for run, last in zip(runs, (1.0, 1.5)):
        history = History(RNN_COLUMNS)
        history.record(1, iteration=1, train_loss=2.0)
        history.record(2, iteration=2, train_loss=last)
        history.write(run.history)
    assert 'from step 2 on (by 0.5 there' in determinism.apart(*runs)
    assert determinism.apart(runs[0], runs[0]) == 'all 2 training losses identical'
