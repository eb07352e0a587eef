"""Checkpoints: what they hold, damage, and writing that is cut off."""

import shutil

import numpy as np
import pytest
from helpers import Killed

from elec576 import files
from elec576.errors import UserError
from elec576.loops.history import CNN_COLUMNS, History
from elec576.runs import checkpoints
from elec576.runs.checkpoints import Progress
from elec576.tf1 import tf


@pytest.fixture(scope='module')
def trained():
    """A small graph with optimizer slots: session, saver, training step."""
    graph = tf.Graph()
    with graph.as_default():
        tf.set_random_seed(1)
        w = tf.Variable(tf.random_normal([300, 5]), name='w')
        step = tf.train.AdamOptimizer(0.1).minimize(tf.reduce_sum(w * w))
        saver = tf.train.Saver(max_to_keep=None)
        initializer = tf.global_variables_initializer()
    with tf.Session(graph=graph) as sess:
        sess.run(initializer)
        yield sess, saver, step


def progress_at(step):
    history = History(CNN_COLUMNS)
    for k in range(step):
        history.record(k, train_loss=np.float32(1 / (k + 1)))
    return Progress(step, 1.5 * step, 0.5 * step, history)


def values(sess):
    return sess.run(sess.graph.get_collection('variables'))


def save_steps(folder, trained, *steps):
    """Save at each of ``steps``, training in between; the variables' values at each."""
    sess, saver, train = trained
    known = {}
    for step in steps:
        sess.run(train)
        checkpoints.save(folder, progress_at(step), sess, saver)
        known[step] = values(sess)
    sess.run(train)
    return known


def assert_at(progress, step, trained, known):
    expected = progress_at(step)
    assert progress.step == step
    assert (progress.wall_seconds, progress.cpu_seconds) == (1.5 * step, 0.5 * step)
    assert progress.history.rows == expected.history.rows
    for ours, theirs in zip(values(trained[0]), known[step], strict=True):
        assert np.array_equal(ours, theirs)


def test_everything_comes_back(trained, tmp_path):
    known = save_steps(tmp_path, trained, 4)
    assert_at(checkpoints.resume(tmp_path, *trained[:2]), 4, trained, known)
    stored = checkpoints.variables(checkpoints.latest(tmp_path))
    assert sorted(stored) == ['beta1_power', 'beta2_power', 'w', 'w/Adam', 'w/Adam_1']
    assert sorted(array.tobytes() for array in stored.values()) == sorted(
        array.tobytes() for array in known[4])


def test_one_of_an_earlier_version_is_read(trained, tmp_path):
    """It held the batches' state too, which is not needed any more."""
    known = save_steps(tmp_path, trained, 4)
    path = tmp_path / 'step-00000004' / 'progress.npz'
    with np.load(path) as arrays:
        held = dict(arrays)
    np.savez(path, **held, batches_keys=np.arange(624, dtype=np.uint32), batches_position=624)
    assert_at(checkpoints.resume(tmp_path, *trained[:2]), 4, trained, known)


def test_no_checkpoint_yet(trained, tmp_path):
    assert checkpoints.resume(tmp_path / 'nothing', *trained[:2]) is None
    assert checkpoints.latest(tmp_path) is None


def test_the_newest_two_are_kept(trained, tmp_path):
    known = save_steps(tmp_path, trained, 2, 9, 10, 100)
    assert sorted(path.name for path in tmp_path.iterdir()) == ['step-00000010', 'step-00000100']
    assert_at(checkpoints.resume(tmp_path, *trained[:2]), 100, trained, known)
    checkpoints.keep_newest(tmp_path, 1)
    assert [path.name for path in tmp_path.iterdir()] == ['step-00000100']


def test_what_the_user_puts_beside_them_stays(trained, tmp_path):
    known = save_steps(tmp_path, trained, 10)
    shutil.copytree(tmp_path / 'step-00000010', tmp_path / 'step-00000010-backup')
    (tmp_path / 'step-00000010.zip').write_bytes(b'PK')
    assert_at(checkpoints.resume(tmp_path, *trained[:2]), 10, trained, known)
    checkpoints.keep_newest(tmp_path, 1)
    assert len(list(tmp_path.iterdir())) == 3


def shorten(path):
    path.write_bytes(path.read_bytes()[:path.stat().st_size // 2])


def flip(path):
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def empty(path):
    path.write_bytes(b'')


DAMAGES = {'shortened': shorten, 'flipped': flip, 'emptied': empty,
           'removed': lambda path: path.unlink()}


# a bit in the middle of progress.npz may be one of a zip file's dates; see the next test for others
@pytest.mark.parametrize('name, damage', [
    (name, damage) for name in ('model.index', 'model.data-00000-of-00001', 'progress.npz')
    for damage in DAMAGES if (name, damage) != ('progress.npz', 'flipped')])
def test_damaged_newest(name, damage, trained, tmp_path, capsys):
    known = save_steps(tmp_path, trained, 3, 5)
    DAMAGES[damage](tmp_path / 'step-00000005' / name)
    assert_at(checkpoints.resume(tmp_path, *trained[:2]), 3, trained, known)
    message = capsys.readouterr().err
    assert 'step-00000005: not a checkpoint' in message and 'from step-00000003' in message
    # the damaged one must not stand in the way of a good one of the same step
    assert [path.name for path in tmp_path.iterdir()] == ['step-00000003']

    DAMAGES[damage](tmp_path / 'step-00000003' / name)
    with pytest.raises(UserError, match=f'remove {tmp_path} to start over') as error:
        checkpoints.resume(tmp_path, *trained[:2])
    assert '\n' not in str(error.value)
    assert [path.name for path in tmp_path.iterdir()] == ['step-00000003']


@pytest.mark.parametrize('member', ['history', 'seconds', 'step'])
def test_any_flipped_bit_of_the_progress_is_seen(member, trained, tmp_path):
    """Not only in the middle: the history must not lose or change a row unseen."""
    save_steps(tmp_path, trained, 50)
    path = tmp_path / 'step-00000050' / 'progress.npz'
    content = bytearray(path.read_bytes())
    start = content.index(f'{member}.npy'.encode()) + len(member) + 4 + 128  # past its header
    content[start + 3] ^= 1
    path.write_bytes(content)
    with pytest.raises(UserError):
        checkpoints.restore(path.parent, *trained[:2])


def test_checkpoint_of_another_graph(trained, tmp_path):
    save_steps(tmp_path, trained, 1)
    graph = tf.Graph()
    with graph.as_default():
        tf.Variable(tf.zeros([2]), name='other')
        saver = tf.train.Saver()
    with tf.Session(graph=graph) as sess:
        with pytest.raises(UserError, match='not a checkpoint of this run'):
            checkpoints.restore(checkpoints.latest(tmp_path), sess, saver)


@pytest.mark.parametrize('place', ['numpy.savez', 'os.replace', 'shutil.rmtree'])
def test_cut_off_while_writing(place, trained, tmp_path, monkeypatch):
    """Whatever moment the process dies at, the newest whole checkpoint is good."""
    known = save_steps(tmp_path, trained, 1, 2)
    known[3] = values(trained[0])
    real_rmtree = shutil.rmtree

    def killed(*args, **kwargs):
        if place == 'shutil.rmtree' and kwargs:  # the clearing before the writing
            return real_rmtree(*args, **kwargs)
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(place, killed)
        with pytest.raises(Killed):
            checkpoints.save(tmp_path, progress_at(3), *trained[:2])
    trained[0].run(trained[2])
    expected = 3 if place == 'shutil.rmtree' else 2
    assert_at(checkpoints.resume(tmp_path, *trained[:2]), expected, trained, known)
    # and the next one is written as if nothing had happened
    known |= save_steps(tmp_path, trained, 3, 4)
    assert_at(checkpoints.resume(tmp_path, *trained[:2]), 4, trained, known)


def test_all_of_it_is_on_the_disk_before_it_has_its_name(trained, tmp_path, monkeypatch):
    calls = []
    monkeypatch.setattr(files, 'sync', lambda path: calls.append(path.name))
    real = files.os.replace
    monkeypatch.setattr(files.os, 'replace',
                        lambda source, target: calls.append('rename') or real(source, target))
    sess, saver, _ = trained
    checkpoints.save(tmp_path / 'checkpoint', progress_at(3), sess, saver)
    *written, itself, renamed, folder = calls
    assert (itself, renamed, folder) == ('.unfinished-step-00000003', 'rename', 'checkpoint')
    assert set(written) == {path.name for path in (tmp_path / 'checkpoint/step-00000003').iterdir()}


def test_a_step_saved_before_is_not_written_again(trained, tmp_path):
    save_steps(tmp_path, trained, 7)
    before = (tmp_path / 'step-00000007' / 'progress.npz').stat().st_mtime_ns
    checkpoints.save(tmp_path, progress_at(7), *trained[:2])
    assert (tmp_path / 'step-00000007' / 'progress.npz').stat().st_mtime_ns == before
