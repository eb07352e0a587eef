"""TensorBoard events: what is in them, and that they do not change training."""

import io
import signal

import imageio.v3 as iio
import numpy as np
import pytest

from elec576.errors import Interrupted
from elec576.loops.history import History
from elec576.runs import checkpoints
from elec576.runs.events import filter_grid
from elec576.runs.run import Options, run
from elec576.runs.rundir import RunDirectory, steps_in
from elec576.settings import CnnSettings, RnnSettings
from elec576.tf1 import tf

CNN = CnnSettings(steps=8, train_per_class=12, test_per_class=4, batch_size=10, eval_every=2,
                  log_every=4, threads=2)
RNN = RnnSettings(hidden=6, iterations=9 * 30, batch_size=30, display_step=2, eval_every=4,
                  threads=2)
RUNS = {'cnn': CNN, 'rnn': RNN}


def quiet(line):
    """An `echo` that discards a run's lines."""


def read(run):
    """All events of a run: scalars {tag: {step: value}}, histograms {tag: {step: proto}}, rest.

    As TensorBoard reads them (plugin_event_accumulator.py): every START but the first drops what is
    there of its step and later ones.
    """
    scalars, histograms, images, graphs, started = {}, {}, {}, 0, False
    for path in sorted(run.events.iterdir(), key=lambda path: path.stat().st_mtime_ns):
        for event in tf.train.summary_iterator(str(path)):
            graphs += bool(event.graph_def)
            if event.session_log.status == tf.SessionLog.START:
                for shown in (*scalars.values(), *histograms.values(), *images.values()) * started:
                    for step in [step for step in shown if step >= event.step]:
                        del shown[step]
                started = True
            for value in event.summary.value:
                kind = value.WhichOneof('value')
                place = {'simple_value': scalars, 'histo': histograms, 'image': images}[kind]
                place.setdefault(value.tag, {})[event.step] = getattr(value, kind)
    return scalars, histograms, images, graphs


@pytest.fixture(scope='module')
def pair(small_data, tmp_path_factory):
    """Both runs, with events and kept steps, and without."""
    found = {}
    for program, settings in RUNS.items():
        for events in (True, False):
            path = tmp_path_factory.mktemp(program)
            run(settings, path, Options(data=str(small_data), events=events,
                                        keep_every=4 * events, progress_bar=False), quiet)
            found[program, events] = RunDirectory(path)
    return found


@pytest.mark.parametrize('program', RUNS)
def test_no_bit_is_changed(program, pair):
    looked_at, alone = pair[program, True], pair[program, False]
    assert looked_at.history.read_bytes() == alone.history.read_bytes()
    ours, theirs = (checkpoints.variables(checkpoints.latest(run.checkpoints))
                    for run in (looked_at, alone))
    assert ours.keys() == theirs.keys()
    assert all(np.array_equal(ours[name], theirs[name]) for name in ours)
    assert not alone.events.exists() and not steps_in(alone.kept)


@pytest.mark.parametrize('program', RUNS)
def test_scalars_are_the_history(program, pair):
    run = pair[program, True]
    scalars, *_ = read(run)
    history = History.read(run.history)
    for quantity in ('train_accuracy', 'train_loss', 'test_accuracy', 'test_loss'):
        steps, values = history.column(quantity)
        shown = scalars[quantity.replace('_', '/')]
        assert list(shown) == steps
        assert [np.float32(value) for value in shown.values()] == [*map(np.float32, values)]


def test_histograms_and_filters(pair):
    run = pair['cnn', True]
    _, histograms, images, graphs = read(run)
    assert graphs == 1
    assert set(histograms) == {f'{kind}_{layer}' for kind in 'Wb' for layer in (
        'conv1', 'conv2', 'fc1', 'fc2')} | {'h_conv1', 'h_conv2', 'h_fc1'}
    assert all(list(steps) == [0, 4, 8] for steps in histograms.values())
    weights = checkpoints.variables(checkpoints.latest(run.checkpoints))['Variable']
    shown = histograms['W_conv1'][8]
    assert shown.num == weights.size and np.isclose(shown.sum, weights.sum(dtype=float))
    assert histograms['b_conv1'][0].min == histograms['b_conv1'][0].max == np.float32(0.1)
    assert histograms['h_conv1'][0].num == 40 * 28 * 28 * 32  # all 40 test images
    (grids,) = images.values()
    picture = iio.imread(io.BytesIO(grids[8].encoded_image_string))
    assert list(grids) == [0, 4, 8] and picture.shape[:2] == (24, 48)


def test_histograms_of_a_recurrent_network(pair):
    _, histograms, images, graphs = read(pair['rnn', True])
    assert graphs == 1 and not images
    assert {name: shown[8].num for name, shown in histograms.items()} == {
        'weights_out': 60, 'biases_out': 10, 'basic_rnn_cell/kernel': 34 * 6,
        'basic_rnn_cell/bias': 6, 'outputs_0': 50 * 6, 'outputs_27': 50 * 6}


def test_filters_stand_in_the_reports_order():
    W_conv1 = np.arange(5 * 5 * 32, dtype=np.float32).reshape(5, 5, 1, 32)
    with tf.Graph().as_default(), tf.Session() as sess:
        grid = sess.run(filter_grid(tf.constant(W_conv1)))
    assert grid.shape == (1, 24, 48, 1)
    for k in range(32):
        row, column = divmod(k, 8)
        cell = grid[0, 6 * row:6 * row + 6, 6 * column:6 * column + 6, 0]
        assert np.array_equal(cell[:5, :5], W_conv1[:, :, 0, k])
        assert not cell[5].any() and not cell[:, 5].any()


def stopping_at(start):
    """An `echo` that ends the run at once, as a kill would, at a line with this prefix."""
    def stop(line):
        if line.startswith(start):
            raise ZeroDivisionError
    return stop


def test_a_resumed_run(pair, small_data, tmp_path):
    """The second process's file continues where the first one ended; no step is shown twice."""
    directory = RunDirectory(tmp_path)
    options = Options(data=str(small_data), events=True, keep_every=4, progress_bar=False,
                      checkpoint_seconds=0)
    with pytest.raises(ZeroDivisionError):
        run(CNN, tmp_path, options, stopping_at('step 4, training loss'))
    run(CNN, tmp_path, options, quiet)
    assert len(list(directory.events.iterdir())) == 2
    assert directory.history.read_bytes() == pair['cnn', True].history.read_bytes()
    assert read(directory)[0] == read(pair['cnn', True])[0]
    assert read(directory)[3] == 1


def starts(run):
    events = [event for path in run.events.iterdir()
              for event in tf.train.summary_iterator(str(path))]
    return sorted(event.step for event in events if event.HasField('session_log'))


@pytest.mark.parametrize('program, line', [('cnn', 'step 4, training loss'), ('rnn', 'Iter 120,')])
def test_what_was_written_before_a_checkpoint_is_kept(program, line, pair, small_data, tmp_path):
    """And what came after it, before the process was killed, is dropped."""
    def terminate(text):
        if text.startswith(line):
            signal.raise_signal(signal.SIGTERM)

    directory, settings = RunDirectory(tmp_path), RUNS[program]
    options = Options(data=str(small_data), events=True, progress_bar=False)
    with pytest.raises(Interrupted):
        run(settings, tmp_path, options, terminate)
    with pytest.raises(ZeroDivisionError):
        run(settings, tmp_path, options, stopping_at(
            {'cnn': 'test accuracy', 'rnn': 'Testing Accuracy'}[program]))
    run(settings, tmp_path, options, quiet)
    step = {'cnn': 5, 'rnn': 4}[program]
    assert starts(directory) == [0, step + 1, step + 1]
    for ours, whole in zip(read(directory)[:2], read(pair[program, True])[:2]):
        assert {tag: list(found) for tag, found in ours.items()} == {
            tag: list(found) for tag, found in whole.items()}


def test_a_checkpoint_leaves_no_row_unwritten(small_data, tmp_path, monkeypatch):
    """A process that resumes there does not write them again."""
    directory, written = RunDirectory(tmp_path), []

    def save(folder, progress, *rest):
        shown = read(directory)[0].get('train/loss', {})
        written.append((len(progress.history.rows), len(shown)))
        return real(folder, progress, *rest)

    real = checkpoints.save
    monkeypatch.setattr(checkpoints, 'save', save)
    run(RNN, tmp_path, Options(data=str(small_data), events=True, checkpoint_seconds=0,
                               progress_bar=False), quiet)
    assert written[:8] == [(rows, rows) for rows in (0, 1, 1, 2, 2, 3, 3, 4)]


@pytest.mark.slow
def test_killed_before_the_first_checkpoint(pair, small_data, tmp_path):
    """The run starts again, and so do its events: no step is shown twice."""
    directory = RunDirectory(tmp_path)
    options = Options(data=str(small_data), events=True, progress_bar=False)
    with pytest.raises(ZeroDivisionError):
        run(CNN, tmp_path, options, stopping_at('step 4, training loss'))
    assert list(directory.events.iterdir()) and not checkpoints.latest(directory.checkpoints)
    run(CNN, tmp_path, options, quiet)
    assert len(list(directory.events.iterdir())) == 1
    assert read(directory)[0] == read(pair['cnn', True])[0]


@pytest.mark.parametrize('settings', [
    CnnSettings(**{**vars(CNN), 'eval_every': 0}),
    RnnSettings(**{**vars(RNN), 'eval_every': 0})], ids=['cnn', 'rnn'])
def test_the_final_values_are_shown_even_if_nothing_else_is(settings, small_data, tmp_path):
    """The recurrent network's last step is one at which the batch was measured, too."""
    metrics = run(settings, tmp_path,
                  Options(data=str(small_data), events=True, progress_bar=False), quiet)
    scalars = read(RunDirectory(tmp_path))[0]
    for name in ('test_accuracy', 'test_loss'):
        assert scalars[name.replace('_', '/')] == {settings.steps: np.float32(metrics[name])}


def test_steps_kept_on_request(pair):
    run = pair['cnn', True]
    assert list(steps_in(run.kept)) == [0, 4, 8]
    trained = checkpoints.variables(checkpoints.latest(run.checkpoints))
    last = tf.train.load_checkpoint(str(steps_in(run.kept)[8] / 'model'))
    names = last.get_variable_to_shape_map()
    assert len(names) == 8
    assert all(np.array_equal(last.get_tensor(name), trained[name]) for name in names)
