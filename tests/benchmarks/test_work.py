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


def products(net, train_step: tf.Operation, feed: dict) -> int:
    """The multiply-adds of all products that a step runs, from the shapes that they really have."""
    found, queue = set(), [train_step]
    while queue:
        op = queue.pop()
        if op not in found:
            found.add(op)
            queue += [source.op for source in op.inputs] + list(op.control_inputs)
    count = 0
    with tf.Session(graph=net.graph) as sess:
        sess.run(net.initializer)
        for op in found:
            if op.type == 'MatMul':
                a, out = sess.run([op.inputs[0], op.outputs[0]], feed)
                count += out.size * a.shape[0 if op.get_attr('transpose_a') else 1]
            elif op.type.startswith('Conv2D'):
                # input, or its sizes; filter, or its sizes; output, or its gradient
                values = sess.run([*op.inputs, op.outputs[0]], feed)
                kernel = {'Conv2D': 1, 'Conv2DBackpropInput': 1, 'Conv2DBackpropFilter': 3}[op.type]
                image = {'Conv2D': 2, 'Conv2DBackpropInput': 2, 'Conv2DBackpropFilter': 2}[op.type]
                count += values[image].size * values[kernel].size // values[kernel].shape[-1]
    return count


def test_lenet5_against_its_graph():
    net = build_lenet5(CnnSettings(batch_size=4))
    feed = {net.tf_data: np.zeros((4, 28, 28, 1)), net.tf_labels: np.zeros((4, 10)),
            net.keep_prob: 0.5, net.dropout_offset: np.zeros(net.dropout_offset.shape.as_list())}
    assert products(net, net.train_step, feed) == work.multiply_adds(CnnSettings(batch_size=4))


@pytest.mark.parametrize('cell', work.CELLS)
def test_rnn_against_its_graph(cell):
    settings = RnnSettings(cell=cell, hidden=6, batch_size=5)
    net = build_rnn(settings)
    feed = {net.x: np.zeros((5, 28, 28)), net.y: np.zeros((5, 10))}
    assert products(net, net.optimizer, feed) == work.multiply_adds(settings)
