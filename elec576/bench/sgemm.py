"""The machine's speed: large float32 matrix products, by numpy's BLAS and by TensorFlow."""

from __future__ import annotations

from typing import Callable

import numpy as np

from elec576.bench.timing import timed_calls

N = 2048
PACKAGES = ('numpy', 'tensorflow')
NUMPY, TENSORFLOW = 'numpy', 'tensorflow'


def variants(model: str) -> list[str]:
    return [NUMPY, TENSORFLOW]


def start(model: str, variant: str, threads: int) -> Callable[[int], float]:
    """A function that makes so many products of [N, N] matrices and returns their wall seconds.

    numpy's threads are set by the environment of the process (`elec576.bench.remote`).
    """
    a, b = (np.random.RandomState(seed).rand(N, N).astype(np.float32) for seed in range(2))
    if variant == NUMPY:
        product = np.empty_like(a)
        return lambda steps: timed_calls(lambda: np.matmul(a, b, out=product), steps)

    from elec576.tf1 import session, tf
    graph = tf.Graph()
    with graph.as_default():
        left, right = tf.Variable(a), tf.Variable(b)
        multiply = tf.matmul(left, right).op
        initializer = tf.global_variables_initializer()
    sess = session(graph, threads)
    sess.run(initializer)
    return lambda steps: timed_calls(lambda: sess.run(multiply), steps)
