"""Step 0 of the report's part 1b for many seeds: what the listing logs before its first update.

A graph is built once for each settings; building one for each seed would take twice as long as all
else. A seed decides three things: the initial weights, which are drawn in a small graph of
their own and assigned; the key of the dropout noise, which is fed; and the batch. The bits are
those of a run's row of step 0 (`tests/first_steps/test_make.py`).
"""

from typing import Iterator, Mapping, Sequence

import numpy as np

from elec576.data import ImageSet
from elec576.data.shuffler import BatchShuffler
from elec576.graphs.layers import next_op_seeds
from elec576.graphs.lenet5 import build_lenet5, dropout_offsets, lenet5_session
from elec576.graphs.variables import weight_variable
from elec576.settings import CnnSettings
from elec576.tf1 import session, tf


class Step0:
    """LeNet5 under one settings, ready for the first batch of any seed."""

    def __init__(self, settings: CnnSettings):
        self.settings = settings
        self.net = net = build_lenet5(settings)
        self.sess = lenet5_session(net, settings.threads)
        self.weights = [net.W_conv1, net.W_conv2, net.W_fc1, net.W_fc2]
        self.keys = [op.inputs[1] for op in net.graph.get_operations()
                     if op.type == 'StatelessRandomUniformV2']  # of the dropout noise
        self.sess.run([bias.initializer
                       for bias in (net.b_conv1, net.b_conv2, net.b_fc1, net.b_fc2)])

    @property
    def shapes(self) -> list[list[int]]:
        """The shapes of the weights, in the order of their creation."""
        return [weight.shape.as_list() for weight in self.weights]

    def measure(self, seed: int, weights: Sequence[np.ndarray], train: ImageSet
                ) -> tuple[float, float]:
        """Accuracy and cross entropy of the first batch of ``seed``, as the listing logs them.

        Args:
            weights: what `initial_weights` gave for ``seed``.
            train: images [n, 28, 28, 1] and one-hot labels [n, 10].
        """
        net, settings = self.net, self.settings
        self.sess.run([weight.initializer for weight in self.weights],
                      dict(zip([weight.initial_value for weight in self.weights], weights)))
        perm = BatchShuffler(len(train.images), settings.batch_size, seed).next_batch()
        accuracy, loss = self.sess.run(
            [net.at_train_accuracy.accuracy, net.at_train_loss.cross_entropy], {
                net.tf_data: train.images[perm], net.tf_labels: train.labels[perm],
                net.eval_keep_prob: settings.evaluation_keep_prob,
                # the passes of step 0 before which no test image is seen
                net.dropout_offset: dropout_offsets(0, settings.batch_size, n_test=0),
                **{key: np.array([seed], np.uint64) for key in self.keys}})
        return float(accuracy), float(loss)


def initial_weights(shapes: Sequence[Sequence[int]], init: str, seed: int) -> list[np.ndarray]:
    """The four weights that `build_lenet5` begins with for ``seed``: the same draws, alone."""
    graph = tf.Graph()
    with graph.as_default():
        tf.set_random_seed(seed)
        weights = [weight_variable(shape, init) for shape in shapes[:3]]
        next_op_seeds()  # dropout's, between W_fc1 and W_fc2
        weights.append(weight_variable(shapes[3], init))
        with session(graph, threads=1) as sess:
            return sess.run([weight.initial_value for weight in weights])


def step_0(networks: Mapping[str, Step0], seeds: Sequence[int], train: ImageSet
           ) -> Iterator[tuple[str, int, float, float]]:
    """Name, seed, train accuracy and train loss for every seed under every settings."""
    for seed in seeds:
        weights: dict[str, list[np.ndarray]] = {}  # most settings begin with the same ones
        for name, network in networks.items():
            init = network.settings.init
            if init not in weights:
                weights[init] = initial_weights(network.shapes, init, seed)
            yield (name, seed, *network.measure(seed, weights[init], train))
