"""The history: exact floats, absent cells, and files that are not a history."""

import math

import numpy as np
import pytest

from elec576.errors import Diverged, UserError
from elec576.loops.history import CNN_COLUMNS, RNN_COLUMNS, History


@pytest.fixture
def history():
    history = History(RNN_COLUMNS)
    rng = np.random.RandomState(1)
    for step in range(10, 60, 10):
        loss = np.float32(np.exp(rng.uniform(-60, 60)))  # all magnitudes
        history.record(step, iteration=np.int64(50 * step), train_accuracy=np.float32(1 / 3),
                       train_loss=loss)
    history.record(50, test_accuracy=0.1 + 0.2, test_loss=5e-324)
    with pytest.raises(Diverged, match='test_loss is inf at step 55'):
        history.record(55, test_loss=math.inf)
    return history


def test_floats_round_trip_exactly(history, tmp_path):
    history.write(tmp_path / 'history.csv')
    again = History.read(tmp_path / 'history.csv')
    assert (again.columns, again.rows) == (history.columns, history.rows)
    assert again.rows[0]['train_accuracy'] == float(np.float32(1 / 3))
    assert type(again.rows[0]['iteration']) is int
    again.write(tmp_path / 'again.csv')
    assert (tmp_path / 'again.csv').read_bytes() == (tmp_path / 'history.csv').read_bytes()


def test_what_was_not_measured_is_an_empty_cell(history):
    lines = history.to_csv().splitlines()
    assert lines[0] == 'step,iteration,train_accuracy,train_loss,test_accuracy,test_loss'
    assert lines[1].startswith('10,500,') and lines[1].endswith(',,')
    assert lines[-1] == '55,,,,,inf'
    assert history.column('test_accuracy') == ([50], [0.1 + 0.2])


def test_a_step_has_one_row(history):
    rows = len(history.rows)
    history.record(55, train_loss=1)
    assert len(history.rows) == rows
    assert history.rows[-1] == {'step': 55, 'test_loss': math.inf, 'train_loss': 1.0}
    history.record(56)
    assert len(history.rows) == rows + 1


def test_nan_is_kept(tmp_path):
    history = History(CNN_COLUMNS)
    with pytest.raises(Diverged, match='train_loss is nan at step 0'):
        history.record(0, train_loss=math.nan)
    again = History.from_csv(history.to_csv())
    assert math.isnan(again.rows[0]['train_loss'])


@pytest.mark.parametrize('text', [
    '', 'step,loss\n1,2\n', 'step,train_accuracy,train_loss,test_accuracy,test_loss\n,1,1,1,1\n',
    'step,train_accuracy,train_loss,test_accuracy,test_loss\n1,a,,,\n',
    'step,train_accuracy,train_loss,test_accuracy,test_loss\n1.5,,,,\n',
    'step,train_accuracy,train_loss,test_accuracy,test_loss\n1,0.5\n',
    'step,train_accuracy,train_loss,test_accuracy,test_loss\n1,,,,,7\n',
    'step,train_accuracy,train_loss,test_accuracy,test_loss\n1,"0.5,,,\n',
    'step,train_accuracy,train_loss,test_accuracy,test_loss\n1,1_0,,,\n',
    'step,train_accuracy,train_loss,test_accuracy,test_loss\n1,0.50,,,',
    '\x00\x00\x00', b'\xff\xfe\xff',
])
def test_damaged_files(text, tmp_path):
    path = tmp_path / 'history.csv'
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(UserError, match='not a readable history') as error:
        History.read(path)
    assert str(path) in str(error.value)


def test_missing_file(tmp_path):
    with pytest.raises(UserError, match='not a readable history'):
        History.read(tmp_path / 'history.csv')
