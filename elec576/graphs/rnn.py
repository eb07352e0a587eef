"""The graph of the report's part 3: a recurrent cell that reads an MNIST image row by row."""

from typing import NamedTuple

from elec576.graphs.optimizers import optimizer_of
from elec576.settings import RnnSettings
from elec576.tf1 import rnn, rnn_cell, session, tf

nInput = 28  # the pixels of a row
nSteps = 28  # the rows of an image
nClasses = 10

CELLS = {
    'basic': rnn_cell.BasicRNNCell,
    'lstm': lambda nHidden: rnn_cell.BasicLSTMCell(nHidden, forget_bias=1.0),
    'gru': rnn_cell.GRUCell,
}


class RnnGraph(NamedTuple):
    """A recurrent network in a `tf.Graph` of its own; n is the number of images fed."""

    graph: tf.Graph
    x: tf.Tensor  # placeholder [n, 28, 28]
    y: tf.Tensor  # placeholder [n, 10], one-hot
    outputs: list[tf.Tensor]  # after each row, [n, hidden]
    weights: dict[str, tf.Variable]  # 'out': [hidden, 10]
    biases: dict[str, tf.Variable]  # 'out': [10]
    pred: tf.Tensor  # [n, 10] logits
    cost: tf.Tensor
    correctPred: tf.Tensor  # bool [n]
    accuracy: tf.Tensor
    optimizer: tf.Operation  # the update
    trained: list[tf.Variable]
    initializer: tf.Operation
    saver: tf.train.Saver


def build_rnn(settings: RnnSettings) -> RnnGraph:
    """Build the graph of part 3a/3b for ``settings``, seeded with ``settings.seed``."""
    nHidden = settings.hidden
    graph = tf.Graph()
    with graph.as_default():
        tf.set_random_seed(settings.seed)
        x = tf.placeholder('float', [None, nSteps, nInput], name='x')
        y = tf.placeholder('float', [None, nClasses], name='y')
        weights = {'out': tf.Variable(tf.random_normal([nHidden, nClasses]))}
        biases = {'out': tf.Variable(tf.random_normal([nClasses]))}

        def RNN(x, weights, biases):
            x = tf.transpose(x, [1, 0, 2])
            x = tf.reshape(x, [-1, nInput])
            x = tf.split(x, nSteps, 0)
            lstmCell = CELLS[settings.cell](nHidden)
            outputs, states = rnn.static_rnn(lstmCell, x, dtype=tf.float32)
            return outputs, tf.matmul(outputs[-1], weights['out']) + biases['out']

        outputs, pred = RNN(x, weights, biases)

        cost = tf.reduce_mean(
            tf.nn.softmax_cross_entropy_with_logits(logits=pred, labels=y))
        optimizer = optimizer_of(settings).minimize(cost)
        correctPred = tf.equal(tf.argmax(pred, 1), tf.argmax(y, 1))
        accuracy = tf.reduce_mean(tf.cast(correctPred, tf.float32))

        return RnnGraph(graph, x, y, outputs, weights, biases, pred, cost, correctPred, accuracy,
                        optimizer, tf.trainable_variables(), tf.global_variables_initializer(),
                        tf.train.Saver(max_to_keep=None))


def rnn_session(net: RnnGraph, threads: int) -> tf.Session:
    """A session with the bits of the listing's `tf.Session`."""
    return session(net.graph, threads)
