"""TensorFlow 1's graph mode on today's TensorFlow: the one place that imports it.

``rnn_cell`` and ``rnn`` are the report's own imports (part 3a). They are taken from
``tensorflow.python.ops`` because ``tf.compat.v1.nn.rnn_cell`` needs the separate package tf_keras
under Keras 3 and raises ``ModuleNotFoundError`` without it.
"""

import os

os.environ.setdefault('TF_CPP_MIN_LOG_LEVEL', '2')  # TensorFlow's banners are not the run's output

import tensorflow.compat.v1 as tf  # noqa: E402
from tensorflow.python.ops import rnn, rnn_cell  # noqa: E402

tf.disable_v2_behavior()
tf.logging.set_verbosity(tf.logging.ERROR)

__all__ = ['rnn', 'rnn_cell', 'session', 'tf']


def session(graph: tf.Graph, threads: int, interactive: bool = False) -> tf.Session:
    """A session on ``graph`` that computes with ``threads`` threads.

    Both arguments decide the last bits of a result. The number of threads decides how sums are
    split. ``interactive`` gives the bits of the `tf.InteractiveSession` in which the report's CNN
    runs, without making a global of it: that class (python/client/session.py) always sets
    `place_pruned_graph`, and a graph that is pruned before it is placed is fused into other kernels.
    """
    return tf.Session(graph=graph, config=tf.ConfigProto(
        intra_op_parallelism_threads=threads, inter_op_parallelism_threads=threads,
        graph_options=tf.GraphOptions(place_pruned_graph=interactive)))
