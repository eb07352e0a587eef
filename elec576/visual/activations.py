"""Statistics of both convolutional layers' activations over the test set (part 1c, and more)."""

from typing import NamedTuple

import numpy as np

from elec576.visual.deconvnet import LAYERS, activation_of
from elec576.visual.trained import BATCH, RestoredCnn

BINS = 100
SLOPES = {  # of an activation function, by its value
    'relu': lambda h: (h > 0).astype(np.float32),
    'tanh': lambda h: 1 - h**2,
    'sigmoid': lambda h: h * (1 - h),
}
FLAT = 0.01  # a slope below this lets next to nothing through; relu's is 0 or 1
NAMES = {'relu': 'ReLu', 'tanh': 'Tanh', 'sigmoid': 'Sigmoid'}  # ReLu: as the report prints it


class LayerStatistics(NamedTuple):
    """The activations [n, h, w, C] of one layer over n test images."""

    mean: float
    standard_deviation: float
    variance: float
    zero_share: float  # share of the activations that are 0
    dead_share: float  # share of the h w C units whose slope is below 0.01 in every test image
    map_means: np.ndarray  # [C]
    map_dead: np.ndarray  # bool [C]: all units of the map are dead
    counts: np.ndarray  # int [100]: a histogram of the activations
    edges: np.ndarray  # [101]


def layer_statistics(h: np.ndarray, act: str) -> LayerStatistics:
    """Statistics of ``h`` [n, h, w, C], values of the function ``act``; the first three as listed.

    A unit is called dead if no test image lets a gradient through it: for relu, it is always 0;
    for tanh and sigmoid, always saturated.
    """
    steepest = [SLOPES[act](h[k:k + BATCH]).max(axis=0) for k in range(0, len(h), BATCH)]
    dead = np.max(steepest, axis=0) < FLAT
    counts, edges = np.histogram(h, BINS)
    return LayerStatistics(
        float(np.mean(h)), float(np.std(h)), float(np.var(h)), float(np.mean(h == 0)),
        float(dead.mean()), h.mean(axis=(0, 1, 2), dtype=np.float64), dead.all(axis=(0, 1)),
        counts, edges)


def activation_statistics(trained: RestoredCnn) -> dict[str, LayerStatistics]:
    """Both layers' statistics over the test set, by layer."""
    return {layer: layer_statistics(
        trained.sess.run(activation_of(trained.net, layer),
                         {trained.net.tf_data: trained.test.images}), trained.settings.act)
            for layer in LAYERS}


def report_lines(statistics: dict[str, LayerStatistics], act: str) -> list[str]:
    """The lines that the listing prints, with the activation's own name."""
    return ['%s activation %d: mean %g, standard deviation %g, variance %g'
            % (NAMES[act], number, layer.mean, layer.standard_deviation, layer.variance)
            for number, layer in enumerate(statistics.values(), 1)]
