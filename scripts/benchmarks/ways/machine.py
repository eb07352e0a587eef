"""The machine's own speeds, for the roofline, with the kernels that a run uses.

Variants:

* `product M K N LAYOUT`: TensorFlow's product of float32 matrices [M, K] and [K, N]; the layout
  says which is stored transposed: 'plain', 'first' or 'second';
* `add BYTES` and `scale BYTES`: `a += b` and `a *= 1` of float32 vectors, so large altogether. They
  move 1.5 times and twice these bytes (as STREAM counts), and no others: what is written was read.

A speed is that of the fastest call (as STREAM's). What a call costs besides is that of the smallest
sizes: `product 1 1 1 plain`, `add 8` and `scale 8`.
"""

from typing import Callable

import numpy as np

from benchmarks.worker import timed_calls
from elec576.machine import pin_kernels

_threads = 1


def prepare(threads: int, isa: str, data: str | None) -> None:
    global _threads
    _threads = threads
    pin_kernels(isa)


def start(model: str, variant: str) -> Callable[[int], float]:
    """A function from a number of calls to so many times the fastest's wall seconds."""
    what, *words = variant.split()
    call = {'product': product, 'add': add, 'scale': scale}[what](*words)
    return lambda steps: steps * min(timed_calls(call, 1, warm=False) for _ in range(steps + 1))


def product(m: str, k: str, n: str, layout: str) -> Callable[[], None]:
    from elec576.tf1 import session, tf
    rng = np.random.RandomState(0)
    with tf.Graph().as_default() as graph:
        first, second = (
            tf.Variable(rng.rand(*map(int, shape[::-1] if layout == name else shape)
                                 ).astype(np.float32))
            for name, shape in (('first', (m, k)), ('second', (k, n))))
        multiply = tf.matmul(first, second, layout == 'first', layout == 'second').op
        initializer = tf.global_variables_initializer()
    sess = session(graph, _threads)
    sess.run(initializer)
    return sess.make_callable(multiply)


def add(size: str) -> Callable[[], np.ndarray]:
    a, b = np.zeros((2, int(size) // 8), np.float32)
    return lambda: np.add(a, b, out=a)


def scale(size: str) -> Callable[[], np.ndarray]:
    a, one = np.zeros(int(size) // 4, np.float32), np.float32(1)
    return lambda: np.multiply(a, one, out=a)
