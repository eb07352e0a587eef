"""The machine's speed: products of large float32 matrices, by numpy's BLAS and by TensorFlow.

With the best kernels that the processor has, whatever ours are.
"""

from __future__ import annotations

from typing import Callable

import numpy as np
from threadpoolctl import threadpool_limits

from benchmarks.worker import timed_calls
from elec576.machine import has_instructions, pin_kernels

N = 2048
_threads = 1


def prepare(threads: int, isa: str, data: str | None) -> None:
    global _threads
    _threads = threads
    threadpool_limits(threads)
    pin_kernels('avx512' if has_instructions('avx512') else 'avx2')


def start(model: str, variant: str) -> Callable[[int], float]:
    """A function from a number of products of [N, N] matrices to their wall seconds."""
    a, b = (np.random.RandomState(seed).rand(N, N).astype(np.float32) for seed in range(2))
    if variant == 'numpy':
        product = np.empty_like(a)
        return lambda steps: timed_calls(lambda: np.matmul(a, b, out=product), steps)

    from elec576.tf1 import session, tf
    graph = tf.Graph()
    with graph.as_default():
        left, right = tf.Variable(a), tf.Variable(b)
        multiply = tf.matmul(left, right).op
        initializer = tf.global_variables_initializer()
    sess = session(graph, _threads)
    sess.run(initializer)
    return lambda steps: timed_calls(lambda: sess.run(multiply), steps)
