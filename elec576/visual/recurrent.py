"""Inside the recurrent networks of part 3: what they know after each row of a digit."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy.special import softmax
from sklearn.decomposition import PCA

from elec576.graphs.rnn import RnnGraph, nSteps
from elec576.tf1 import tf
from elec576.visual.trained import TrainedRnn, in_batches

IMAGES = 1000  # test images whose states span the plane of the paths


class ByRows(NamedTuple):
    """The test set, classified from the state after each of the 28 rows."""

    accuracy: np.ndarray  # [28]
    probability: np.ndarray  # [28]: the true class's, mean over the test set
    by_class: np.ndarray  # [28, 10]: share of each class's images classified right; NaN: no image


class Paths(NamedTuple):
    """The hidden state's path over k digits, in the plane of its two largest principal components.

    The plane is fitted to the states after every row of the first 1000 test images.
    """

    classes: np.ndarray  # int [k]
    paths: np.ndarray  # [k, 29, 2]: before the first row (a state of zeros), then after each row
    predictions: np.ndarray  # int [k, 28]: the predicted class after each row
    ends: np.ndarray  # [1000, 2]: the last states of the images that span the plane
    end_classes: np.ndarray  # int [1000]
    explained: np.ndarray  # [2]: share of the states' variance along each component


def row_logits(net: RnnGraph) -> tf.Tensor:
    """The output layer on the state after each row: logits [n, 28, 10]; the last are `net.pred`."""
    with net.graph.as_default():
        return tf.stack([tf.matmul(output, net.weights['out']) + net.biases['out']
                         for output in net.outputs], axis=1)


def by_rows(trained: TrainedRnn) -> ByRows:
    """Classify the test set from the state after each row."""
    logits = row_logits(trained.net)
    classes = trained.classes

    def measure(images):
        return softmax(trained.sess.run(logits, {trained.net.x: images}), axis=2)

    found = in_batches(measure, trained.test.images, size=1000)  # [n, 28, 10]
    right = found.argmax(axis=2) == classes[:, None]
    of_class = trained.test.labels.sum(axis=0)
    by_class = np.divide(right.T @ trained.test.labels, of_class, where=of_class > 0,
                         out=np.full((nSteps, len(of_class)), np.nan))
    return ByRows(right.mean(axis=0),
                  found[np.arange(len(classes)), :, classes].mean(axis=0), by_class)


def first_of_each_class(trained: TrainedRnn) -> np.ndarray:
    """The first test image of each class that there is, int [k]."""
    return np.unique(trained.classes, return_index=True)[1]


def hidden_paths(trained: TrainedRnn, images: np.ndarray) -> Paths:
    """The path of the hidden state over the test images at ``images`` (int [k])."""
    net = trained.net
    logits = row_logits(net)
    with net.graph.as_default():
        states = tf.stack(net.outputs, axis=1)  # [n, 28, hidden]

    def run(images):
        return trained.sess.run([states, logits], {net.x: images})

    many, _ = in_batches(run, trained.test.images[:IMAGES])
    plane = PCA(2, svd_solver='full').fit(many.reshape(-1, many.shape[2]))
    few, answers = run(trained.test.images[images])
    starts = np.zeros_like(few[:, :1])
    paths = np.stack([plane.transform(path) for path in np.concatenate([starts, few], axis=1)])
    return Paths(trained.classes[images], paths, answers.argmax(axis=2),
                 plane.transform(many[:, -1]), trained.classes[:IMAGES],
                 plane.explained_variance_ratio_)
