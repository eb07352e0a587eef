"""`scripts/readings.py`: the programs of `elec576.claims.readings`, and the table of their runs."""

import dataclasses
import sys

import numpy as np
import pandas as pd
import pytest
import readings as script

from elec576.claims import readings
from elec576.comparison.readings import COLUMNS, read
from elec576.errors import UserError
from elec576.graphs.lenet5 import build_lenet5, lenet5_session
from elec576.loops import cnn
from elec576.loops.history import CNN_COLUMNS, History

SMALL = {'train_per_class': 9, 'test_per_class': 3, 'steps': 6, 'batch_size': 20, 'eval_every': 1}


@pytest.fixture
def small(monkeypatch, small_data):
    """All readings in small, on small data; returns what makes the run of one."""
    monkeypatch.setattr(script, 'ISA', 'avx2')  # this process's
    for name, reading in readings.READINGS.items():
        monkeypatch.setitem(readings.READINGS, name, dataclasses.replace(
            reading, settings=dataclasses.replace(reading.settings, **SMALL)))
    return lambda name: script.make(name, 3, small_data)


def records(rows):
    return rows[list(CNN_COLUMNS)].replace({np.nan: None}).to_dict('records')


def as_listed(name: str, data: str, **other) -> History:
    """What the package's own loop gives for a reading's settings."""
    settings = dataclasses.replace(script.settings_of(readings.READINGS[name], 3), **other)
    net, history = build_lenet5(settings), History(CNN_COLUMNS)
    inputs = cnn.load(settings, data)
    with lenet5_session(net, settings.threads) as sess:
        sess.run(net.initializer)
        for _ in cnn.train_cnn(net, sess, inputs, settings, history, lambda line: None):
            pass
        accuracy, loss, _ = cnn.evaluate(net, sess, inputs.test)
        history.record(settings.steps, test_accuracy=accuracy, test_loss=loss)
    return history


@pytest.mark.parametrize('name', ['evaluated-without-dropout', 'lr-2e-3', 'batch-100'])
def test_a_setting_alone_gives_the_bits_of_the_package(name, small, small_data):
    rows = small(name)
    assert tuple(rows.columns) == COLUMNS and set(rows['reading']) == {name}
    assert records(rows) == records(pd.DataFrame(as_listed(name, small_data).rows))


@pytest.mark.parametrize('name, step_0_is_as_listed', [
    ('epochs', True), ('conv1-relu', False), ('conv2-relu', False), ('two-updates', True),
    ('after-the-update', False), ('cell-run-twice', False)])
def test_a_change_of_the_listing_changes_the_log(name, step_0_is_as_listed, small, small_data):
    changed, listed = small(name)['train_loss'], as_listed(name, small_data).column('train_loss')[1]
    assert (changed[0] == listed[0]) == step_0_is_as_listed
    assert all(one != other for one, other in zip(changed[1:], listed[1:]))


def test_a_cell_run_twice_is_one_long_run(small, small_data):
    """Its second log goes on with weights, batches and masks."""
    steps = SMALL['steps']
    longer = pd.DataFrame(as_listed('cell-run-twice', small_data, steps=2 * steps).rows)
    later = longer[longer['step'] >= steps]
    assert records(small('cell-run-twice')) == records(later.assign(step=later['step'] - steps))


def test_a_mixed_network_lies_where_its_layers_say(small, monkeypatch):
    """relu then tanh at the settings of each alone is neither of them, whatever `act` says."""
    values = {name: small(name)['train_loss'][0] for name in ('conv1-relu', 'conv2-relu')}
    reading = readings.READINGS['conv1-relu']
    for act in ('relu', 'tanh'):
        monkeypatch.setitem(readings.READINGS, act, dataclasses.replace(
            reading, change='', settings=dataclasses.replace(reading.settings, act=act)))
        values[act] = small(act)['train_loss'][0]
    assert len(set(values.values())) == 4


def test_epochs_use_every_image_once():
    batches = script.EpochShuffler(20, 5, seed=1)
    for _ in range(3):
        assert sorted(np.concatenate([batches.next_batch() for _ in range(4)])) == list(range(20))


def test_every_reading_differs_from_what_is_listed_and_from_the_others():
    programs = {(reading.settings, reading.change) for reading in readings.READINGS.values()}
    assert len(programs) == len(readings.READINGS)
    assert {name for names in readings.TRIED.values() for name in names} == set(readings.READINGS)


def test_each_run_is_made_once(monkeypatch, tmp_path):
    def make(name, seed, data):
        made.append((name, seed))
        return pd.DataFrame([(name, seed, 0, 0.1, 2.0, 0.1, 2.0)], columns=COLUMNS)

    def run(only):
        monkeypatch.setattr(sys, 'argv', ['readings.py', '--only', only, '--seeds', '2', '--jobs',
                                          '1', '--results', str(tmp_path)])
        return script.main()

    made = []
    monkeypatch.setattr(script, 'make', make)
    monkeypatch.setattr(script, 'origin', lambda data: {})
    assert run('epochs, epochs') == run('rmsprop,epochs') == 0
    assert made == [('epochs', 200), ('epochs', 201), ('rmsprop', 200), ('rmsprop', 201)]
    assert len(read(tmp_path)) == 4
    with pytest.raises(UserError, match='--only : not a reading; choose among'):
        run('')


def test_no_table_is_no_rows(tmp_path):
    assert read(tmp_path).empty
