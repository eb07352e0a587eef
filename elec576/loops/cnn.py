"""The loop of the report's part 1b: evaluate, print, train.

The listing evaluates twice on the batch and twice on the test set at every step. Here an evaluation
that is not asked for is not made, and changes nothing: the dropout noise of each pass is read at
the place where the listing's stream would stand (`elec576.graphs.layers`).
"""

from __future__ import annotations

from typing import Callable

import numpy as np

from elec576.data import ImageSet
from elec576.loops.history import History
from elec576.graphs.lenet5 import LeNet5, dropout_offsets
from elec576.settings import CnnSettings
from elec576.data.shuffler import BatchShuffler
from elec576.tf1 import tf


def evaluate(net: LeNet5, sess: tf.Session, data: ImageSet
             ) -> tuple[np.float32, np.float32, np.ndarray]:
    """Accuracy, cross entropy and which images are classified right (bool [n]), without dropout."""
    return sess.run([net.test.accuracy, net.test.cross_entropy, net.test.correct_prediction], {
        net.tf_data: data.images, net.tf_labels: data.labels})


def train_cnn(net: LeNet5, sess: tf.Session, train: ImageSet, test: ImageSet,
              settings: CnnSettings, shuffler: BatchShuffler, history: History,
              echo: Callable[[str], None], after_step: Callable[[int], None],
              start: int = 0) -> None:
    """Train from step ``start`` to ``settings.steps``, recording into ``history``.

    Args:
        train, test: images [n, 28, 28, 1] and one-hot labels [n, 10].
        echo: takes the report's lines.
        after_step: called after every update with the number of steps done.
    """
    # as the placeholders take them: converted once, not at every step
    Train, LTrain, Test = (np.asarray(array, np.float32)
                           for array in (train.images, train.labels, test.images))
    test = ImageSet(Test, np.asarray(test.labels, np.float32))
    for i in range(start, settings.steps):
        perm = shuffler.next_batch()
        feed_dict = {
            net.tf_data: Train[perm], net.tf_labels: LTrain[perm],
            net.keep_prob: settings.keep_prob,
            net.dropout_offset: dropout_offsets(i, settings.batch_size, len(Test))}
        evaluating = settings.eval_every and i % settings.eval_every == 0
        logging = settings.log_every and i % settings.log_every == 0
        if evaluating:
            test_accuracy, test_loss, _ = evaluate(net, sess, test)
            history.record(i, test_accuracy=test_accuracy, test_loss=test_loss)
        if evaluating or logging:
            train_accuracy, train_loss, _ = sess.run(
                [net.at_train_accuracy.accuracy, net.at_train_loss.cross_entropy,
                 net.measured_train_step], feed_dict)
            history.record(i, train_accuracy=train_accuracy, train_loss=train_loss)
        else:
            sess.run(net.train_step, feed_dict)
        if logging:
            echo('step %d, training accuracy %g' % (i, train_accuracy))
            echo('step %d, training loss %g' % (i, train_loss))
        after_step(i + 1)


def activation_statistics(net: LeNet5, sess: tf.Session,
                          test: ImageSet) -> dict[str, dict[str, float]]:
    """Part 1c: mean, standard deviation and variance of both convolutional layers on ``test``.

    The listing computes `var_h1` from `h2`; the numbers that it prints are of `h1`, as here.
    """
    statistics = {}
    for name, layer in (('h_conv1', net.h_conv1), ('h_conv2', net.h_conv2)):
        h = sess.run(layer, feed_dict={net.tf_data: test.images})
        statistics[name] = {'mean': float(np.mean(h)), 'standard_deviation': float(np.std(h)),
                            'variance': float(np.var(h))}
    return statistics
