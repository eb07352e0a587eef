"""Steps kept of a run: written, listed, restored, and what evolution makes of them."""

import dataclasses

import numpy as np
import pytest

from elec576.errors import UserError
from elec576.runs import snapshots
from elec576.runs.rundir import steps_in
from elec576.tf1 import tf
from elec576.visual.features import evolution


@pytest.fixture
def run(make_trained, tmp_path):
    """A run that kept its steps 0 and 3, and a saver of its trained variables."""
    trained = dataclasses.replace(make_trained('relu', 0), path=tmp_path)
    with trained.net.graph.as_default():
        saver = tf.train.Saver(trained.net.trained)
    before = trained.sess.run(trained.net.trained)
    snapshots.save(tmp_path / 'kept', 0, trained.sess, saver)
    trained.net.b_conv2.load(np.full(64, 0.7), trained.sess)
    snapshots.save(tmp_path / 'kept', 3, trained.sess, saver)
    yield trained, saver
    trained.net.b_conv2.load(before[3], trained.sess)


def test_what_is_kept_comes_back(run, tmp_path):
    trained, saver = run
    found = steps_in(tmp_path / 'kept')
    assert list(found) == [0, 3]
    for step, value in ((0, 0.1), (3, 0.7)):
        snapshots.restore(found[step], trained.sess, saver)
        assert (trained.sess.run(trained.net.b_conv2) == np.float32(value)).all()


def test_only_the_trained_variables_are_kept(run, tmp_path):
    first = steps_in(tmp_path / 'kept')[0]
    names = {name for name, _ in tf.train.list_variables(str(first / 'model'))}
    assert names == {variable.op.name for variable in run[0].net.trained}


def test_a_step_is_kept_once_and_half_a_step_is_not_listed(run, tmp_path):
    trained, saver = run
    index = steps_in(tmp_path / 'kept')[3] / 'model.index'
    before = index.stat().st_mtime_ns
    snapshots.save(tmp_path / 'kept', 3, trained.sess, saver)
    assert index.stat().st_mtime_ns == before
    (tmp_path / 'kept' / '.unfinished-step-00000009').mkdir()
    assert list(steps_in(tmp_path / 'kept')) == [0, 3]
    assert steps_in(tmp_path / 'elsewhere') == {}


def test_a_damaged_step_is_a_clear_line(run, tmp_path):
    trained, saver = run
    folder = steps_in(tmp_path / 'kept')[3]
    for path in folder.iterdir():
        path.write_bytes(b'')
    with pytest.raises(UserError, match='step-00000003'):
        snapshots.restore(folder, trained.sess, saver)


def test_evolution_follows_the_steps_and_leaves_the_network_alone(run):
    trained, _ = run
    before = trained.sess.run(trained.net.trained)
    found = evolution(trained, 'conv2', np.array([1, 2, 8]))
    assert list(found.steps) == [0, 3] and found.reconstructions.shape == (3, 2, 14, 14)
    # the same weights and a higher bias: activations that are higher by the difference
    assert np.allclose(found.strongest[:, 1] - found.strongest[:, 0], 0.6, atol=1e-5)
    for old, new in zip(before, trained.sess.run(trained.net.trained)):
        assert (old == new).all()


def test_no_evolution_without_kept_steps(make_trained):
    assert evolution(make_trained('relu', 0), 'conv2', np.arange(3)) is None
