"""The loop of the report's part 3: train, then look at the same batch at every display step."""

from __future__ import annotations

from typing import Callable

import numpy as np

from elec576.data import DataSet
from elec576.loops.history import History
from elec576.graphs.rnn import RnnGraph, nInput, nSteps
from elec576.settings import RnnSettings
from elec576.tf1 import tf


def evaluate(net: RnnGraph, sess: tf.Session, data: DataSet
             ) -> tuple[np.float32, np.float32, np.ndarray]:
    """Accuracy, cost and which images are classified right (bool [n]), in one forward pass."""
    return sess.run([net.accuracy, net.cost, net.correctPred], {
        net.x: data.images.reshape((-1, nSteps, nInput)), net.y: data.labels})


def train_rnn(net: RnnGraph, sess: tf.Session, train: DataSet, test: DataSet,
              settings: RnnSettings, history: History,
              echo: Callable[[str], None], after_step: Callable[[int], None],
              start: int = 0) -> None:
    """Train from step ``start`` (0: the beginning) on, recording into ``history``.

    Args:
        train: yields batches of images [n, 784] and one-hot labels [n, 10]; keeps its own place.
        echo: takes the starter code's lines.
        after_step: called after every update with the number of steps done.
    """
    batchSize = settings.batch_size
    for step in range(start + 1, settings.steps + 1):
        batchX, batchY = train.next_batch(batchSize)
        batchX = batchX.reshape((batchSize, nSteps, nInput))
        feed_dict = {net.x: batchX, net.y: batchY}
        sess.run(net.optimizer, feed_dict)
        if step % settings.display_step == 0:
            acc, loss = sess.run([net.accuracy, net.cost], feed_dict)
            history.record(step, iteration=step * batchSize, train_accuracy=acc, train_loss=loss)
            echo('Iter ' + str(step * batchSize) + ', Minibatch Loss= ' + '{:.6f}'.format(loss)
                 + ', Training Accuracy= ' + '{:.5f}'.format(acc))
        if settings.eval_every and step % settings.eval_every == 0:
            test_accuracy, test_loss, _ = evaluate(net, sess, test)
            history.record(step, iteration=step * batchSize,
                           test_accuracy=test_accuracy, test_loss=test_loss)
        after_step(step)
