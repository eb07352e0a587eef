"""`step0.csv`: the rows that real runs give, killed, damaged or of other data."""

import dataclasses
import json
import shutil

import pandas as pd
import pytest
from first_steps import make

from elec576.comparison.first_steps import COLUMNS
from elec576.errors import UserError
from elec576.experiments import STEP_0
from elec576.loops.history import History
from elec576.runs.run import Options, run
from elec576.runs.tables import csv_text, read_as_written

SMALL = {name: dataclasses.replace(settings, train_per_class=12, test_per_class=4)
         for name, settings in STEP_0.items()}
TWO = {name: SMALL[name] for name in ('relu', 'tanh, Xavier')}


def row_of_a_run(settings, seed, folder, data):
    """Train accuracy and loss in a real run's row of step 0."""
    settings = dataclasses.replace(settings, seed=seed, threads=1, steps=1)
    run(settings, folder, Options(data=data, progress_bar=False,
                                      keep_checkpoint=False), echo=lambda line: None)
    first = History.read(folder / 'history.csv').rows[0]
    return first['train_accuracy'], first['train_loss']


@pytest.fixture(scope='module')
def made(tmp_path_factory, small_data):
    """The folder of a file of two settings and three seeds."""
    folder = tmp_path_factory.mktemp('made')
    make.make(folder, 3, 1, str(small_data), settings=TWO)
    return folder


@pytest.fixture
def table(made, tmp_path):
    """A copy of the file."""
    return shutil.copytree(made, tmp_path / 'table') / 'step0.csv'


@pytest.mark.slow
def test_rows_are_those_of_real_runs(tmp_path, small_data):
    found = make.make(tmp_path, 2, 1, str(small_data), settings=SMALL)
    assert list(found['settings']) == [name for name in SMALL for _ in range(2)]
    for row in make.read(tmp_path, SMALL).query('seed == 1').itertuples():
        assert (row.train_accuracy, row.train_loss) == row_of_a_run(
            SMALL[row.settings], row.seed, tmp_path / f'{row.Index}', str(small_data))


@pytest.mark.slow
@pytest.mark.parametrize('name', TWO)
def test_rows_are_those_of_real_runs_on_real_data(name, tmp_path, real_data):
    found = make.make(tmp_path, 3, 1, str(real_data), settings={name: STEP_0[name]})
    for row in found.itertuples():
        assert (row.train_accuracy, row.train_loss) == row_of_a_run(
            STEP_0[name], row.seed, tmp_path / f'{row.Index}', str(real_data))


def test_what_is_there_stays_and_the_rest_comes(table, small_data, monkeypatch):
    whole, folder = table.read_bytes(), table.parent
    short = read_as_written(table, COLUMNS).query('seed != 1')
    table.write_text(csv_text(short))
    measured, measure = [], make._measure
    monkeypatch.setattr(make, '_measure', lambda settings, seeds, data: (
        measured.extend(seeds) or measure(settings, seeds, data)))
    counts = []
    make.make(folder, 3, 1, str(small_data), counts.append, TWO)
    assert measured == [1] and counts == [4, 2] and table.read_bytes() == whole
    make.make(folder, 2, 1, str(small_data), counts.append, TWO)
    assert measured == [1] and table.read_bytes() == whole


def test_every_block_is_kept_when_the_next_one_fails(tmp_path, small_data, monkeypatch):
    monkeypatch.setattr(make, 'BLOCK', 1)
    measure = make._measure

    def fail_at_1(settings, seeds, data):
        if seeds == [1]:
            raise KeyboardInterrupt
        return measure(settings, seeds, data)

    monkeypatch.setattr(make, '_measure', fail_at_1)
    with pytest.raises(KeyboardInterrupt):
        make.make(tmp_path, 3, 1, str(small_data), settings=TWO)
    assert list(make.read(tmp_path, TWO)['seed']) == [0, 0]


@pytest.mark.slow
def test_two_processes_give_the_same_bytes(table, tmp_path_factory, small_data, monkeypatch):
    monkeypatch.setattr(make, 'BLOCK', 1)
    folder = tmp_path_factory.mktemp('two')
    make.make(folder, 3, 2, str(small_data), settings=TWO)
    assert (folder / 'step0.csv').read_bytes() == table.read_bytes()


@pytest.mark.parametrize('damage', [
    lambda text: text[:-9],
    lambda text: text[:text.rindex('\n', 0, -1) + 1],
    lambda text: text.replace('0.', 'O.', 1),
    lambda text: text.replace('seed', 'sead'),
    lambda text: text.replace('relu,1,', 'relu,0,'),
    lambda text: text.replace('relu,1,', 'relu,1.0,'),
    lambda text: text.replace('relu,1,', f'relu,{2**64},'),
    lambda text: text.replace('relu', 'relo'),
    lambda text: text + text.splitlines()[-1] + '\n',
    lambda text: text.splitlines()[0] + '\nrelu,0,0.1,nan\n',
    lambda text: text.replace('\n', ',\n'),
    lambda text: '',
    lambda text: '"',
    lambda text: '\0\xff'])
def test_damage_is_refused_in_one_line(damage, table, small_data):
    whole = table.read_text()
    table.write_text(damage(whole), encoding='latin-1')
    assert table.read_text(encoding='latin-1') != whole
    for use in (lambda: make.read(table.parent, TWO),
                lambda: make.make(table.parent, 3, 1, str(small_data), settings=TWO)):
        with pytest.raises(UserError, match=r'step0\.csv: damaged .* remove it and make it again'):
            use()


@pytest.mark.parametrize('name', ['tensorflow', 'dataset', 'settings'])
def test_rows_of_something_else_are_not_mixed(name, table, small_data):
    path = table.with_suffix('.json')
    path.write_text(json.dumps(json.loads(path.read_text()) | {name: {'digest': 'other'}}))
    with pytest.raises(UserError, match='step0.json: made with other settings'):
        make.make(table.parent, 4, 1, str(small_data), settings=TWO)


def test_stand_in_data_is_refused(tmp_path, monkeypatch, script):
    monkeypatch.delenv('ELEC576_DATA', raising=False)
    monkeypatch.setattr('elec576.data.sources.find_folder', lambda name, data: None)
    monkeypatch.setattr('elec576.data.sources._download', lambda name: None)
    code, out, error = script('step0.py', '--results', tmp_path / 'results')
    assert code == 2 and out == '' and error.count('\n') == 1 and 'the real CIFAR-10' in error
    assert not (tmp_path / 'results').exists()


def test_the_command(tmp_path, small_data, script, monkeypatch):
    monkeypatch.setattr(make, 'make', lambda *args: (seen.extend(args), pd.DataFrame())[1])
    seen: list = []
    code, out, error = script('step0.py', '--seeds', 7, '--jobs', 1, '--data', small_data,
                              '--results', tmp_path)
    assert code == 0 and error == '' and seen[:4] == [tmp_path, 7, 1, str(small_data)]
    assert script('step0.py', '--seeds', 0)[0] == 2
