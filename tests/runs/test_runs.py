"""A run from its settings to its directory: stopped, killed, resumed, refused.

All comparisons with a run that was never stopped are `==`, at equal threads.
"""

import json
import shutil
import signal
import subprocess
import sys

import numpy as np
import pytest
from helpers import Killed

from elec576.data import standin
from elec576.errors import Diverged, Interrupted, UserError
from elec576.loops import cnn
from elec576.loops.history import History
from elec576.pictures.run import draw_run
from elec576.runs import checkpoints
from elec576.runs.options import CHECKPOINT_COSTS_APART
from elec576.runs.run import Options, run
from elec576.runs.rundir import RunDirectory
from elec576.settings import CnnSettings, RnnSettings
from elec576.tf1 import tf

CNN = CnnSettings(steps=14, train_per_class=12, test_per_class=4, batch_size=10, eval_every=5,
                  log_every=1, threads=2)
# 300 training images: the epoch ends within step 5
RNN = RnnSettings(hidden=12, iterations=61 * 15, batch_size=61, display_step=1,
                  eval_every=5, threads=2)
RUNS = {'cnn': CNN, 'rnn': RNN}
# what a run leaves behind and what must be the same, byte for byte, however often it was stopped
SAME = {'cnn': ('config.json', 'history.csv', 'test_correct.npy', 'activations.json',
                'filters.npy'),
        'rnn': ('config.json', 'history.csv', 'test_correct.npy')}


@pytest.fixture(scope='module')
def options(small_data):
    return {'data': str(small_data), 'progress_bar': False}


def start(program, path, options, echo=lambda line: None, **more):
    return run(RUNS[program], path, Options(**options, **more), echo)


@pytest.fixture(scope='module')
def untouched(options, tmp_path_factory):
    """Both runs, never stopped: their directories and printed lines."""
    found = {}
    for program in RUNS:
        path, lines = tmp_path_factory.mktemp(program), []
        start(program, path, options, lines.append)
        found[program] = (path, lines)
    return found


def assert_same(program, path, other):
    for name in SAME[program]:
        assert (path / name).read_bytes() == (other / name).read_bytes(), name
    ours, theirs = (checkpoints.variables(checkpoints.latest(RunDirectory(place).checkpoints))
                    for place in (path, other))
    assert ours.keys() == theirs.keys()
    for name, array in ours.items():
        assert np.array_equal(array, theirs[name]), name
    ours, theirs = (json.loads((place / 'metrics.json').read_text()) for place in (path, other))
    assert ours.keys() == theirs.keys()
    for name in ('test_accuracy', 'test_loss', 'dataset', 'threads', 'versions', 'processor'):
        assert ours[name] == theirs[name], name


def at_line(number, do, starts=('step', 'Iter')):
    """An `echo` that does something once, at the ``number``th line that starts so."""
    count = 0

    def echo(line):
        nonlocal count
        count += line.startswith(starts)
        if count == number:
            count += 1
            do()
    return echo


def send(signum):
    return lambda: signal.raise_signal(signum)


def kill():
    raise Killed


@pytest.mark.parametrize('program', RUNS)
def test_directory_of_a_run(program, untouched):
    path, _ = untouched[program]
    names = {*SAME[program], 'metrics.json', 'checkpoint', '.lock'}
    assert {item.name for item in path.iterdir()} >= names
    assert [item.name for item in (path / 'checkpoint').iterdir()] == [
        f'step-{RUNS[program].steps:08d}']
    variables = checkpoints.variables(checkpoints.latest(path / 'checkpoint'))
    slots = [name for name in variables if name.endswith(('Adam', 'Adam_1', 'RMSProp'))]
    assert len(slots) == {'cnn': 16, 'rnn': 4}[program]
    metrics = json.loads((path / 'metrics.json').read_text())
    assert {'test_accuracy', 'test_loss', 'wall_seconds', 'dataset', 'threads', 'versions',
            'processor'} <= metrics.keys()
    last = History.read(path / 'history.csv').rows[-1]
    assert last['step'] == RUNS[program].steps
    assert last['test_accuracy'] == metrics['test_accuracy']
    assert last['test_loss'] == metrics['test_loss']


def test_lines_of_the_report(untouched):
    path, lines = untouched['cnn']
    history = History.read(path / 'history.csv')
    assert lines[1:3] == ['step 0, training accuracy %g' % history.rows[0]['train_accuracy'],
                          'step 0, training loss %g' % history.rows[0]['train_loss']]
    assert len([line for line in lines if line.startswith('step ')]) == 2 * CNN.steps
    assert 'test accuracy %g' % history.rows[-1]['test_accuracy'] in lines
    path, lines = untouched['rnn']
    history = History.read(path / 'history.csv')
    assert lines[1] == 'Iter 61, Minibatch Loss= {:.6f}, Training Accuracy= {:.5f}'.format(
        history.rows[0]['train_loss'], history.rows[0]['train_accuracy'])
    end = lines.index('Optimization finished')
    assert lines[end + 1].startswith('Testing Accuracy: ')
    assert lines[end + 2].startswith('Testing loss: ')
    for line, name in zip(lines[end + 1:], ('test_accuracy', 'test_loss')):
        assert np.float32(line.split(': ')[1]) == np.float32(history.rows[-1][name])


@pytest.mark.parametrize('program, lines, signum', [
    pytest.param('cnn', (1, 9), signal.SIGTERM, marks=pytest.mark.slow),
    ('cnn', (27,), signal.SIGINT), ('rnn', (1, 7), signal.SIGINT),
    pytest.param('rnn', (14,), signal.SIGTERM, marks=pytest.mark.slow)])
def test_stopped_and_resumed(program, lines, signum, untouched, options, tmp_path):
    # each process counts its lines from 1; 27 and 14 are in the last step
    handlers = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)]
    for line in lines:
        with pytest.raises(Interrupted, match='interrupted after step .*; saved in'):
            start(program, tmp_path, options, at_line(line, send(signum)))
        assert not (tmp_path / 'metrics.json').exists()
        History.read(tmp_path / 'history.csv')
    assert [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)] == handlers
    start(program, tmp_path, options)
    assert_same(program, tmp_path, untouched[program][0])


def test_events_that_cannot_be_closed_leave_no_signal_handler(options, tmp_path, monkeypatch):
    def close(self):
        raise OSError('No space left on device')

    monkeypatch.setattr('elec576.runs.events.Events.close', close)
    handlers = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)]
    with pytest.raises(UserError, match='No space left on device'):
        start('rnn', tmp_path, options, events=True)
    assert [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)] == handlers


def test_stopped_during_the_last_evaluation(untouched, options, tmp_path):
    with pytest.raises(Interrupted, match=f'after step {RNN.steps}; saved in'):
        start('rnn', tmp_path, options, at_line(1, send(signal.SIGINT), ('Testing',)))
    assert not (tmp_path / 'metrics.json').exists()
    start('rnn', tmp_path, options)
    assert_same('rnn', tmp_path, untouched['rnn'][0])


@pytest.mark.parametrize('program, lines, checkpoint_seconds', [
    ('cnn', (4, 7, 2), 0), pytest.param('rnn', (4, 7, 2), 0, marks=pytest.mark.slow),
    pytest.param('cnn', (11,), 1e6, marks=pytest.mark.slow), ('rnn', (11,), 1e6)])
def test_killed_and_resumed(program, lines, checkpoint_seconds, untouched, options,
                            tmp_path):
    for line in lines:
        with pytest.raises(Killed):
            start(program, tmp_path, options, at_line(line, kill),
                  checkpoint_seconds=checkpoint_seconds)
    assert (checkpoints.latest(tmp_path / 'checkpoint') is None) == (checkpoint_seconds == 1e6)
    start(program, tmp_path, options, checkpoint_seconds=checkpoint_seconds)
    assert_same(program, tmp_path, untouched[program][0])


@pytest.mark.parametrize('program, place', [
    ('cnn', 'run.write_json'), ('cnn', 'checkpoints.keep_newest'), ('rnn', 'run.History.write')])
def test_killed_at_the_very_end(program, place, untouched, options, tmp_path, monkeypatch):
    """After the training, while the results are written one by one."""
    with monkeypatch.context() as patch:
        patch.setattr(f'elec576.runs.{place}', lambda *args: kill())
        with pytest.raises(Killed):
            start(program, tmp_path, options)
    lines = []
    start(program, tmp_path, options, lines.append)
    assert not [line for line in lines if line.startswith(('step', 'Iter'))]  # none twice
    assert_same(program, tmp_path, untouched[program][0])


@pytest.mark.parametrize('program', RUNS)
def test_damaged_newest_checkpoint(program, untouched, options, tmp_path, capfd):
    with pytest.raises(Killed):
        start(program, tmp_path, options, at_line(8, kill), checkpoint_seconds=0)
    newest = checkpoints.latest(tmp_path / 'checkpoint')
    data = newest / 'model.data-00000-of-00001'
    data.write_bytes(data.read_bytes()[:-100])
    start(program, tmp_path, options)
    error = capfd.readouterr().err
    assert f'{newest}: not a checkpoint of this run' in error and error.count('\n') == 1
    assert_same(program, tmp_path, untouched[program][0])


def test_only_damaged_checkpoints(options, tmp_path):
    with pytest.raises(Interrupted):
        start('rnn', tmp_path, options, at_line(3, send(signal.SIGTERM)))
    (checkpoints.latest(tmp_path / 'checkpoint') / 'progress.npz').write_bytes(b'PK')
    with pytest.raises(UserError, match='to start over'):
        start('rnn', tmp_path, options)
    assert not (tmp_path / 'metrics.json').exists()


@pytest.mark.parametrize('program', RUNS)
def test_finished_run_is_not_run_again(program, untouched, options):
    path, _ = untouched[program]
    before = {item: item.stat().st_mtime_ns for item in path.rglob('*') if item.name != '.lock'}
    lines = []
    metrics = start(program, path, options, lines.append)
    assert metrics == json.loads((path / 'metrics.json').read_text())
    assert len(lines) == 3 and 'this run is finished' in lines[1]
    assert f'{metrics["test_accuracy"]:g}' in lines[1]
    assert before == {item: item.stat().st_mtime_ns for item in path.rglob('*')
                      if item.name != '.lock'}


@pytest.mark.parametrize('settings', [
    CnnSettings(**{**vars(CNN), 'lr': 1e-4}), CnnSettings(**{**vars(CNN), 'seed': 1}),
    CnnSettings(**{**vars(CNN), 'train_per_class': 11}), RNN])
def test_another_configuration_is_refused(settings, untouched, options):
    path, _ = untouched['cnn']
    before = {item: item.stat().st_mtime_ns for item in path.rglob('*') if item.name != '.lock'}
    with pytest.raises(UserError, match='another configuration'):
        run(settings, path, Options(**options), lambda line: None)
    assert before == {item: item.stat().st_mtime_ns for item in path.rglob('*')
                      if item.name != '.lock'}


def test_two_runs_in_one_directory(options, tmp_path):
    def second():
        with pytest.raises(UserError, match='another process is writing this run'):
            start('rnn', tmp_path, options)
        tried.append(True)

    tried = []
    start('rnn', tmp_path, options, at_line(5, second))
    assert tried == [True]


def test_no_checkpoint_left_on_request(options, tmp_path):
    start('rnn', tmp_path, options, keep_checkpoint=False)
    assert not (tmp_path / 'checkpoint').exists()
    assert (tmp_path / 'metrics.json').exists()


def test_a_run_that_diverges_stops_and_keeps_its_history(options, tmp_path):
    settings = CnnSettings(**{**vars(CNN), 'optimizer': 'sgd', 'lr': 1e30})
    with pytest.raises(Diverged) as first:
        run(settings, tmp_path, Options(**options), lambda line: None)
    losses = History.read(tmp_path / 'history.csv').column('train_loss')[1]
    assert np.isfinite(losses[:-1]).all() and not np.isfinite(losses[-1])
    assert not (tmp_path / 'metrics.json').exists()
    with pytest.raises(Diverged) as again:
        run(settings, tmp_path, Options(**options), lambda line: None)
    assert str(again.value) == str(first.value)


def test_pictures_of_damaged_filters(untouched, tmp_path):
    shutil.copytree(untouched['cnn'][0], tmp_path / 'run')
    damaged = tmp_path / 'run' / 'filters.npy'
    damaged.write_bytes(damaged.read_bytes()[:100])
    with pytest.raises(UserError, match='filters.npy: not readable as an array'):
        draw_run(RunDirectory(tmp_path / 'run'))


def test_a_network_that_is_too_large_is_one_line(options, tmp_path, monkeypatch):
    def session(*_):
        raise tf.errors.ResourceExhaustedError(None, None, 'OOM')

    monkeypatch.setattr(cnn, 'session', session)
    with pytest.raises(UserError, match='ResourceExhaustedError.*too much memory'):
        run(CNN, tmp_path, Options(**options), lambda line: None)


def test_a_network_that_no_tensor_can_hold_is_one_line(options, tmp_path):
    settings = RnnSettings(**{**vars(RNN), 'cell': 'lstm', 'hidden': 2**31 - 1})
    with pytest.raises(UserError, match='cannot build this network .*too large'):
        run(settings, tmp_path, Options(**options), lambda line: None)


def test_without_a_standard_error(options, tmp_path, monkeypatch):
    """As under Windows's pythonw."""
    monkeypatch.setattr(sys, 'stderr', None)
    assert 0 <= start('rnn', tmp_path, {**options, 'progress_bar': None})['test_accuracy'] <= 1


@pytest.mark.parametrize('program, name', [
    ('cnn', 'CIFAR-10 folder (incomplete, not verified)'),
    ('rnn', 'MNIST folder (not the original contents)')])
def test_other_images_than_the_reports_are_loud(program, name, untouched):
    _, lines = untouched[program]
    assert lines[0] == lines[-1] and len(lines) > 2
    assert name in lines[0] and 'not known to be the report\'s images' in lines[0]


def test_the_reports_images_need_no_word(untouched, options, monkeypatch, tmp_path):
    monkeypatch.setattr('elec576.data.sources.ORIGINALS',
                        ['CIFAR-10 folder (incomplete, not verified)'])
    lines = []
    start('cnn', tmp_path, options, lines.append)
    assert lines == untouched['cnn'][1][1:-1]


def test_stand_in_is_loud(monkeypatch, tmp_path):
    monkeypatch.setattr('elec576.loops.cnn.load_cifar10', lambda train, test, data:
                        standin.cifar10(train, test))
    settings = CnnSettings(steps=1, train_per_class=5, test_per_class=1, threads=1)
    for again in range(2):
        lines = []
        metrics = run(settings, tmp_path, Options(progress_bar=False), lines.append)
        assert lines[0] == lines[-1] == standin.NOTICE and len(lines) > 2
        assert metrics['dataset']['stand_in'] is True
        assert 'stand-in' in metrics['dataset']['name']


def test_checkpoints_cost_about_one_percent():
    assert 1 / (1 + CHECKPOINT_COSTS_APART) < 0.02


def test_a_run_chooses_its_kernels_before_tensorflow_is_loaded():
    """Whoever imports `run` need not know that this must come first."""
    code = ('import sys\nimport elec576.runs.many\nfrom elec576.runs.run import run\n'
            'sys.exit("tensorflow" in sys.modules)\n')
    assert subprocess.run([sys.executable, '-c', code]).returncode == 0
