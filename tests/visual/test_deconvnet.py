"""The deconvnet against a gradient with replaced backward passes, written independently."""

import numpy as np
import pytest

from elec576.tf1 import tf
from elec576.visual.deconvnet import LAYERS, activation_of, crop, deconvnet, switches, unpool
from elec576.visual.features import reconstruct

BACKWARD = {'relu': tf.nn.relu, 'sigmoid': tf.nn.relu, 'tanh': tf.identity}
FORWARD = {'relu': tf.nn.relu, 'sigmoid': tf.nn.sigmoid, 'tanh': tf.nn.tanh}


def replaced_gradient(trained, layer: str, images: np.ndarray, maps, positions) -> np.ndarray:
    """The gradient [n, 28, 28] of the chosen activations by the images, times the activations.

    The backward pass of every activation function is replaced: its slope by a rectification of the
    signal (relu, sigmoid) or by nothing (tanh).
    """
    act = trained.settings.act

    @tf.custom_gradient
    def activation(x):
        return FORWARD[act](x), lambda signal: BACKWARD[act](signal)

    W_conv1, b_conv1, W_conv2, b_conv2 = trained.sess.run(trained.net.trained[:4])
    with tf.Graph().as_default(), tf.Session() as sess:
        x = tf.constant(images, tf.float32)
        h = activation(tf.nn.conv2d(x, W_conv1, [1, 1, 1, 1], 'SAME') + b_conv1)
        if layer == 'conv2':
            pooled = tf.nn.max_pool(h, [1, 2, 2, 1], [1, 2, 2, 1], 'SAME')
            h = activation(tf.nn.conv2d(pooled, W_conv2, [1, 1, 1, 1], 'SAME') + b_conv2)
        chosen = tf.gather_nd(h, [[k, row, column, number] for k, ((row, column), number)
                                  in enumerate(zip(positions, maps))])
        gradient, = tf.gradients(chosen, x)
        value, gradient = sess.run([chosen, gradient])
    return value[:, None, None] * gradient[..., 0]


def alive_maps(trained, layer: str) -> np.ndarray:
    """For each test image, a map that it excites: another one for each."""
    h = trained.sess.run(activation_of(trained.net, layer),
                         {trained.net.tf_data: trained.test.images})
    return np.array([np.flatnonzero(one.max(axis=(0, 1)) > 0)[k] for k, one in enumerate(h)])


@pytest.mark.parametrize('layer', LAYERS)
@pytest.mark.parametrize('act, steps', [('relu', 0), ('relu', 5), ('tanh', 0), ('sigmoid', 3)])
def test_is_the_replaced_gradient(make_trained, layer, act, steps):
    trained = make_trained(act, steps)
    maps = alive_maps(trained, layer)
    strongest, positions, ours = reconstruct(
        trained, deconvnet(trained.net, layer, act), trained.sess, np.arange(len(maps)), maps)
    oracle = replaced_gradient(trained, layer, trained.test.images, maps, positions)
    scale = np.abs(oracle).max(axis=(1, 2), keepdims=True)
    assert (strongest != 0).all() and (scale > 0).all()
    assert np.abs(ours - oracle).max() <= 1e-6 * scale.max()
    assert (np.abs(ours - oracle) <= 1e-5 * scale).all()


def test_ties_are_there_and_fall_as_in_the_gradient(make_trained):
    """On a flat image all inner windows tie."""
    trained = make_trained('relu', 0)
    net, flat = trained.net, np.full((1, 28, 28, 1), 0.5)
    h = trained.sess.run(net.h_conv1, {net.tf_data: flat})[0, 4:24, 4:24]
    assert (h == h[0, 0]).all()  # every window of the inside is a tie of four
    graph = deconvnet(net, 'conv2', 'relu')
    for number in range(0, 64, 7):
        value, positions, ours = trained.sess.run(
            [graph.strongest, graph.position, graph.reconstruction],
            {net.tf_data: flat, graph.maps: [number]})
        oracle = replaced_gradient(trained, 'conv2', flat, [number], positions)
        assert np.allclose(ours[..., 0], oracle, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize('levels', [1, 2, 3, 1000])
@pytest.mark.parametrize('size', [28, 7])
def test_switches_are_those_of_the_gradient_of_max_pooling(levels, size):
    rng = np.random.RandomState(levels)
    with tf.Graph().as_default(), tf.Session() as sess:
        h = tf.placeholder(tf.float32, [None, size, size, 5])
        pooled = tf.nn.max_pool(h, [1, 2, 2, 1], [1, 2, 2, 1], 'SAME')
        signal = tf.placeholder(tf.float32, pooled.shape)
        unpooled = unpool(signal, switches(h), like=h)
        gradient, = tf.gradients(pooled, h, signal)
        for _ in range(5):
            values = rng.randint(0, levels, (3, size, size, 5)).astype(np.float32)
            signals = rng.normal(size=(3, -(-size // 2), -(-size // 2), 5))
            ours, oracle = sess.run([unpooled, gradient], {h: values, signal: signals})
            assert (ours == oracle).all()


@pytest.mark.parametrize('size', [28, 14, 9])
def test_unpooling_inverts_pooling_at_the_maxima_and_is_zero_elsewhere(size):
    rng = np.random.RandomState(size)
    with tf.Graph().as_default(), tf.Session() as sess:
        h = tf.placeholder(tf.float32, [None, size, size, 4])
        pooled = tf.nn.max_pool(h, [1, 2, 2, 1], [1, 2, 2, 1], 'SAME')
        unpooled = unpool(pooled, switches(h), like=h)
        for _ in range(20):
            # negative values too: a maximum below 0 must come back as well
            values = rng.normal(rng.uniform(-3, 3), size=(2, size, size, 4)).astype(np.float32)
            maxima, back = sess.run([pooled, unpooled], {h: values})
            assert (back != 0).sum() == maxima.size  # one place for each maximum
            assert (back[back != 0] == values[back != 0]).all()
            for row in range(maxima.shape[1]):
                for column in range(maxima.shape[2]):
                    window = back[:, 2 * row:2 * row + 2, 2 * column:2 * column + 2]
                    assert (window.sum(axis=(1, 2)) == maxima[:, row, column]).all()


@pytest.mark.parametrize('layer', LAYERS)
def test_nothing_beyond_the_receptive_field(make_trained, layer):
    """A reconstruction lies in what `crop` cuts out; the pixels outside do not move the unit."""
    trained = make_trained('relu', 0)
    net, geometry = trained.net, LAYERS[layer]
    maps = alive_maps(trained, layer)
    graph = deconvnet(net, layer, 'relu')
    strongest, positions, pixels = reconstruct(trained, graph, trained.sess,
                                               np.arange(len(maps)), maps)
    parts = crop(pixels, layer, positions)
    assert parts.shape == (len(maps), geometry.field, geometry.field)
    assert np.allclose(np.nansum(np.abs(parts), axis=(1, 2)), np.abs(pixels).sum(axis=(1, 2)))
    seen = np.zeros((len(maps), 28, 28), bool)
    for k, (row, column) in enumerate(positions * geometry.stride + geometry.start):
        seen[k, max(row, 0):row + geometry.field, max(column, 0):column + geometry.field] = True
    other = np.where(seen[..., None], trained.test.images, 0.9)
    h = trained.sess.run(activation_of(net, layer), {net.tf_data: other})
    again = h[np.arange(len(maps)), positions[:, 0], positions[:, 1], maps]
    assert np.allclose(again, strongest, atol=1e-6)


def test_a_map_that_nothing_excites_gives_zero(make_trained):
    trained = make_trained('relu', 0)
    net, graph = trained.net, deconvnet(trained.net, 'conv1', 'relu')
    black = np.zeros((1, 28, 28, 1))
    before = trained.sess.run(net.b_conv1)
    try:
        net.b_conv1.load(-np.ones(32), trained.sess)
        value, pixels = trained.sess.run([graph.strongest, graph.reconstruction],
                                         {net.tf_data: black, graph.maps: [3]})
    finally:
        net.b_conv1.load(before, trained.sess)
    assert (value == 0).all() and (pixels == 0).all()
