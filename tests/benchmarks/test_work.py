"""What is timed, and the multiply-adds of a step against counts made in other ways."""

import itertools

import numpy as np
import pytest
from benchmarks import work

from elec576.graphs.lenet5 import build_lenet5
from elec576.graphs.rnn import build_rnn
from elec576.settings import CnnSettings, RnnSettings
from elec576.tf1 import tf


def test_the_rnns_batches_are_epochs(monkeypatch):
    monkeypatch.setitem(work.OF_THE_REPORT, 'few', RnnSettings(batch_size=3))
    monkeypatch.setattr(work, 'MNIST_TRAIN', 10)
    drawn = [images for images, _ in itertools.islice(work.batches('few'), 6)]
    for epoch in (drawn[:3], drawn[3:]):
        assert len({image.tobytes() for batch in epoch for image in batch}) == 9
    assert not np.array_equal(drawn[0], drawn[3])


def test_lasting():
    assert work.lasting(CnnSettings(), 7, threads=2, eval_every=1) == CnnSettings(
        steps=7, threads=2, eval_every=1)
    assert work.lasting(RnnSettings(batch_size=20), 7, threads=2).steps == 7


def test_the_listing_tests_on_as_many_images():
    settings = work.as_listed(work.LENET5_MNIST, 3, threads=1)
    assert 10 * settings.test_per_class == work.sizes(work.LENET5_MNIST)[1] == 10000
    assert settings.dataset == 'cifar10' and settings.steps == 3


def test_lenet5_by_hand():
    conv1 = 28 * 28 * 32 * (5 * 5 * 1)  # each of the outputs sums so many products
    conv2 = 14 * 14 * 64 * (5 * 5 * 32)
    fc1, fc2 = (7 * 7 * 64) * 1024, 1024 * 10
    assert work.multiply_adds(CnnSettings(batch_size=7)) == 7 * (2 * conv1
                                                                 + 3 * (conv2 + fc1 + fc2))


def forward_products(net, tensor: tf.Tensor, feed: dict) -> int:
    """The multiply-adds of all products below ``tensor``, from the shapes that they really have."""
    found, queue = set(), [tensor.op]
    while queue:
        op = queue.pop()
        if op not in found:
            found.add(op)
            queue += [source.op for source in op.inputs]
    several = [op for op in found if op.type in ('MatMul', 'Conv2D')]
    with tf.Session(graph=net.graph) as sess:
        sess.run(net.initializer)
        values = sess.run([(op.inputs[1], op.outputs[0]) for op in several], feed)
    # an output is a sum over all of the weight's axes but the last
    return sum(output.size * weight.size // weight.shape[-1] for weight, output in values)


def test_lenet5_against_its_graph():
    net = build_lenet5(CnnSettings())
    forward = forward_products(net, net.test.y_conv, {net.tf_data: np.zeros((4, 28, 28, 1))})
    images = 4 * 28 * 28 * 32 * 25  # whose gradient is not needed
    assert work.multiply_adds(CnnSettings(batch_size=4)) == 3 * forward - images


@pytest.mark.parametrize('cell', work.CELLS)
def test_rnn_against_its_graph(cell):
    settings = RnnSettings(cell=cell, hidden=6, batch_size=50)
    net = build_rnn(settings)
    forward = forward_products(net, net.pred, {net.x: np.zeros((50, 28, 28))})
    columns = {'basic': 1, 'gru': 3, 'lstm': 4}[cell] * 6
    rows, state = 28 * 50 * 28 * columns, 50 * 6 * columns  # the images, and the first state
    assert work.multiply_adds(settings) == 3 * forward - rows - state
