"""TensorFlow 1's graph mode on today's TensorFlow: the one place that imports it.

``rnn_cell`` and ``rnn`` are the report's own imports (part 3a). They are taken from
``tensorflow.python.ops`` because ``tf.compat.v1.nn.rnn_cell`` needs the separate package tf_keras
under Keras 3 and raises ``ModuleNotFoundError`` without it.
"""

import contextlib
import functools
import hashlib
import importlib
import os
import sys
import tempfile
import warnings

import numpy as np

from elec576 import machine

# Standard error is for progress and for our own error line. TensorFlow raises its real errors as
# exceptions.
os.environ.setdefault('TF_CPP_MIN_LOG_LEVEL', '3')

# What `fingerprint` is with TensorFlow 2.16.1, 2.19.0 and 2.21.0.
FINGERPRINTS = {'avx2': 'bbb45e28171df521', 'avx512': '1b67c52f1eca5320'}


@contextlib.contextmanager
def _without_banners():
    """Silence file descriptor 2 during an import, unless the import fails.

    TensorFlow's C++ libraries print banners while they are loaded, before any setting is read.
    """
    try:
        if sys.stderr is not None:
            sys.stderr.flush()
        terminal = os.dup(2)
    except OSError:  # closed by the caller, or without one: a service, Windows's pythonw
        yield
        return
    with tempfile.TemporaryFile() as banners:
        os.dup2(banners.fileno(), 2)
        try:
            yield
        except BaseException:
            banners.seek(0)
            os.write(terminal, banners.read())
            raise
        finally:
            os.dup2(terminal, 2)
            os.close(terminal)


@contextlib.contextmanager
def _keras_later():
    """Have TensorFlow load Keras when it is first used (`tf.keras`), not at once.

    At once it would bring scikit-learn, pandas and matplotlib along: a third of the time and a
    fifth of the memory of TensorFlow's import. That is its last line, where it takes an ImportError
    for a Keras that is not installed.
    """
    import_module = importlib.import_module

    def import_others(name: str, package: str | None = None):
        if name == 'keras.src.optimizers':
            raise ImportError(f'{name}: not yet')
        return import_module(name, package)

    importlib.import_module = import_others
    try:
        yield
    finally:
        importlib.import_module = import_module


# where Keras is loaded all the same, it draws with matplotlib
with machine.loading(), machine.any_display(), _without_banners(), _keras_later():
    import tensorflow.compat.v1 as tf
    from tensorflow.python.ops import rnn, rnn_cell

tf.logging.set_verbosity(tf.logging.ERROR)
tf.disable_v2_behavior()
# the report's cells are deprecated and warn about it, but the report needs them
warnings.filterwarnings('ignore', r'`tf\.nn\.rnn_cell\.|`layer\.add_variable`', UserWarning)

__all__ = ['FINGERPRINTS', 'fingerprint', 'rnn', 'rnn_cell', 'session', 'tf', 'use_kernels']


def use_kernels(isa: str) -> None:
    """`machine.pin_kernels` for a run that begins, and a look whether TensorFlow obeys.

    If it does not, that is said, and `machine.own_bits` says it from then on.

    Raises: as `machine.pin_kernels`.
    """
    machine.pin_kernels(isa)
    if machine.has_instructions(isa) and fingerprint() != FINGERPRINTS[isa]:
        machine.not_pinned()


@functools.cache
def fingerprint() -> str:
    """A digest of a convolution's gradient and a product's bits, at one and at three threads.

    The product tells the instruction sets apart. The gradient, of LeNet5's first layer, tells the
    numbers of threads apart, so whether sessions get those that they ask for. It takes some
    hundredths of a second; no later computation has other bits for it.
    """
    draw = np.random.RandomState(0).standard_normal
    images, gradients, left, right = (draw(shape).astype(np.float32) for shape in (
        (50, 28, 28, 1), (50, 28, 28, 32), (16, 800), (800, 64)))
    graph, digest = tf.Graph(), hashlib.sha256()
    with graph.as_default():
        # fed: constants would be computed while the graph is optimised, with other threads
        x, y, a, b = (tf.placeholder(tf.float32, fed.shape)
                      for fed in (images, gradients, left, right))
        found = [tf.nn.conv2d_backprop_filter(x, (5, 5, 1, 32), y, [1, 1, 1, 1], 'SAME'),
                 tf.matmul(a, b)]
    for threads in (1, 3):
        with session(graph, threads) as sess:
            for values in sess.run(found, {x: images, y: gradients, a: left, b: right}):
                digest.update(values.tobytes())
    return digest.hexdigest()[:16]


def session(graph: tf.Graph, threads: int, interactive: bool = False) -> tf.Session:
    """A session on ``graph`` that computes with ``threads`` threads.

    Both arguments decide the last bits of a result. The number of threads decides how sums are
    split. ``interactive`` gives the bits of the `tf.InteractiveSession` in which the report's CNN
    runs, without a global session: that class (python/client/session.py) always sets
    `place_pruned_graph`, and a graph pruned before it is placed is fused into other kernels. A
    GPU is never used: its kernels give other bits.
    """
    if machine.pinned() is None:
        machine.pin_kernels('avx2')
    return tf.Session(graph=graph, config=tf.ConfigProto(
        device_count={'GPU': 0},
        intra_op_parallelism_threads=threads, inter_op_parallelism_threads=threads,
        graph_options=tf.GraphOptions(place_pruned_graph=interactive)))
