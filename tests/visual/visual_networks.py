"""LeNet5 with random weights and after a few steps of training, on random images."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from elec576.data import DataOrigin, ImageSet
from elec576.graphs.lenet5 import build_lenet5
from elec576.settings import CnnSettings
from elec576.tf1 import session
from elec576.visual.trained import Trained

IMAGES = 6


def random_images(count: int) -> ImageSet:
    """Images with flat parts, so that pooling meets ties, and a label each."""
    rng = np.random.RandomState(count)
    images = rng.uniform(size=(count, 28, 28, 1))
    images[: count // 2, :14] = 0.5
    return ImageSet(images, np.eye(10)[np.arange(count) % 10])


@pytest.fixture(scope='module')
def make_trained(tmp_path_factory):
    """A maker of `Trained` networks: `make_trained(act, steps)`, each made once."""
    made, sessions = {}, []

    def make(act: str = 'relu', steps: int = 0) -> Trained:
        if (act, steps) in made:
            return made[act, steps]
        settings = CnnSettings(act=act, threads=1, steps=max(steps, 1))
        net = build_lenet5(settings)
        sess = session(net.graph, 1)
        sessions.append(sess)
        sess.run(net.initializer)
        test = random_images(IMAGES)
        for _ in range(steps):
            sess.run(net.train_step, {net.tf_data: test.images, net.tf_labels: test.labels,
                                      net.keep_prob: 1.0, net.dropout_offset: [0, 0, 0]})
        made[act, steps] = Trained(net, sess, settings, test, DataOrigin('random', ''),
                                   tmp_path_factory.mktemp('run'), steps)
        return made[act, steps]

    yield make
    for sess in sessions:
        sess.close()


def with_images(trained: Trained, images: np.ndarray) -> Trained:
    """The same network with other test images [n, 28, 28, 1]."""
    labels = np.eye(10)[np.arange(len(images)) % 10]
    return trained._replace(test=dataclasses.replace(trained.test, images=images, labels=labels))
