"""The multiply-adds of a step, against counts made in other ways."""

import numpy as np
import pytest

from elec576.bench import arithmetic, work
from elec576.graphs.lenet5 import build_lenet5
from elec576.graphs.rnn import build_rnn
from elec576.settings import CnnSettings, RnnSettings
from elec576.tf1 import tf


def test_lenet5_by_hand():
    conv1 = 28 * 28 * 32 * (5 * 5 * 1)  # each of the outputs sums so many products
    conv2 = 14 * 14 * 64 * (5 * 5 * 32)
    fc1 = (7 * 7 * 64) * 1024
    fc2 = 1024 * 10
    an_image = 2 * conv1 + 3 * (conv2 + fc1 + fc2)
    assert arithmetic.training_step(CnnSettings(batch_size=50)) == 50 * an_image
    assert arithmetic.training_step(CnnSettings(batch_size=7)) == 7 * an_image


def test_convolution_counts_what_loops_do():
    count = 0
    for _ in np.ndindex(3, 4, 5):  # images, rows, columns
        for _ in np.ndindex(3, 3, 2):  # the kernel and its channels
            count += 6  # filters
    layer = arithmetic.convolution('', n=3, height=4, width=5, kernel=3, channels=2, filters=6)
    assert layer == ('', count, count, count)
    first = arithmetic.convolution('', 3, 4, 5, 3, 2, 6, first=True)
    assert first.training == 2 * count


@pytest.mark.parametrize('cell', work.CELLS)
def test_a_cell_row_by_row(cell):
    n, hidden = 3, 5
    forward = weights = inputs = 0
    for row in range(28):
        for _ in range({'basic': 1, 'gru': 3, 'lstm': 4}[cell]):
            forward += n * (28 + hidden) * hidden
            weights += (28 + hidden) * n * hidden
            if row:  # the state that the first row meets is constant
                inputs += n * hidden * hidden
    recurrent, output = arithmetic.rnn(cell, hidden, n)
    assert recurrent[1:] == (forward, weights, inputs)
    assert output.training == 3 * n * hidden * 10


def forward_products(net, tensor: tf.Tensor, feed: dict) -> int:
    """The multiply-adds of all products below ``tensor``, from the shapes that they really have."""
    found, queue = set(), [tensor.op]
    while queue:
        op = queue.pop()
        if op not in found:
            found.add(op)
            queue += [source.op for source in op.inputs]
    products = [op for op in found if op.type in ('MatMul', 'Conv2D')]
    with tf.Session(graph=net.graph) as sess:
        sess.run(net.initializer)
        values = sess.run([(op.inputs[1], op.outputs[0]) for op in products], feed)
    # an output is a sum over all of the weight's axes but the last
    return sum(output.size * weight.size // weight.shape[-1] for weight, output in values)


def test_lenet5_against_its_graph():
    net = build_lenet5(CnnSettings())
    feed = {net.tf_data: np.zeros((4, 28, 28, 1))}
    expected = sum(layer.forward for layer in arithmetic.lenet5(4))
    assert forward_products(net, net.test.y_conv, feed) == expected


@pytest.mark.parametrize('cell', work.CELLS)
def test_rnn_against_its_graph(cell):
    net = build_rnn(RnnSettings(cell=cell, hidden=6, batch_size=50))
    feed = {net.x: np.zeros((50, 28, 28))}
    expected = sum(layer.forward for layer in arithmetic.rnn(cell, 6, 50))
    assert forward_products(net, net.pred, feed) == expected
