"""The deconvnet of Zeiler & Fergus (2014, section 2.1) as graph functions on the LeNet5 record.

A deconvnet asks what in the input caused an activation. All other activations of the layer are
set to 0, and what is left is sent back down through the layers: *unpooled* into the places that the
pooling took its maxima from (the *switches*), *rectified*, and *filtered* with the transposed
weights of the convolution. Biases are not used.

**What it is a gradient of.** The chosen activation's value times its gradient with respect to the
image, where the backward pass of every ReLU is replaced by a rectification of the signal
(`tests/visual/test_deconvnet.py`). ReLU's own backward pass is another: it lets negative signals
through and blocks all signals where the activation was 0. A map that is 0 everywhere has nothing to
send back, so its reconstruction is 0.

**tanh and sigmoid.** The paper rectifies because relu feature maps are never negative, so that
their reconstructions should not be. By the same argument a sigmoid network is rectified here and a
tanh network, whose maps have either sign, is not. Either way the slope of the activation, by which
a gradient is multiplied, is left out. In a tanh network the starting value is negative if the whole
map is.

**Ties.** Where several values of a pooling window are its maximum, e.g. all four are 0, the switch
is the first of them in row order. TensorFlow's gradient of max pooling chooses the same.
"""

from typing import NamedTuple

import numpy as np

from elec576.graphs.lenet5 import LeNet5
from elec576.tf1 import tf

RECTIFIERS = {'relu': tf.nn.relu, 'sigmoid': tf.nn.relu, 'tanh': tf.identity}


class Layer(NamedTuple):
    """A convolutional layer's geometry: its unit i sees the pixels from stride * i + start on."""

    maps: int
    stride: int
    start: int
    field: int  # width and height of the receptive field


LAYERS = {'conv1': Layer(maps=32, stride=1, start=-2, field=5),
          'conv2': Layer(maps=64, stride=2, start=-6, field=14)}


class Deconvnet(NamedTuple):
    """For each of n images, the reconstruction of one map's strongest activation."""

    maps: tf.Tensor  # placeholder int32 [n]: the map to reconstruct from each image
    strongest: tf.Tensor  # [n]: the map's largest activation
    position: tf.Tensor  # int64 [n, 2]: its row and column in the map
    reconstruction: tf.Tensor  # [n, 28, 28, 1]


def deconvnet(net: LeNet5, layer: str, act: str) -> Deconvnet:
    """Attach a deconvnet to ``layer`` of ``net``, whose activation function is ``act``."""
    h = activation_of(net, layer)
    with net.graph.as_default():
        maps = tf.placeholder(tf.int32, shape=[None], name=f'deconvnet_{layer}_maps')
        signal, strongest, position = only_strongest(h, maps)
        return Deconvnet(maps, strongest, position, project(net, layer, signal, act))


def activation_of(net: LeNet5, layer: str) -> tf.Tensor:
    """The activations of ``layer``, [n, h, w, C]."""
    return {'conv1': net.h_conv1, 'conv2': net.h_conv2}[layer]


def only_strongest(h: tf.Tensor, maps: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
    """Set every activation to 0 but the largest one (the first of equals) of one map.

    Args:
        h: [n, h, w, C].
        maps: int32 [n], the map to look at in each image.

    Returns:
        ``h`` with all else 0; its remaining value [n]; the value's row and column, int64 [n, 2].
    """
    _, height, width, channels = h.shape.as_list()
    one_map = tf.gather(tf.reshape(h, [-1, height * width, channels]), maps, axis=2, batch_dims=1)
    place = tf.argmax(one_map, axis=1)  # [n]
    strongest = tf.reduce_max(one_map, axis=1)
    here = tf.reshape(tf.one_hot(place, height * width), [-1, height, width, 1])
    this_map = tf.reshape(tf.one_hot(maps, channels), [-1, 1, 1, channels])
    return (here * this_map * strongest[:, None, None, None], strongest,
            tf.stack([place // width, place % width], axis=1))


def project(net: LeNet5, layer: str, signal: tf.Tensor, act: str) -> tf.Tensor:
    """Send a signal in ``layer`` [n, h, w, C] down to the pixels [n, 28, 28, 1].

    The switches are those of the images that are fed to ``net``.
    """
    rectify = RECTIFIERS[act]
    if layer == 'conv2':
        signal = filter_transposed(rectify(signal), net.W_conv2, like=net.h_pool1)
        signal = unpool(signal, switches(net.h_conv1), like=net.h_conv1)
    return filter_transposed(rectify(signal), net.W_conv1, like=net.tf_data)


def switches(h: tf.Tensor) -> tf.Tensor:
    """Where 2x2 max pooling of ``h`` [n, h, w, C] takes its maxima from.

    Returns:
        int64 [n, ceil(h/2), ceil(w/2), C]: indices into the flattened ``h``.
    """
    return tf.nn.max_pool_with_argmax(h, ksize=[1, 2, 2, 1], strides=[1, 2, 2, 1], padding='SAME',
                                      include_batch_in_index=True)[1]


def unpool(signal: tf.Tensor, switches: tf.Tensor, like: tf.Tensor) -> tf.Tensor:
    """Put each value of ``signal`` where its switch points to, and 0 everywhere else.

    Args:
        signal, switches: [n, ceil(h/2), ceil(w/2), C].
        like: what was pooled, [n, h, w, C].

    Returns:
        [n, h, w, C].
    """
    shape = tf.shape(like, out_type=tf.int64)
    flat = tf.scatter_nd(tf.reshape(switches, [-1, 1]), tf.reshape(signal, [-1]),
                         tf.reduce_prod(shape, keepdims=True))
    return tf.reshape(flat, shape)


def filter_transposed(signal: tf.Tensor, W: tf.Variable, like: tf.Tensor) -> tf.Tensor:
    """The transpose of ``layers.conv2d``: [n, h, w, Cout] gives [n, h, w, Cin], as ``like``."""
    return tf.nn.conv2d_transpose(signal, W, output_shape=tf.shape(like), strides=[1, 1, 1, 1],
                                  padding='SAME')


def crop(images: np.ndarray, layer: str, positions: np.ndarray) -> np.ndarray:
    """What the units at ``positions`` of ``layer`` see.

    Args:
        images: [n, 28, 28].
        positions: row and column in the layer, int [n, 2].

    Returns:
        [n, field, field], NaN beyond the image's edges.
    """
    _, stride, start, field = LAYERS[layer]
    margin = max(-start, field)
    padded = np.pad(np.asarray(images, np.float32), ((0, 0), (margin, margin), (margin, margin)),
                    constant_values=np.nan)
    rows, columns = (margin + start + stride * np.asarray(positions)).T
    windows = np.lib.stride_tricks.sliding_window_view(padded, (field, field), axis=(1, 2))
    return windows[np.arange(len(images)), rows, columns]
