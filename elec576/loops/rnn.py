"""The loop of the report's part 3: train, then evaluate the same batch at every display step."""

from typing import Callable, Iterator

import numpy as np

from elec576.data import DataSet, ImageSet, load_mnist
from elec576.graphs.rnn import RnnGraph, build_rnn, nInput, nSteps, rnn_session
from elec576.loops.history import RNN_COLUMNS, History
from elec576.loops.program import Inputs, Measured
from elec576.settings import RnnSettings
from elec576.tf1 import tf


def load(settings: RnnSettings, data: str | None = None) -> Inputs:
    """MNIST as TF1 reads it; the test images as rows [n, 28, 28].

    Raises:
        UserError: there is no such data.
    """
    mnist, origin = load_mnist(data, np.random.RandomState(settings.seed))
    test = ImageSet(mnist.test.images.reshape((-1, nSteps, nInput)), mnist.test.labels)
    return Inputs(mnist.train, test, mnist.train, origin)


def evaluate(net: RnnGraph, sess: tf.Session, data: ImageSet
             ) -> tuple[np.float32, np.float32, np.ndarray]:
    """Accuracy, cost and which images are classified right (bool [n]), in one forward pass."""
    return sess.run([net.accuracy, net.cost, net.correctPred],
                    {net.x: data.images, net.y: data.labels})


def train_rnn(net: RnnGraph, sess: tf.Session, inputs: Inputs, settings: RnnSettings,
              history: History, echo: Callable[[str], None], start: int = 0) -> Iterator[int]:
    """Train from step ``start`` (0: the beginning) on, recording into ``history``.

    Yields the number of steps done after every update.

    Args:
        inputs: as `load` gives them.
        echo: takes the starter code's lines.
    """
    batchSize, train = settings.batch_size, inputs.train
    assert isinstance(train, DataSet)
    for _ in range(start):
        train.next_batch(batchSize)  # of a step that is done: only the data set has to move on
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
            test_accuracy, test_loss, _ = evaluate(net, sess, inputs.test)
            history.record(step, iteration=step * batchSize,
                           test_accuracy=test_accuracy, test_loss=test_loss)
        yield step


def measure(net: RnnGraph, sess: tf.Session, inputs: Inputs,
            echo: Callable[[str], None]) -> Measured:
    """The listing's end: accuracy and loss on the test set."""
    echo('Optimization finished')
    test_accuracy, test_loss, correct = evaluate(net, sess, inputs.test)
    echo('Testing Accuracy: ' + str(test_accuracy))
    echo('Testing loss: ' + str(test_loss))
    return Measured(test_accuracy, test_loss, correct)


# what `elec576.loops.program.Program` names, beside `load` and `measure`
columns = RNN_COLUMNS
build = build_rnn
session = rnn_session
steps = train_rnn
