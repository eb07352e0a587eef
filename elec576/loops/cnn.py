"""The loop of the report's part 1b: evaluate, print, train.

The listing evaluates twice on the batch and twice on the test set at every step. Here evaluations
that are not requested are skipped, which changes nothing: the dropout noise of each pass is read at
the listing's offset in the random stream (`elec576.graphs.layers`).
"""

import math
from typing import Callable, Iterator

import numpy as np

from elec576.data import DataSet, ImageSet, PixelSet, load_cifar10, load_mnist_images
from elec576.data.shuffler import BatchShuffler
from elec576.graphs.lenet5 import LeNet5, build_lenet5, dropout_offsets, lenet5_session
from elec576.loops.history import CNN_COLUMNS, History
from elec576.loops.program import Inputs, Measured
from elec576.settings import CnnSettings
from elec576.tf1 import tf

IMAGES_AT_ONCE = 100
ALIGNMENT = 64  # bytes, of a tensor
# From 2.3 on numpy adds all of an array pairwise: a sum is that of its halves' sums.
PAIRWISE = np.lib.NumpyVersion(np.__version__) >= '2.3.0'


def load(settings: CnnSettings, data: str | None = None) -> Inputs:
    """The images that ``settings`` ask for, and the report's shuffler over them.

    Raises:
        UserError: there is no such data, or fewer training images than a batch.
    """
    train: ImageSet | PixelSet
    if settings.dataset == 'mnist':
        train, test, origin = load_mnist_images(data)
    else:
        train, test, origin = load_cifar10(*settings.per_class, data)
    batches = BatchShuffler(len(train), settings.batch_size, settings.seed)
    return Inputs(train, test, batches, origin)


def evaluate(net: LeNet5, sess: tf.Session, data: ImageSet
             ) -> tuple[np.float32, np.float32, np.ndarray]:
    """Accuracy, cross entropy and which images are classified right (bool [n]), without dropout.

    The convolutional layers, which need the memory, see a part of the images at a time: what they
    give for an image does not depend on the others. What a matrix product gives does.
    """
    h_pool2 = aligned((len(data), *net.h_pool2.shape[1:]))
    for start in range(0, len(data), IMAGES_AT_ONCE):
        part = slice(start, start + IMAGES_AT_ONCE)
        h_pool2[part] = sess.run(net.h_pool2, {net.tf_data: data.images[part]})
    return sess.run([net.test.accuracy, net.test.cross_entropy, net.test.correct_prediction], {
        net.h_pool2: h_pool2, net.tf_labels: data.labels})


def aligned(shape: tuple[int, ...]) -> np.ndarray:
    """An empty float32 array that TensorFlow can be fed without copying it."""
    size = 4 * math.prod(shape)
    memory = np.empty(size + ALIGNMENT, np.uint8)
    start = -memory.ctypes.data % ALIGNMENT
    return memory[start:start + size].view(np.float32).reshape(shape)


def halves(images: np.ndarray) -> list[np.ndarray]:
    """``images`` in halves, these in halves, and so on, while they can be halved and are large."""
    found = [images]
    while len(found[0]) > IMAGES_AT_ONCE and len(found[0]) % 2 == 0:
        found = np.split(images, 2 * len(found))
    return found


def train_cnn(net: LeNet5, sess: tf.Session, inputs: Inputs, settings: CnnSettings,
              history: History, echo: Callable[[str], None], start: int = 0) -> Iterator[int]:
    """Train from step ``start`` on, recording into ``history``; yields the steps done.

    Args:
        inputs: as `load` gives them.
        echo: takes the report's lines.
    """
    train, test, batches = inputs.train, inputs.test, inputs.batches
    assert isinstance(batches, BatchShuffler) and not isinstance(train, DataSet)
    for _ in range(start):
        batches.next_batch()  # of a step that is done: only the generator has to move on
    for i in range(start, settings.steps):
        batch = train[batches.next_batch()]
        feed_dict = {
            net.tf_data: batch.images, net.tf_labels: batch.labels,
            net.keep_prob: settings.keep_prob,
            net.eval_keep_prob: settings.evaluation_keep_prob,
            net.dropout_offset: dropout_offsets(i, settings.batch_size, len(test))}
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
        yield i + 1


def measure(net: LeNet5, sess: tf.Session, inputs: Inputs, echo: Callable[[str], None]) -> Measured:
    """The listing's end: test accuracy, and part 1c's activation statistics and filters."""
    test_accuracy, test_loss, correct = evaluate(net, sess, inputs.test)
    echo('test accuracy %g' % test_accuracy)
    return Measured(test_accuracy, test_loss, correct,
                    activation_statistics(net, sess, inputs.test), sess.run(net.W_conv1))


def activation_statistics(net: LeNet5, sess: tf.Session,
                          test: ImageSet) -> dict[str, dict[str, float]]:
    """Part 1c: mean, standard deviation and variance of both convolutional layers on ``test``.

    The listing computes `var_h1` from `h2`; the numbers that it prints are of `h1`, as here. They
    are `np.mean`, `np.std` and `np.var` of the whole layer to the last bit; with numpy 2.3 or later
    in less memory.
    """
    def mean_of(layer: tf.Tensor, function: Callable[[np.ndarray], np.ndarray]) -> np.float32:
        sums = [np.sum(function(sess.run(layer, {net.tf_data: images})))
                for images in (halves(test.images) if PAIRWISE else [test.images])]
        while len(sums) > 1:
            sums = [one + other for one, other in zip(sums[::2], sums[1::2])]
        return np.float32(sums[0] / (len(test.images) * np.prod(layer.shape[1:].as_list())))

    statistics = {}
    for name, layer in (('h_conv1', net.h_conv1), ('h_conv2', net.h_conv2)):
        mean = mean_of(layer, np.asarray)
        variance = mean_of(layer, lambda h: np.square(off := h - mean, out=off))
        statistics[name] = {'mean': float(mean), 'standard_deviation': float(np.sqrt(variance)),
                            'variance': float(variance)}
    return statistics


# what `elec576.loops.program.Program` names, beside `load` and `measure`
columns = CNN_COLUMNS
build = build_lenet5
session = lenet5_session
steps = train_cnn
