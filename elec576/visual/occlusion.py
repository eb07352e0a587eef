"""Occlusion (the paper's section 4.2 and figure 7): does the true class depend on the object?"""

from typing import NamedTuple

import numpy as np
from scipy.special import softmax

from elec576.graphs.lenet5 import IMSIZE
from elec576.tf1 import tf
from elec576.visual.deconvnet import deconvnet
from elec576.visual.features import reconstruct
from elec576.visual.trained import RestoredCnn, in_batches

SIZE = 7  # of the square, in pixels; a quarter of the image, about as in the paper


class Occlusion(NamedTuple):
    """One test image under a grey square whose centre visits every pixel.

    Maps are [28, 28], by the centre's row and column. The strongest map is the conv2 map that holds
    the layer's largest activation in the untouched image; its activity is summed over the map.
    """

    place: int  # in the test set
    image: np.ndarray  # [28, 28]
    true_class: int
    size: int
    strongest_map: int
    reconstruction: np.ndarray  # [28, 28]: from its strongest activation in the untouched image
    activity: np.ndarray
    probability: np.ndarray  # of the true class
    most_likely: np.ndarray  # int, the most likely class
    untouched: np.ndarray  # [3]: activity, probability and most likely class without a square


class MeanOcclusion(NamedTuple):
    """Over n test images that the network gets right: what a grey square does, by where it is."""

    images: np.ndarray  # int [n]: places in the test set
    centres: np.ndarray  # int [p]: rows, and columns, of the centre
    probability: np.ndarray  # [p, p]: the true class's, mean over the images
    still_right: np.ndarray  # [p, p]: share of the images that are still classified right
    untouched: float  # the true class's probability without a square, mean over the images


def grey_of(images: np.ndarray) -> float:
    """The square's grey: the mean pixel, which in the paper's mean-free images is their 0."""
    return float(np.mean(images))


def occlude(image: np.ndarray, size: int, grey: float, centres: np.ndarray) -> np.ndarray:
    """``image`` [h, w, C] with a ``size`` x ``size`` square around each of the centres.

    Args:
        centres: int [m, 2], rows and columns; where the square leaves the image it is cut.

    Returns:
        [m, h, w, C].
    """
    places = np.indices(image.shape[:2])  # [2, h, w]
    first = np.asarray(centres)[:, :, None, None] - size // 2
    covered = np.all((first <= places) & (places < first + size), axis=1)
    return np.where(covered[..., None], grey, image)


def grid(margin: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """The centres' rows (and columns), int [p], and all pairs of them, int [p * p, 2].

    Those less than ``margin`` pixels from an edge are left out.
    """
    line = np.arange(margin, IMSIZE - margin)
    return line, np.stack(np.meshgrid(line, line, indexing='ij'), axis=-1).reshape(-1, 2)


def probabilities(trained: RestoredCnn, images: np.ndarray) -> np.ndarray:
    """The ten classes' probabilities for images [n, 28, 28, 1], [n, 10]."""
    return softmax(in_batches(
        lambda part: trained.sess.run(trained.net.test.y_conv, {trained.net.tf_data: part}),
        images), axis=1)


def occlusions(trained: RestoredCnn, images: np.ndarray, size: int = SIZE) -> list[Occlusion]:
    """Slide a grey square over each of the test images at ``images`` (int [n])."""
    net, grey = trained.net, grey_of(trained.test.images)
    graph = deconvnet(net, 'conv2', trained.settings.act)
    with net.graph.as_default():
        activities = tf.reduce_sum(net.h_conv2, axis=[1, 2])  # [n, 64]
    line, centres = grid()
    shape = (len(line), len(line))

    def measure(images):
        activity, logits = trained.sess.run([activities, net.test.y_conv], {net.tf_data: images})
        return [activity, softmax(logits, axis=1)]

    def slide(place: int) -> Occlusion:
        image, true_class = trained.test.images[place], int(trained.classes[place])
        h = trained.sess.run(net.h_conv2, {net.tf_data: image[None]})
        strongest_map = int(h.max(axis=(0, 1, 2)).argmax())
        _, _, reconstruction = reconstruct(trained, graph, trained.sess, np.array([place]),
                                           np.array([strongest_map]))
        # the untouched image goes last through the same batches
        activity, classes = in_batches(
            measure, np.concatenate([occlude(image, size, grey, centres), image[None]]))
        activity, probability = activity[:, strongest_map], classes[:, true_class]
        most_likely = classes.argmax(axis=1)
        return Occlusion(
            place, image[..., 0], true_class, size, strongest_map, reconstruction[0],
            activity[:-1].reshape(shape), probability[:-1].reshape(shape),
            most_likely[:-1].reshape(shape),
            np.array([activity[-1], probability[-1], most_likely[-1]]))

    return [slide(int(place)) for place in images]


def right_images(trained: RestoredCnn, per_class: int) -> np.ndarray:
    """The first ``per_class`` test images of each class that are classified right, int [n]."""
    right = probabilities(trained, trained.test.images).argmax(axis=1) == trained.classes
    return np.concatenate([np.flatnonzero(right & (trained.classes == label))[:per_class]
                           for label in range(trained.test.labels.shape[1])])


def mean_occlusion(trained: RestoredCnn, images: np.ndarray) -> MeanOcclusion:
    """Slide a grey square over test images that are classified right, where all of it is on them.

    So it covers as many pixels in a corner as in the middle.
    """
    grey = grey_of(trained.test.images)
    line, centres = grid(SIZE // 2)
    shape = (len(line), len(line))
    untouched = probabilities(trained, trained.test.images[images])
    true, right = [], []
    for image, label in zip(trained.test.images[images], trained.classes[images]):
        classes = probabilities(trained, occlude(image, SIZE, grey, centres))
        true.append(classes[:, label].reshape(shape))
        right.append((classes.argmax(axis=1) == label).reshape(shape))
    return MeanOcclusion(
        images, line, np.mean(true, axis=0), np.mean(right, axis=0),
        float(untouched[np.arange(len(images)), trained.classes[images]].mean()))
