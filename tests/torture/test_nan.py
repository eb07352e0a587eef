"""Trial `nan`: learning rates that make a run diverge, and what happens to such a run.

The step at which the loss first is NaN or infinite is found by a run that evaluates at every step;
evaluating changes no computed number, so a run that evaluates seldom must stop at its first
evaluation from there on.
"""

import dataclasses
import math

import pytest
from commands import command, command_of
from helpers import call

from elec576 import experiments
from elec576.claims.plan import FIRST_SEED
from elec576.errors import Diverged
from elec576.loops.history import CNN_COLUMNS, History
from elec576.runs import many
from elec576.runs.rundir import RunDirectory, read_json
from elec576.runs.tables import folder_of, read_table
from elec576.settings import CnnSettings, RnnSettings

CNN = CnnSettings(steps=40, train_per_class=12, test_per_class=4, eval_every=7, log_every=10,
                  optimizer='sgd', lr=1e30, threads=1)
RNN = RnnSettings(hidden=8, iterations=50 * 41, eval_every=9, display_step=6, lr=1e37, threads=1)
CASES = {
    'CNN, gradient descent': CNN,
    'CNN, printed lines only': dataclasses.replace(CNN, eval_every=0),
    'CNN, evaluated at its end only': dataclasses.replace(CNN, eval_every=0, log_every=0),
    'CNN, momentum': dataclasses.replace(CNN, optimizer='momentum', lr=1e20),
    'basic cell': RNN,
    'LSTM, gradient descent': dataclasses.replace(RNN, cell='lstm', optimizer='sgd', lr=1e38),
    'GRU, on the test set only': dataclasses.replace(RNN, cell='gru', display_step=1000)}
FEW = ('CNN, printed lines only', 'basic cell')  # when the trial is small


def stopped_at(settings, out, data) -> int | None:
    """The step at which a run stopped, having left behind all that it should; None if it ended."""
    run, words = RunDirectory(out), command_of(settings, out, data)
    done = call(words)
    if done.code == 0:
        assert not run.failure.exists()
        return None
    *before, last = History.read(run.history).rows
    assert done.refused(f'at step {last["step"]}', '--lr')
    assert not all(map(math.isfinite, last.values()))
    assert all(math.isfinite(value) for row in before for value in row.values())
    assert not run.metrics.exists() and read_json(run.failure)['step'] == last['step']
    again = call(words)  # at once, without a session: no line of the report is printed
    first_line = done.stdout.splitlines()[0]  # the images are not the report's
    assert again.refused() and again.stderr == done.stderr
    assert set(again.stdout.splitlines()) == {first_line} and first_line.startswith('***')
    return last['step']


def evaluated_every(settings) -> tuple[str, str]:
    """The settings that say when a loss is computed."""
    return 'eval_every', 'log_every' if isinstance(settings, CnnSettings) else 'display_step'


def due(settings, first: int) -> int:
    """The first step from ``first`` on at which ``settings`` evaluates."""
    every = [getattr(settings, name) for name in evaluated_every(settings)]
    return next((step for step in range(first, settings.steps)
                 if any(each and step % each == 0 for each in every)), settings.steps)


@pytest.mark.slow
def test_runs_stop(trial_options, finding, small_data, tmp_path):
    failed, said = [], []
    cases = CASES if trial_options.full else {name: CASES[name] for name in FEW}
    for name, settings in cases.items():
        dense = dataclasses.replace(settings, **dict.fromkeys(evaluated_every(settings), 1))
        place = tmp_path / name.replace(' ', '-')
        first = stopped_at(dense, place / 'dense', small_data)
        found = stopped_at(settings, place / 'run', small_data)
        said.append(f'{name}: first at step {first}, stopped at {found}')
        if first is None or found != due(settings, first):
            failed.append(f'not: {name}')
    finding('runs that blow up stop at their next evaluation, say at which step in one line, keep '
            'their history; the same at once when run again', len(cases), failed, '; '.join(said))


@pytest.mark.slow
def test_reproduce(finding, small_data, tmp_path, monkeypatch):
    for name, lr in (('rnn-a', RNN.lr), ('rnn-b', 1e-3)):
        monkeypatch.setitem(experiments.EXPERIMENTS, name, dataclasses.replace(RNN, lr=lr))
    words = command('reproduce.py', '--only', 'rnn-a,rnn-b', '--jobs', 1, '--data', small_data,
                    '--results', tmp_path)
    done, again = call(words), call(words)
    bad, good = many.plan('rnn-a,rnn-b', [FIRST_SEED])
    held = {'it fails': done.code == 1 and f'{bad} failed: ' in done.stderr
            and 'at step ' in done.stderr,
            'the others go on': read_table(
                folder_of(tmp_path, good.experiment)).seeds == [good.seed],
            'it fails at once when run again': (again.code, again.stderr) == (1, done.stderr)}
    finding(f'reproduce.py: {", ".join(held)}', len(held),
            [f'not: {name}' for name, right in held.items() if not right])


# ---- that a run which does not diverge is told from one that does

@pytest.mark.slow
def test_a_good_run_does_not_stop(small_data, tmp_path):
    good = dataclasses.replace(RNN, lr=1e-3, iterations=50 * 7)
    assert stopped_at(good, tmp_path / 'good', small_data) is None


def test_due():
    assert [due(RNN, first) for first in (1, 6, 7, 10, 37)] == [6, 6, 9, 12, 40]


@pytest.mark.parametrize('value', [float('nan'), float('inf'), float('-inf')])
def test_a_loss_that_is_no_number_is_recorded_and_told(value):
    history = History(CNN_COLUMNS)
    history.record(3, train_accuracy=0.5)
    with pytest.raises(Diverged, match='train_loss is .* at step 3'):
        history.record(3, train_loss=value)
    assert History.from_csv(history.to_csv()).to_csv() == history.to_csv()
    assert len(history.rows) == 1 and 'train_loss' in history.rows[0]
