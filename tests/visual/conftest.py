"""LeNet5 with random weights and after a few steps of training, on random images."""

import pytest
from visual_networks import IMAGES, random_images

from elec576.data import DataOrigin
from elec576.graphs.lenet5 import build_lenet5
from elec576.settings import CnnSettings
from elec576.tf1 import session
from elec576.visual.trained import RestoredRun


@pytest.fixture(scope='module')
def make_trained(tmp_path_factory):
    """A maker of `RestoredRun` networks: `make_trained(act, steps)`, each made once."""
    made, sessions = {}, []

    def make(act: str = 'relu', steps: int = 0) -> RestoredRun:
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
                                      net.keep_prob: 1.0, net.eval_keep_prob: 1.0,
                                      net.dropout_offset: [0, 0, 0]})
        made[act, steps] = RestoredRun(net, sess, settings, test, DataOrigin('random', ''),
                                   tmp_path_factory.mktemp('run'), steps)
        return made[act, steps]

    yield make
    for sess in sessions:
        sess.close()
