"""The graph of the report's part 1b: LeNet5 on 28x28 grayscale images.

The body of `build_lenet5` is the report's listing, name by name. Three things differ around it.
Dropout reads its noise at a given offset of the listing's random stream, and no gradient is taken
of the images (both in `elec576.graphs.layers`). And the two evaluations that the listing makes of a
batch before it trains on it, each with dropout noise of its own (and on request another
`keep_prob`, `--eval-keep-prob`), share `h_fc1` with the training
step: one session call computes all three.
"""

from typing import NamedTuple

from elec576.graphs.layers import (
    ACTIVATIONS,
    COUNTS_PER_VALUE,
    conv2d,
    conv2d_without_input_gradient,
    dropout,
    max_pool_2x2,
    next_op_seeds,
)
from elec576.graphs.optimizers import optimizer_of
from elec576.graphs.variables import bias_variable, weight_variable
from elec576.settings import CnnSettings
from elec576.tf1 import session, tf

IMSIZE = 28
NCHANNELS = 1
NCLASS = 10
FC1_UNITS = 1024


class Readout(NamedTuple):
    """The last layer, and what is measured on it; `cross_entropy` and `accuracy` are scalars."""

    y_conv: tf.Tensor  # [n, 10] logits
    cross_entropy: tf.Tensor
    correct_prediction: tf.Tensor  # bool [n]
    accuracy: tf.Tensor


class LeNet5(NamedTuple):
    """LeNet5 in a `tf.Graph` of its own; n is the number of images fed.

    `at_train_accuracy`, `at_train_loss` and `training` are the last layer under the dropout noise
    of the listing's three passes over a batch; `test` is the last layer without dropout, which is
    what the listing's `keep_prob` of 1 gives.
    """

    graph: tf.Graph
    tf_data: tf.Tensor  # placeholder [n, 28, 28, 1]
    tf_labels: tf.Tensor  # placeholder [n, 10], one-hot
    keep_prob: tf.Tensor  # placeholder, scalar: of the training pass
    eval_keep_prob: tf.Tensor  # placeholder, scalar: of the other two
    dropout_offset: tf.Tensor  # placeholder int64 [3]: accuracy, loss and training pass
    W_conv1: tf.Variable  # [5, 5, 1, 32]
    b_conv1: tf.Variable
    h_conv1: tf.Tensor  # [n, 28, 28, 32]
    h_pool1: tf.Tensor  # [n, 14, 14, 32]
    W_conv2: tf.Variable  # [5, 5, 32, 64]
    b_conv2: tf.Variable
    h_conv2: tf.Tensor  # [n, 14, 14, 64]
    h_pool2: tf.Tensor  # [n, 7, 7, 64]
    W_fc1: tf.Variable  # [3136, 1024]
    b_fc1: tf.Variable
    h_fc1: tf.Tensor  # [n, 1024]
    W_fc2: tf.Variable  # [1024, 10]
    b_fc2: tf.Variable
    at_train_accuracy: Readout
    at_train_loss: Readout
    training: Readout
    test: Readout
    train_step: tf.Operation  # the update alone
    measured_train_step: tf.Operation  # the update, after both evaluations of the batch
    initializer: tf.Operation
    saver: tf.train.Saver

    @property
    def trained(self) -> list[tf.Variable]:
        """The trained variables, in the order of their creation."""
        return [self.W_conv1, self.b_conv1, self.W_conv2, self.b_conv2,
                self.W_fc1, self.b_fc1, self.W_fc2, self.b_fc2]


def build_lenet5(settings: CnnSettings) -> LeNet5:
    """Build the graph of part 1b, items 1 to 7, for ``settings``, seeded with ``settings.seed``."""
    activation = ACTIVATIONS[settings.act]
    fc_activation = ACTIVATIONS[settings.fc_act]
    graph = tf.Graph()
    with graph.as_default():
        tf.set_random_seed(settings.seed)
        tf_data = tf.placeholder(tf.float32, shape=[None, IMSIZE, IMSIZE, NCHANNELS],
                                 name='tf_data')
        tf_labels = tf.placeholder(tf.float32, shape=[None, NCLASS], name='tf_labels')

        def weight(shape: list[int]) -> tf.Variable:
            return weight_variable(shape, settings.init, settings.stddev)

        W_conv1 = weight([5, 5, 1, 32])
        b_conv1 = bias_variable([32], settings.bias)
        h_conv1 = activation(conv2d_without_input_gradient(tf_data, W_conv1) + b_conv1)
        h_pool1 = max_pool_2x2(h_conv1)

        W_conv2 = weight([5, 5, 32, 64])
        b_conv2 = bias_variable([64], settings.bias)
        h_conv2 = activation(conv2d(h_pool1, W_conv2) + b_conv2)
        h_pool2 = max_pool_2x2(h_conv2)

        W_fc1 = weight([7 * 7 * 64, FC1_UNITS])
        b_fc1 = bias_variable([FC1_UNITS], settings.bias)
        h_pool2_flat = tf.reshape(h_pool2, [-1, 7 * 7 * 64])
        h_fc1 = fc_activation(tf.matmul(h_pool2_flat, W_fc1) + b_fc1)
        # dropout
        keep_prob = tf.placeholder(tf.float32, shape=[], name='keep_prob')
        eval_keep_prob = tf.placeholder(tf.float32, shape=[], name='eval_keep_prob')
        dropout_offset = tf.placeholder(tf.int64, shape=[3], name='dropout_offset')
        dropout_seeds = next_op_seeds()  # taken here, so that W_fc2 gets the next ones

        W_fc2 = weight([FC1_UNITS, NCLASS])
        b_fc2 = bias_variable([NCLASS], settings.bias)

        def readout(h_fc1_drop: tf.Tensor) -> Readout:
            y_conv = tf.matmul(h_fc1_drop, W_fc2) + b_fc2
            cross_entropy = tf.reduce_mean(
                tf.nn.softmax_cross_entropy_with_logits(labels=tf_labels, logits=y_conv))
            correct_prediction = tf.equal(tf.argmax(y_conv, 1), tf.argmax(tf_labels, 1))
            accuracy = tf.reduce_mean(tf.cast(correct_prediction, tf.float32))
            return Readout(y_conv, cross_entropy, correct_prediction, accuracy)

        at_train_accuracy, at_train_loss, training = (
            readout(dropout(h_fc1, keep, dropout_seeds, dropout_offset[draw]))
            for draw, keep in enumerate((eval_keep_prob, eval_keep_prob, keep_prob)))
        test = readout(h_fc1)

        # optimization
        optimizer = optimizer_of(settings)
        gradients = optimizer.compute_gradients(training.cross_entropy)
        train_step = optimizer.apply_gradients(gradients)
        with tf.control_dependencies([at_train_accuracy.accuracy, at_train_loss.cross_entropy]):
            measured_train_step = optimizer.apply_gradients(gradients)

        return LeNet5(
            graph, tf_data, tf_labels, keep_prob, eval_keep_prob, dropout_offset,
            W_conv1, b_conv1, h_conv1, h_pool1, W_conv2, b_conv2, h_conv2, h_pool2,
            W_fc1, b_fc1, h_fc1, W_fc2, b_fc2,
            at_train_accuracy, at_train_loss, training, test,
            train_step, measured_train_step,
            tf.global_variables_initializer(), tf.train.Saver(max_to_keep=None))


def lenet5_session(net: LeNet5, threads: int) -> tf.Session:
    """A session with the bits of the listing's `tf.InteractiveSession`."""
    return session(net.graph, threads, interactive=True)


def dropout_offsets(step: int, batch_size: int, n_test: int) -> list[int]:
    """The offsets of the listing's stream at its three passes over the batch of ``step`` (from 0).

    At every step the listing draws noise for train accuracy, train loss (``batch_size`` images
    each), test accuracy, test loss (``n_test`` each) and training (``batch_size``), in this order.
    """
    per_image = COUNTS_PER_VALUE * FC1_UNITS
    start = step * (3 * batch_size + 2 * n_test)
    images_before = (start, start + batch_size, start + 2 * batch_size + 2 * n_test)
    return [per_image * images for images in images_before]
