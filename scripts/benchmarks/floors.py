"""The floor of an operation: what TensorFlow's product and the memory ask for, the larger of

    its floating-point operations / the speed of TensorFlow's matrix product of its shape
    the bytes that it reads and writes / the memory bandwidth at the size of its working set

(Williams, Waterman, Patterson 2009, "Roofline"). A product [50, 78] x [78, 200] has 2 * 50 * 78 *
200 = 1.56 million operations; where such products run at 40 billion a second, its floor is 0.039
ms. Floors belong to the operations as the graph has them: fused ones would need fewer bytes.
"""

import math
from typing import Callable, NamedTuple, Sequence

import numpy as np

from benchmarks.worker import timed_calls

Product = tuple[int, int, int]  # m, k, n: [m, k] times [k, n]

# which hand on what they get, or look at its shape only
MOVES_NOTHING = ('Arg', 'Const', 'ExpandDims', 'Identity', 'NoOp', 'Reshape', 'Shape', 'ShapeN',
                 'StopGradient', 'VariableV2')
READS_WHAT_IT_WRITES = ('GatherV2', 'Slice', 'StridedSlice')


class Tensor(NamedTuple):
    """A shape, and the bytes of an element."""

    shape: tuple[int, ...]
    itemsize: int = 4

    @property
    def bytes(self) -> int:
        return math.prod(self.shape) * self.itemsize


class Op(NamedTuple):
    """An operation of a timeline. ``used``: its result is (or it is an update)."""

    kind: str  # TensorFlow's name, without oneDNN's prefix
    seconds: float
    inputs: tuple[Tensor, ...] = ()
    outputs: tuple[Tensor, ...] = ()
    used: bool = True


class Machine(NamedTuple):
    """Measured speeds: operations/s of products; bytes/s by the bytes of the working set."""

    products: dict[Product, float]
    bandwidth: dict[int, float]


def product_of(op: Op) -> tuple[Product, int] | None:
    """The matrix product that ``op`` is, and its floating-point operations; None: it is none.

    A convolution (stride 1, same size) is that of its patches (im2col) with its weights; only the
    taps inside the image count as operations.
    """
    if 'MatMul' in op.kind:
        m, n = op.outputs[0].shape
        k = math.prod(op.inputs[0].shape) // m
        return (m, k, n), 2 * m * k * n
    kind, inputs, output = op.kind.removeprefix('Fused'), op.inputs, op.outputs[:1]
    if kind not in ('Conv2D', 'Conv2DBackpropFilter', 'Conv2DBackpropInput'):
        return None
    weights, result = (tensor.shape for tensor in {
        'Conv2D': (*inputs[1:2], *output), 'Conv2DBackpropFilter': (*output, *inputs[2:3]),
        'Conv2DBackpropInput': inputs[1:3]}[kind])
    (height, width, channels, filters), (images, *size, _) = weights, result
    pixels, taps = images * math.prod(size), height * width * channels
    inside = math.prod(sum(length - abs(i - kernel // 2) for i in range(kernel))
                       for length, kernel in zip(size, (height, width)))
    return {'Conv2D': (pixels, taps, filters), 'Conv2DBackpropFilter': (taps, pixels, filters),
            'Conv2DBackpropInput': (pixels, filters, taps)}[kind], \
        2 * images * inside * channels * filters


def memory_of(op: Op) -> tuple[int, int]:
    """The bytes that ``op`` reads and writes, each tensor once, and those of its working set.

    What it writes may overwrite what it reads, so the larger of both is the working set.
    """
    read, written = (sum(tensor.bytes for tensor in some) for some in (op.inputs, op.outputs))
    if op.kind in MOVES_NOTHING:
        return 0, 0
    if op.kind.startswith('Apply'):  # updates all but the gradient, its last input, in place
        return 2 * read - op.inputs[-1].bytes, read
    if op.kind in READS_WHAT_IT_WRITES:
        read = written
    elif op.kind == 'MaxPoolGrad':  # oneDNN's goes by the places of the maxima
        read = sum(tensor.bytes for tensor in op.inputs[2:])
    return read + written, max(read, written)


def floor_of(op: Op, machine: Machine) -> float:
    """Seconds that ``op`` needs at least; 0 if nobody uses its result."""
    if not op.used:
        return 0.0
    moved, working_set = memory_of(op)
    sizes = sorted(machine.bandwidth)
    bandwidth = np.interp(math.log(max(1, working_set)), np.log(sizes),
                          [machine.bandwidth[size] for size in sizes])
    product = product_of(op)
    arithmetic = product[1] / machine.products[product[0]] if product else 0.0
    return max(arithmetic, moved / float(bandwidth))


def kinds_of(steps: Sequence[Sequence[Op]], machine: Machine) -> dict[str, dict]:
    """Of every kind of operation, means over steps of the same operations, the slowest first.

    Returns:
        by kind: 'count', 'seconds', 'flops', 'bytes', 'floor'.
    """
    found: dict[str, dict] = {}
    for op in (op for step in steps for op in step):
        row = found.setdefault(op.kind + ', unused' * (not op.used), {
            'count': 0, 'seconds': 0.0, 'flops': 0, 'bytes': 0, 'floor': 0.0})
        row['count'] += 1
        row['seconds'] += op.seconds
        row['flops'] += (product_of(op) or (None, 0))[1]
        row['bytes'] += memory_of(op)[0]
        row['floor'] += floor_of(op, machine)
    return {kind: {part: total / len(steps) for part, total in row.items()}
            for kind, row in sorted(found.items(), key=lambda item: -item[1]['seconds'])}


def probe(call: str, threads: int) -> Callable[[int], float]:
    """A call that measures the machine, with this process's kernels.

    Args:
        call: 'product M K N LAYOUT', TensorFlow's product of float32 matrices [M, K] and [K, N],
            of which LAYOUT ('plain' for none, 'first', 'second') is stored transposed; or
            'add BYTES', `a += b` of float32 vectors that are so large together.

    Returns:
        a function from a number of calls to so many times the fastest's seconds.
    """
    what, *words = call.split()
    function = _product(*words, threads=threads) if what == 'product' else _add(*words)
    return lambda steps: steps * min(timed_calls(function, 1, warm=False)
                                     for _ in range(steps + 1))


def _product(m: str, k: str, n: str, layout: str, threads: int) -> Callable[[], None]:
    from elec576.tf1 import session, tf
    rng = np.random.RandomState(0)
    with tf.Graph().as_default() as graph:
        first, second = (
            tf.Variable(rng.rand(*map(int, shape[::-1] if layout == name else shape)
                                 ).astype(np.float32))
            for name, shape in (('first', (m, k)), ('second', (k, n))))
        multiply = tf.matmul(first, second, layout == 'first', layout == 'second').op
        initializer = tf.global_variables_initializer()
    sess = session(graph, threads)
    sess.run(initializer)
    return sess.make_callable(multiply)


def _add(size: str) -> Callable[[], np.ndarray]:
    a, b = np.zeros((2, int(size) // 8), np.float32)
    return lambda: np.add(a, b, out=a)
