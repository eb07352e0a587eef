"""What a recurrent network knows by rows, against the network's own accuracy and states."""

import dataclasses

import numpy as np
import pytest

from elec576.data import DataOrigin, ImageSet
from elec576.graphs.rnn import build_rnn
from elec576.settings import RnnSettings
from elec576.tf1 import session
from elec576.visual.recurrent import by_rows
from elec576.visual.trained import RestoredRun


@pytest.fixture(scope='module', params=['basic', 'lstm', 'gru'])
def trained(request, tmp_path_factory):
    settings = RnnSettings(cell=request.param, hidden=6, threads=1)
    net = build_rnn(settings)
    rng = np.random.RandomState(0)
    test = ImageSet(rng.uniform(size=(40, 28, 28)).astype(np.float32),
                    np.eye(10)[np.arange(40) % 7])
    with session(net.graph, 1) as sess:
        sess.run(net.initializer)
        yield RestoredRun(net, sess, settings, test, DataOrigin('random', ''),
                      tmp_path_factory.mktemp('run'), 0)


def test_after_the_last_row_it_is_the_test_accuracy(trained):
    found = by_rows(trained)
    net, test = trained.net, trained.test
    assert found.accuracy[-1] == pytest.approx(
        trained.sess.run(net.accuracy, {net.x: test.images, net.y: test.labels}), abs=1e-6)
    present = np.bincount(trained.classes, minlength=10)
    weighted = np.nansum(found.by_class * present, axis=1) / present.sum()
    assert np.allclose(weighted, found.accuracy)


def test_rows_below_do_not_matter_yet(trained):
    images = trained.test.images.copy()
    images[:, 10:] = 0
    cut = dataclasses.replace(trained, test=ImageSet(images, trained.test.labels))
    whole, upper = by_rows(trained), by_rows(cut)
    assert np.allclose(whole.probability[:10], upper.probability[:10], atol=1e-6)
    assert not np.allclose(whole.probability[10:], upper.probability[10:], atol=1e-6)
