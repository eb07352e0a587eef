"""Invariance (the paper's section 4.1 and figure 5): what moving or turning an image does."""

from typing import NamedTuple

import numpy as np
from scipy.ndimage import affine_transform
from scipy.spatial.distance import pdist
from scipy.special import softmax

from elec576.visual.trained import RestoredCnn, in_batches

TRANSFORMS = {  # amounts to try; the first of them that changes nothing is marked in the pictures
    'translation': np.arange(-10, 11),  # pixels downwards
    'scale': np.round(np.arange(0.6, 1.81, 0.1), 1),  # above 1: larger
    'rotation': np.arange(0, 361, 15),  # degrees, counter-clockwise
}
NEUTRAL = {'translation': 0, 'scale': 1, 'rotation': 0}


class Curve(NamedTuple):
    """n test images under a transformations of one kind.

    Distances are Euclidean, between the features of the transformed and the untouched image, in
    units of the layer's mean distance between two different untouched images: 1 is as far away as
    another image is.
    """

    amounts: np.ndarray  # [a]
    first: np.ndarray  # [n, a]: distances of h_pool1
    last: np.ndarray  # [n, a]: distances of h_fc1
    probability: np.ndarray  # [n, a]: the true class's


def transform(image: np.ndarray, kind: str, amount: float) -> np.ndarray:
    """``image`` [h, w] transformed about its centre, linearly interpolated, edges replicated."""
    matrix, offset = np.eye(2), np.zeros(2)
    if kind == 'translation':
        offset = np.array([-amount, 0.0])
    elif kind == 'scale':
        matrix = np.eye(2) / amount
    else:
        angle = np.deg2rad(amount)
        matrix = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    centre = (np.array(image.shape) - 1) / 2
    return affine_transform(image, matrix, centre - matrix @ centre + offset, order=1,
                            mode='nearest')


def invariance(trained: RestoredCnn, images: np.ndarray,
               transforms: dict[str, np.ndarray] = TRANSFORMS) -> dict[str, Curve]:
    """Transform the test images at ``images`` (int [n]); one curve for each kind of transform."""
    net = trained.net
    pixels, classes = trained.test.images[images, :, :, 0], trained.classes[images]

    def measure(images):
        first, last, logits = trained.sess.run([net.h_pool1, net.h_fc1, net.test.y_conv],
                                               {net.tf_data: images[..., None]})
        return [first.reshape(len(first), -1), last, softmax(logits, axis=1)]

    untouched = in_batches(measure, pixels)[:2]
    units = [pdist(features).mean() for features in untouched]
    curves = {}
    for kind, amounts in transforms.items():
        columns = []
        for amount in amounts:
            *features, probability = in_batches(
                measure, np.stack([transform(image, kind, amount) for image in pixels]))
            columns.append([np.linalg.norm(now - before, axis=1) / unit for now, before, unit
                            in zip(features, untouched, units)]
                           + [probability[np.arange(len(images)), classes]])
        curves[kind] = Curve(amounts, *(np.stack(part, axis=1) for part in zip(*columns)))
    return curves
