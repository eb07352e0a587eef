"""Inside the recurrent networks of part 3: what they know after each row of a digit."""

from typing import NamedTuple

import numpy as np
from scipy.special import softmax

from elec576.graphs.rnn import nSteps
from elec576.tf1 import tf
from elec576.visual.trained import RestoredRnn, in_batches


class ByRows(NamedTuple):
    """The test set, classified from the state after each of the 28 rows."""

    accuracy: np.ndarray  # [28]
    probability: np.ndarray  # [28]: the true class's, mean over the test set
    by_class: np.ndarray  # [28, 10]: share of each class's images classified right; NaN: no image


def by_rows(trained: RestoredRnn) -> ByRows:
    """Apply the output layer to the state after each row of the test images."""
    net, classes = trained.net, trained.classes
    with net.graph.as_default():
        logits = tf.stack([tf.matmul(output, net.weights['out']) + net.biases['out']
                           for output in net.outputs], axis=1)  # [n, 28, 10]

    def measure(images):
        return softmax(trained.sess.run(logits, {net.x: images}), axis=2)

    found = in_batches(measure, trained.test.images, size=1000)  # [n, 28, 10]
    right = found.argmax(axis=2) == classes[:, None]
    of_class = trained.test.labels.sum(axis=0)
    by_class = np.divide(right.T @ trained.test.labels, of_class, where=of_class > 0,
                         out=np.full((nSteps, len(of_class)), np.nan))
    return ByRows(right.mean(axis=0), found[np.arange(len(classes)), :, classes].mean(axis=0),
                  by_class)
