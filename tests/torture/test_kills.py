"""The trial `kills`: that it kills, resumes, and sees a difference when there is one."""

import json
import os
import shutil
import sys
import time
from random import Random

import numpy as np
import pytest

from helpers import REPOSITORY
from elec576.errors import UserError
from elec576.files import UNFINISHED
from elec576.loops.history import RNN_COLUMNS, History
from elec576.runs.rundir import RunDirectory
from elec576.runs.run import Options, run_rnn
from elec576.settings import RnnSettings
from elec576.torture import kills as trial
from elec576.torture.sitting import Failed, Moment, moments, sit

SETTINGS = RnnSettings(hidden=5, iterations=50 * 10, eval_every=4, threads=1)
FILES = ('config.json', 'history.csv')


@pytest.fixture(scope='module')
def runs(small_data, tmp_path_factory):
    """Two equal runs."""
    folder = tmp_path_factory.mktemp('runs')
    for name in ('one', 'other'):
        run_rnn(SETTINGS, folder / name, Options(data=str(small_data), pictures=False),
                lambda line: None)
    return folder


@pytest.fixture
def pair(runs, tmp_path):
    shutil.copytree(runs, tmp_path / 'runs')
    return tuple(RunDirectory(tmp_path / 'runs' / name) for name in ('one', 'other'))


def test_equal_runs(pair):
    assert trial.differences(*pair, FILES) == []
    assert trial._records_lost(*pair) == 0
    assert trial.begins(*pair)


def test_a_lost_and_a_changed_record_are_seen(pair):
    run, whole = pair
    lines = run.history.read_text().splitlines(keepends=True)
    run.history.write_text(''.join(lines[:2] + lines[3:]))
    assert trial.differences(run, whole, FILES) == ['history.csv']
    assert trial._records_lost(run, whole) == 1
    assert not trial.begins(run, whole)
    run.history.write_text(''.join(lines[:-1]))
    assert trial._records_lost(run, whole) == 1
    assert trial.begins(run, whole)  # as in the middle of a run
    changed = History(RNN_COLUMNS, History.read(whole.history).rows)
    changed.rows[0]['test_loss'] = float(np.nextafter(changed.rows[0]['test_loss'], 1))
    changed.write(run.history)
    assert trial._records_lost(run, whole) == 1
    run.history.write_text(''.join(lines)[:-9])
    assert not trial.begins(run, whole)


def test_only_the_end_of_a_run_may_still_add_to_a_row(pair):
    run, whole = pair
    partial = History.read(whole.history)
    del partial.rows[-1]['test_loss']
    partial.write(run.history)
    assert trial.begins(run, whole)
    partial.rows.append({'step': partial.rows[-1]['step'] + 1})
    partial.write(run.history)
    assert not trial.begins(run, whole)
    partial.rows = History.read(whole.history).rows
    del partial.rows[0]['test_loss']
    partial.write(run.history)
    assert not trial.begins(run, whole)


def test_another_variable_and_another_result_are_seen(pair, runs, small_data):
    run, whole = pair
    other = runs.parent / 'seed1'
    run_rnn(RnnSettings(**{**vars(SETTINGS), 'seed': 1}), other,
            Options(data=str(small_data), pictures=False), lambda line: None)
    shutil.rmtree(run.checkpoints)
    shutil.copytree(other / 'checkpoint', run.checkpoints)
    found = trial.differences(run, whole, FILES)
    assert 'Variable' in found and any('RMSProp' in name for name in found)
    metrics = json.loads(run.metrics.read_text())
    metrics['test_loss'] = float(np.nextafter(metrics['test_loss'], 1))
    run.metrics.write_text(json.dumps(metrics))
    assert 'test_loss' in trial.differences(run, whole, FILES)


def python(code):
    return [sys.executable, '-c', code]


def test_a_sitting_is_killed_at_its_moment(tmp_path):
    run = RunDirectory(tmp_path)
    unfinished = run.checkpoints / (UNFINISHED + 'step-00000001')
    code = f'import os, time; os.makedirs({str(unfinished)!r}); time.sleep(60)'
    moment = Moment('some', unfinished.exists, 0.05)
    death = sit(python(code), tmp_path / 'log', run, moment)
    assert death.moment == 'some' and death.within_checkpoint and not death.within_history
    assert 0.05 <= death.seconds < 60


def test_a_sitting_that_ends_before(tmp_path):
    run = RunDirectory(tmp_path)
    never = Moment('never', lambda: False, 0)
    assert sit(python('print(1)'), tmp_path / 'log', run, never) is None
    assert sit(python('print(1)'), tmp_path / 'log', run, None) is None
    with pytest.raises(Failed, match='exit code 3'):
        sit(python('raise SystemExit(3)'), tmp_path / 'log', run, never)
    with pytest.raises(Failed, match='exit code -9'):  # killed, but not by us
        sit(python('import os; os.kill(os.getpid(), 9)'), tmp_path / 'log', run, None)


def test_moments_are_of_all_kinds_and_wait_for_what_they_say(tmp_path):
    run = RunDirectory(tmp_path)
    run.checkpoints.mkdir()
    (run.checkpoints / 'step-00000001').mkdir()  # there before: nobody's moment
    rng = Random(0)
    found = [moments(run, 99, 5.0, rng) for _ in range(200)]
    assert {moment.name for moment in found} == {'any time', 'checkpoint', 'after a checkpoint',
                                                 'history', 'end'}
    assert all(0 <= moment.seconds_later <= 5 for moment in found)

    def reached():
        return {moment.name for moment in found if moment.reached()}

    assert reached() == {'any time'}
    for number in range(2, 15):
        (run.checkpoints / f'{UNFINISHED}step-{number:08d}').mkdir()
        reached()  # looks, as often as something comes up
        os.rename(run.checkpoints / f'{UNFINISHED}step-{number:08d}',
                  run.checkpoints / f'step-{number:08d}')
        (run.checkpoints / f'step-{number - 1:08d}').rmdir()
    assert reached() == {'any time', 'checkpoint', 'after a checkpoint'}
    (run.path / f'{UNFINISHED}history.csv-1').write_text('')
    assert reached() == {'any time', 'checkpoint', 'after a checkpoint', 'history'}
    (run.checkpoints / 'step-00000099').mkdir()
    assert 'end' in reached()


def test_a_script_that_fails_is_told(small_data, tmp_path, monkeypatch):
    (tmp_path / 'run_rnn.py').write_text('raise SystemExit(1)')
    monkeypatch.setattr(trial.tempfile, 'mkdtemp', lambda prefix: str(tmp_path))
    with pytest.raises(UserError, match='exit code 1'):
        trial.kills(tmp_path, 1, str(small_data), 0,
                    {'rnn': trial.Program('run_rnn.py', SETTINGS, FILES)})


@pytest.mark.slow
def test_two_kills(small_data):
    programs = {
        'cnn': trial.Program('run_cnn.py', trial.CnnSettings(
            steps=60, train_per_class=12, test_per_class=4, threads=1), FILES),
        'rnn': trial.Program('run_rnn.py', RnnSettings(
            hidden=8, iterations=50 * 300, threads=1), FILES)}
    began = time.time()
    found = trial.kills(REPOSITORY / 'scripts', 2, str(small_data), int(began), programs)
    assert found.kills == 2 and 1 <= found.runs_equal == found.runs
    assert (found.records_lost, found.histories_damaged, found.passed) == (0, 0, True)
