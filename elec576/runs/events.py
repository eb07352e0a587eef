"""TensorBoard event files of a run (`tf.compat.v1.summary`).

Summaries are computed after an update and do not change the run: no op of a summary draws random
numbers, and none is fetched together with the training step. Scalars are written at
every evaluation; histograms of millions of values take a while, so they come with the report's log
lines (LeNet5) or test evaluations (recurrent networks) only.
"""

import contextlib
from pathlib import Path
from typing import Iterator, Mapping

import numpy as np

from elec576.errors import first_line
from elec576.graphs.lenet5 import LeNet5
from elec576.graphs.rnn import RnnGraph
from elec576.tf1 import tf

IMAGES = 50  # whose activations the histograms show


def merged_summary(net: LeNet5 | RnnGraph) -> tf.Tensor:
    """The merged summary of ``net``: weights, biases, activations; LeNet5's filters as an image."""
    with net.graph.as_default():
        if isinstance(net, RnnGraph):
            shown = {'weights_out': net.weights['out'], 'biases_out': net.biases['out']}
            shown |= {variable.op.name.removeprefix('rnn/'): variable for variable in net.trained
                      if variable.op.name.startswith('rnn/')}
            shown |= {f'outputs_{row}': net.outputs[row] for row in (0, len(net.outputs) - 1)}
            images = []
        else:
            shown = {name: getattr(net, name) for name in (
                'W_conv1', 'b_conv1', 'W_conv2', 'b_conv2', 'W_fc1', 'b_fc1', 'W_fc2', 'b_fc2',
                'h_conv1', 'h_conv2', 'h_fc1')}
            images = [tf.summary.image('filters', filter_grid(net.W_conv1))]
        return tf.summary.merge([tf.summary.histogram(name, values)
                                 for name, values in shown.items()] + images)


def filter_grid(W_conv1: tf.Variable, rows: int = 4, columns: int = 8) -> tf.Tensor:
    """The report's 4x8 grid of first-layer filters as one image, one pixel per weight.

    Args:
        W_conv1: [5, 5, 1, rows * columns].

    Returns:
        [1, rows * 6, columns * 6, 1]; each filter with a margin of one pixel of value 0.
    """
    size = W_conv1.shape.as_list()[0] + 1
    filters = tf.pad(W_conv1[:, :, 0, :], [[0, 1], [0, 1], [0, 0]])
    grid = tf.reshape(filters, [size, size, rows, columns])
    return tf.reshape(tf.transpose(grid, [2, 0, 3, 1]), [1, rows * size, columns * size, 1])


class Events:
    """The event file of one process of a run. OSError is raised if it cannot be written.

    Args:
        folder: where the file goes, beside those of earlier processes.
        images: of the test set, as they are fed; some of them, evenly spaced, are used.
        start: the step at which the process starts; TensorBoard then drops what earlier processes
            wrote for later steps before they were killed (a run's first START drops nothing).
    """

    def __init__(self, folder: Path, net: LeNet5 | RnnGraph, sess: tf.Session, images: np.ndarray,
                 start: int):
        placeholder = net.x if isinstance(net, RnnGraph) else net.tf_data
        self.feed_dict = {placeholder: images[::max(1, len(images) // IMAGES)][:IMAGES]}
        self.summary = merged_summary(net)
        self.sess = sess
        # files of processes that start in the same second would have the same name
        suffix = f'.{len(list(folder.glob("*")))}'
        with _writing():
            self.writer = tf.summary.FileWriter(str(folder), graph=None if start else net.graph,
                                                filename_suffix=suffix)
            self.writer.add_session_log(tf.SessionLog(status=tf.SessionLog.START),
                                        global_step=start + 1 if start else 0)

    def scalars(self, row: Mapping[str, float | np.floating]) -> None:
        """A row of the history, under its own step: `train/accuracy` and so on."""
        values = [tf.Summary.Value(tag=name.replace('_', '/', 1), simple_value=value)
                  for name, value in row.items() if name.startswith(('train_', 'test_'))]
        with _writing():
            self.writer.add_summary(tf.Summary(value=values), row['step'])

    def histograms(self, step: int) -> None:
        """Weights, biases and activations after ``step`` updates; none if one is NaN or infinite.

        No histogram can show those, and the next evaluation stops such a run.
        """
        try:
            summary = self.sess.run(self.summary, self.feed_dict)
        except tf.errors.InvalidArgumentError:
            return
        with _writing():
            self.writer.add_summary(summary, step)

    def flush(self) -> None:
        with _writing():
            self.writer.flush()

    def close(self) -> None:
        with _writing():
            self.writer.close()


@contextlib.contextmanager
def _writing() -> Iterator[None]:
    """Raise OSError for any error of the writer, e.g. IndexError on a full disk."""
    try:
        yield
    except Exception as error:
        raise OSError(first_line(error)) from None
