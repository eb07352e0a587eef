"""TensorFlow 1's graph mode on today's TensorFlow: the one place that imports it.

``rnn_cell`` and ``rnn`` are the report's own imports (part 3a). They are taken from
``tensorflow.python.ops`` because ``tf.compat.v1.nn.rnn_cell`` needs the separate package tf_keras
under Keras 3 and raises ``ModuleNotFoundError`` without it.
"""

import contextlib
import os
import sys
import tempfile
import warnings

from elec576 import machine

# Standard error is for progress and for our own error line. TensorFlow raises its real errors as
# exceptions.
os.environ.setdefault('TF_CPP_MIN_LOG_LEVEL', '3')
if machine.pinned() is None:
    machine.pin_kernels('avx2')


@contextlib.contextmanager
def _without_banners():
    """Silence file descriptor 2 during an import, unless the import fails.

    TensorFlow's C++ libraries print banners while they are loaded, before any setting is read.
    """
    sys.stderr.flush()
    terminal = os.dup(2)
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


with _without_banners():
    import tensorflow.compat.v1 as tf
    from tensorflow.python.ops import rnn, rnn_cell

tf.logging.set_verbosity(tf.logging.ERROR)
tf.disable_v2_behavior()
# the report's cells are deprecated and warn about it, but the report needs them
warnings.filterwarnings('ignore', r'`tf\.nn\.rnn_cell\.|`layer\.add_variable`', UserWarning)

__all__ = ['rnn', 'rnn_cell', 'session', 'tf']


def session(graph: tf.Graph, threads: int, interactive: bool = False) -> tf.Session:
    """A session on ``graph`` that computes with ``threads`` threads.

    Both arguments decide the last bits of a result. The number of threads decides how sums are
    split. ``interactive`` gives the bits of the `tf.InteractiveSession` in which the report's CNN
    runs, without a global session: that class (python/client/session.py) always sets
    `place_pruned_graph`, and a graph pruned before it is placed is fused into other kernels. A
    GPU is never used: its kernels give other bits.
    """
    return tf.Session(graph=graph, config=tf.ConfigProto(
        device_count={'GPU': 0},
        intra_op_parallelism_threads=threads, inter_op_parallelism_threads=threads,
        graph_options=tf.GraphOptions(place_pruned_graph=interactive)))
