"""The replayed dropout stream against TensorFlow's own stateful one, draw by draw."""

import numpy as np
import pytest

from elec576.graphs.layers import COUNTS_PER_VALUE, dropout, philox_uniform
from elec576.tf1 import session, tf

DRAWS_OTHERWISE = (
    'This TensorFlow draws the noise of tf.nn.dropout differently from the versions that '
    'elec576.graphs.layers replays (see its docstring): runs that evaluate at other steps than the '
    'listing would no longer give its bits. Nothing trained on it is comparable.')


@pytest.mark.parametrize('graph_seed', [0, 1, 12345, 2**31 - 1])
def test_the_stateless_op_draws_what_the_stateful_one_draws(graph_seed):
    shapes = [(5, 7), (1000, 3), (1, 1), (50, 1024), (3, 1)]
    graph = tf.Graph()
    with graph.as_default():
        tf.set_random_seed(graph_seed)
        shape = tf.placeholder(tf.int32, [2])
        for _ in range(3):
            tf.random_uniform([1])  # takes an op seed, so that ours is not 0
        stateful = tf.random_uniform(shape)
        seeds = (stateful.op.get_attr('seed'), stateful.op.get_attr('seed2'))
        offset = tf.placeholder(tf.int64, [])
        stateless = philox_uniform(shape, seeds, offset)
    drawn = 0
    with session(graph, 1) as sess:
        for current in shapes:
            expected = sess.run(stateful, {shape: current})
            replayed = sess.run(stateless, {shape: current, offset: COUNTS_PER_VALUE * drawn})
            assert np.array_equal(replayed, expected), DRAWS_OTHERWISE
            drawn += expected.size


def test_a_far_offset_is_what_many_draws_reach():
    graph = tf.Graph()
    with graph.as_default():
        tf.set_random_seed(1)
        n = 2**20
        stateful = tf.random_uniform([n])
        seeds = (stateful.op.get_attr('seed'), stateful.op.get_attr('seed2'))
        offset = tf.placeholder(tf.int64, [])
        stateless = philox_uniform(tf.constant([8]), seeds, offset)
    with session(graph, 1) as sess:
        for call in range(20):  # past 2^32 counts, where a 32-bit offset would wrap
            expected = sess.run(stateful)[:8]
            replayed = sess.run(stateless, {offset: COUNTS_PER_VALUE * n * call})
            assert np.array_equal(replayed, expected), DRAWS_OTHERWISE


@pytest.mark.parametrize('keep', [0.5, 0.8, 1.0])
def test_dropout_gives_the_bits_of_tf_nn_dropout(keep):
    graph = tf.Graph()
    with graph.as_default():
        tf.set_random_seed(4)
        x = tf.placeholder(tf.float32, [None, 64])
        keep_prob = tf.placeholder(tf.float32, [])
        offset = tf.placeholder(tf.int64, [])
        reference = tf.nn.dropout(x, keep_prob)
        ours = dropout(x, keep_prob, (4, 0), offset)
        assert ours.shape.as_list() == reference.shape.as_list()
    values = np.random.RandomState(0).randn(10, 64).astype(np.float32)
    with session(graph, 1) as sess:
        for call in range(3):
            expected = sess.run(reference, {x: values, keep_prob: keep})
            got = sess.run(ours, {x: values, keep_prob: keep,
                                  offset: COUNTS_PER_VALUE * values.size * call})
            assert np.array_equal(got, expected), DRAWS_OTHERWISE
