"""The layers of LeNet5: functions from tensors to tensors.

Dropout needs care. ``tf.nn.dropout`` draws its noise from a *stateful* Philox stream: every
call advances the stream, so skipping one evaluation would change every later mask. Here the same
numbers come from a *stateless* op that takes the offset in the stream as an input, so a skipped
evaluation costs nothing and changes nothing.

How the stateful stream runs (TensorFlow's sources):

* ``core/util/guarded_philox_random.h``: a ``RandomUniform`` kernel keeps one Philox4x32-10
  generator, keyed by the graph seed, with the op seed in the upper half of its 128-bit counter.
* ``ReserveRandomOutputs(n, 256)`` there advances the lower half of the counter by ``256 * n`` at
  every call that draws ``n`` values, even if it needs fewer.
* ``python/ops/random_ops.py`` and ``framework/random_seed.py``: op seeds are handed out in the
  order in which ops ask for them (`W_conv1` 0, `W_conv2` 1, `W_fc1` 2, dropout 3, `W_fc2` 4).
* ``StatelessRandomUniformV2`` with ``alg=1`` (Philox), ``key=[graph seed]`` and
  ``counter=[offset, op seed]`` starts from exactly that state and makes floats with the same code.

``tests/graphs/test_layers.py`` compares the two draw by draw and fails if a TensorFlow version
draws differently.
"""

import numpy as np

from elec576.tf1 import tf

ACTIVATIONS = {'relu': tf.nn.relu, 'tanh': tf.nn.tanh, 'sigmoid': tf.nn.sigmoid}

PHILOX = 1
COUNTS_PER_VALUE = 256


def conv2d(x: tf.Tensor, W: tf.Variable) -> tf.Tensor:
    """Convolution with stride 1: [n, h, w, Cin] and [kh, kw, Cin, Cout] give [n, h, w, Cout]."""
    return tf.nn.conv2d(x, W, strides=[1, 1, 1, 1], padding='SAME')


@tf.RegisterGradient('FilterOnly')
def _filter_gradient(op: tf.Operation, grad: tf.Tensor) -> list[tf.Tensor | None]:
    return [None, tf.nn.conv2d_backprop_filter(
        op.inputs[0], tf.shape(op.inputs[1]), grad, strides=[1, 1, 1, 1], padding='SAME')]


def conv2d_without_input_gradient(x: tf.Tensor, W: tf.Variable) -> tf.Tensor:
    """`conv2d` without a gradient with respect to ``x``.

    Of the images, TensorFlow would compute it at every step although nothing uses it, in a tenth
    of LeNet5's time: ``tf.gradients`` joins the gradients of an op by control dependencies.
    """
    with tf.get_default_graph().gradient_override_map({'Conv2D': 'FilterOnly'}):
        return conv2d(x, W)


def max_pool_2x2(x: tf.Tensor) -> tf.Tensor:
    """Max pooling by 2: [n, h, w, C] gives [n, ceil(h/2), ceil(w/2), C]."""
    return tf.nn.max_pool(x, ksize=[1, 2, 2, 1], strides=[1, 2, 2, 1], padding='SAME')


def next_op_seeds() -> tuple[int, int]:
    """The (graph seed, op seed) pair that the next random op of the default graph would get."""
    return tf.get_seed(None)


def philox_uniform(shape: tf.Tensor, seeds: tuple[int, int], offset: tf.Tensor) -> tf.Tensor:
    """What a stateful ``RandomUniform`` with ``seeds`` draws at ``offset`` of its stream.

    Args:
        shape: int32 [rank], as for ``tf.random_uniform``.
        seeds: the op's ``seed`` and ``seed2``.
        offset: int64 scalar; 256 times the number of values that the op has drawn before.

    Returns:
        float32 values in [0, 1).
    """
    graph_seed, op_seed = (np.uint64(seed) for seed in seeds)
    return tf.raw_ops.StatelessRandomUniformV2(
        shape=shape,
        key=tf.constant([graph_seed], tf.uint64),
        counter=tf.stack([tf.cast(offset, tf.uint64), tf.constant(op_seed, tf.uint64)]),
        alg=PHILOX,
        dtype=tf.float32)


def dropout(x: tf.Tensor, keep_prob: tf.Tensor, seeds: tuple[int, int],
            offset: tf.Tensor) -> tf.Tensor:
    """``tf.nn.dropout(x, keep_prob)`` with the noise that its stream holds at ``offset``.

    TensorFlow's own dropout graph, with only the source of the noise replaced.
    """
    def noise(shape, dtype):
        del dtype  # always float32, as x
        values = philox_uniform(shape, seeds, offset)
        values.set_shape(x.shape)
        return values

    return tf.nn.experimental.general_dropout(x, rate=1 - keep_prob, uniform_sampler=noise)
