"""Runs that blow up: that they stop in time, and that a run which does not is seen."""

import dataclasses

import pytest

from helpers import REPOSITORY
from elec576.errors import Diverged, UserError
from elec576.loops.history import CNN_COLUMNS, History
from elec576.runs.rundir import RunDirectory
from elec576.runs.run import Options, run_rnn
from elec576.torture import nan as trial


@pytest.mark.parametrize('value', [float('nan'), float('inf'), float('-inf')])
def test_a_loss_that_is_no_number_is_recorded_and_told(value):
    history = History(CNN_COLUMNS)
    history.record(3, train_accuracy=0.5)
    with pytest.raises(Diverged, match='train_loss is .* at step 3'):
        history.record(3, train_loss=value)
    assert History.from_csv(history.to_csv()).to_csv() == history.to_csv()
    assert len(history.rows) == 1 and 'train_loss' in history.rows[0]


def test_due():
    settings = trial.CASES['basic cell']  # evaluated every 9 and 6 steps, 40 in all
    assert [trial.due(settings, first) for first in (1, 6, 7, 10, 37)] == [6, 6, 9, 12, 40]


def test_runs_stop(small_data, tmp_path):
    settings = trial.CASES['CNN, printed lines only']  # histograms come with those
    assert trial.stop(settings, tmp_path / 'cnn', str(small_data)) == trial.Stop(10, True)
    settings = trial.CASES['basic cell']
    first = trial.stop(trial.dense(settings), tmp_path / 'dense', str(small_data))
    found = trial.stop(settings, tmp_path / 'run', str(small_data))
    assert first.step >= 1 and found == trial.Stop(trial.due(settings, first.step), True)
    with pytest.raises(UserError, match=f'at step {found.step}'):  # at once, without a session
        run_rnn(settings, tmp_path / 'run', Options(data=str(small_data)), lambda line: None)
    good = dataclasses.replace(settings, lr=1e-3, iterations=50 * 7)
    assert trial.stop(good, tmp_path / 'good', str(small_data)) == trial.Stop(None, False)
    assert not RunDirectory(tmp_path / 'good').failure.exists()


def test_reproducing_and_comparing(small_data, tmp_path):
    assert trial.by_reproduce(tmp_path, str(small_data)).passed
    assert trial.by_compare(tmp_path).passed


@pytest.mark.slow
def test_the_script(small_data, tmp_path):
    assert trial.by_script(tmp_path, REPOSITORY / 'scripts', str(small_data)).passed
