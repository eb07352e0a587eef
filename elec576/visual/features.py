"""What excites a feature map: the paper's figures 2 (top nine) and 4 (evolution)."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from elec576.runs import snapshots
from elec576.runs.rundir import RunDirectory, steps_in
from elec576.tf1 import session, tf
from elec576.visual.deconvnet import LAYERS, Deconvnet, activation_of, crop, deconvnet
from elec576.visual.trained import RestoredCnn, in_batches

TOP = 9
CHOICE = 16  # maps in a picture
STEPS = 8  # at most, of an evolution


class TopNine(NamedTuple):
    """For m maps of a layer, the images that excite them most, the strongest first.

    f is the width of the layer's receptive field; beyond an image's edge the crops are NaN.
    """

    layer: str
    maps: np.ndarray  # int [m]
    images: np.ndarray  # int [m, 9]: places in the test set
    classes: np.ndarray  # int [m, 9]: their true classes
    strongest: np.ndarray  # [m, 9]: the map's largest activation in each
    positions: np.ndarray  # int [m, 9, 2]: where that is in the map
    reconstructions: np.ndarray  # [m, 9, f, f]: from it, down to the pixels that it sees
    patches: np.ndarray  # [m, 9, f, f]: those pixels

    def of(self, maps: np.ndarray) -> TopNine:
        """The same of ``maps`` only, int [k], which are some of its own."""
        rows = np.isin(self.maps, maps)
        return TopNine(self.layer, *(part[rows] for part in self[1:]))


class Evolution(NamedTuple):
    """The reconstruction of a map's strongest activation over the test set, during training."""

    layer: str
    maps: np.ndarray  # int [m]
    steps: np.ndarray  # int [s]
    images: np.ndarray  # int [m, s]: the image that holds the strongest activation
    strongest: np.ndarray  # [m, s]
    reconstructions: np.ndarray  # [m, s, f, f]


def peaks(trained: RestoredCnn, layer: str, sess: tf.Session | None = None) -> np.ndarray:
    """The largest activation of every map of ``layer`` in every test image, [n, C]."""
    h = activation_of(trained.net, layer)
    with trained.net.graph.as_default():
        largest = tf.reduce_max(h, axis=[1, 2])
    sess = sess or trained.sess
    return in_batches(lambda images: sess.run(largest, {trained.net.tf_data: images}),
                      trained.test.images)


def choose_maps(maps: np.ndarray, layer: str) -> np.ndarray:
    """At most 16 of ``maps`` (int [m]): a random choice as in the paper, always the same."""
    shuffled = np.random.RandomState(0).permutation(LAYERS[layer].maps)
    return np.sort(shuffled[np.isin(shuffled, maps)][:CHOICE])


def top_nine(trained: RestoredCnn, layer: str) -> TopNine:
    """The nine test images that excite each map most, and what in them does.

    Maps that fewer than nine test images excite are left out; that may be all of them.
    """
    largest = peaks(trained, layer)
    maps = np.flatnonzero((largest > 0).sum(axis=0) >= min(TOP, len(largest)))
    images = np.argsort(-largest[:, maps], axis=0, kind='stable')[:TOP].T
    strongest, positions, reconstructions = reconstruct(
        trained, deconvnet(trained.net, layer, trained.settings.act), trained.sess,
        images.ravel(), np.repeat(maps, images.shape[1]))

    def shaped(array: np.ndarray) -> np.ndarray:
        return array.reshape(images.shape + array.shape[1:])

    pixels = trained.test.images[images.ravel(), :, :, 0]
    return TopNine(layer, maps, images, trained.classes[images], shaped(strongest),
                   shaped(positions), shaped(crop(reconstructions, layer, positions)),
                   shaped(crop(pixels, layer, positions)))


def reconstruct(trained: RestoredCnn, graph: Deconvnet, sess: tf.Session, images: np.ndarray,
                maps: np.ndarray) -> list[np.ndarray]:
    """Run a deconvnet on test images.

    Args:
        images, maps: int [n], places in the test set and the map to look at in each.

    Returns:
        The strongest activations [n], their positions [n, 2], their reconstructions [n, 28, 28].
    """
    def compute(images, maps):
        *found, reconstruction = sess.run(
            [graph.strongest, graph.position, graph.reconstruction],
            {trained.net.tf_data: trained.test.images[images], graph.maps: maps})
        return [*found, reconstruction[..., 0]]

    return in_batches(compute, images, maps)


def evolution(trained: RestoredCnn, layer: str, maps: np.ndarray) -> Evolution | None:
    """Follow ``maps`` (int [m]) over at most 8 steps that the run kept; None if it kept none.

    As in the paper, the image is chosen again at every step.

    Raises:
        UserError: a kept step cannot be read.
    """
    folders = steps_in(RunDirectory(trained.path).kept)
    if not folders:
        return None
    net, steps = trained.net, spread(list(folders))
    graph = deconvnet(net, layer, trained.settings.act)
    with net.graph.as_default():
        saver = tf.train.Saver(net.trained)
    columns = []
    with session(net.graph, trained.settings.threads) as sess:
        for step in steps:
            snapshots.restore(folders[step], sess, saver)
            images = peaks(trained, layer, sess)[:, maps].argmax(axis=0)
            strongest, positions, pixels = reconstruct(trained, graph, sess, images, maps)
            columns.append((images, strongest, crop(pixels, layer, positions)))
    images, strongest, reconstructions = (np.stack(part, axis=1) for part in zip(*columns))
    return Evolution(layer, maps, np.array(steps), images, strongest, reconstructions)


def spread(steps: list[int]) -> list[int]:
    """At most 8 of ``steps`` (sorted), first and last included; most happens early on."""
    if len(steps) <= STEPS:
        return steps
    places = np.round(np.geomspace(1, len(steps), STEPS) - 1).astype(int)
    # rounding may have made neighbours equal
    return [steps[place] for place in np.maximum(places, np.arange(STEPS))]
