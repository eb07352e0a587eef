"""Floors of operations, computed by hand for a made-up machine and timeline."""

import pytest
from benchmarks.floors import (
    Machine,
    Op,
    Tensor,
    floor_of,
    kinds_of,
    memory_of,
    product_of,
)


def op(kind: str, *shapes: tuple, seconds: float = 1.0, **options) -> Op:
    """The last shape is the output's."""
    *inputs, output = map(Tensor, shapes)
    return Op(kind, seconds, tuple(inputs), (output,), **options)


# an image of 6x4, 5x5 weights: 6*5 - 2*(1 + 2) rows of taps, 4*5 - 2*(1 + 2) columns
IMAGE, WEIGHTS, RESULT, TAPS = (7, 6, 4, 3), (5, 5, 3, 2), (7, 6, 4, 2), 24 * 14


@pytest.mark.parametrize('found, shape, operations', [
    (op('MatMul', (4, 5), (5, 6), (4, 6)), (4, 5, 6), 240),
    (op('FusedMatMul', (5, 4), (5, 6), (6,), (4, 6)), (4, 5, 6), 240),  # the first is transposed
    (op('Conv2D', IMAGE, WEIGHTS, RESULT), (168, 75, 2), 2 * 7 * TAPS * 6),
    (op('Conv2D', IMAGE, WEIGHTS, (2,), RESULT), (168, 75, 2), 2 * 7 * TAPS * 6),
    (op('Conv2DBackpropFilter', IMAGE, (4,), RESULT, WEIGHTS), (75, 168, 2), 2 * 7 * TAPS * 6),
    (op('Conv2DBackpropInput', (4,), WEIGHTS, RESULT, IMAGE), (168, 2, 75), 2 * 7 * TAPS * 6)])
def test_products(found, shape, operations):
    assert product_of(found) == (shape, operations)


def test_other_operations_are_no_products():
    assert product_of(op('Tanh', (4, 5), (4, 5))) is None


@pytest.mark.parametrize('found, moved, working_set', [
    (op('Mul', (10, 10), (10,), (10, 10)), 840, 440),
    (op('Slice', (10, 10), (2,), (2,), (5, 10)), 400, 200),
    (op('Reshape', (10, 10), (1,), (100,)), 0, 0),
    # weights, two moments: read and written; the learning rate and the gradient: read
    (op('ApplyAdam', (100,), (100,), (100,), (), (100,), (100,)), 7 * 400 + 8, 4 * 400 + 4)])
def test_memory(found, moved, working_set):
    assert memory_of(found) == (moved, working_set)


# bandwidth falls from 1000 to 100 bytes/s, halfway at the geometric mean of the sizes
MACHINE = Machine({(4, 5, 6): 120.0}, {100: 1000.0, 10000: 100.0})


@pytest.mark.parametrize('found, seconds', [
    (op('MatMul', (4, 5), (5, 6), (4, 6)), 2.0),  # 240 operations; its 296 bytes need less
    (op('Tanh', (250,), (250,)), 2000 / 550),
    (op('Tanh', (10,), (10,)), 80 / 1000),
    (op('Tanh', (5000,), (5000,)), 40000 / 100),
    (op('MatMul', (4, 5), (5, 6), (4, 6), used=False), 0.0)])
def test_floors(found, seconds):
    assert floor_of(found, MACHINE) == pytest.approx(seconds)


def test_kinds_are_means_over_steps():
    def step(seconds: float) -> list[Op]:
        product = ((4, 5), (5, 6), (4, 6))
        return [op('MatMul', *product, seconds=seconds), op('MatMul', *product),
                op('Tanh', (10,), (10,), seconds=9.0),
                op('MatMul', *product, seconds=0.5, used=False)]

    found = kinds_of([step(3.0), step(5.0)], MACHINE)
    assert list(found) == ['Tanh', 'MatMul', 'MatMul, unused']
    assert found['MatMul'] == {'count': 2, 'seconds': 5.0, 'flops': 480, 'bytes': 592,
                               'floor': pytest.approx(4.0)}
    assert found['MatMul, unused']['floor'] == 0 and found['Tanh']['seconds'] == 9.0
