"""The course's resize: separable cubic convolution, antialiased, as one matrix per axis."""

import numpy as np


def cubic(x: np.ndarray) -> np.ndarray:
    """Keys's cubic convolution kernel with a = -0.5; nonzero for abs(x) < 2."""
    x = np.abs(x)
    near = 1.5 * x**3 - 2.5 * x**2 + 1
    far = -0.5 * x**3 + 2.5 * x**2 - 4 * x + 2
    return np.where(x <= 1, near, np.where(x < 2, far, 0))


def resize_matrix(source: int, target: int) -> np.ndarray:
    """The weights, float64 [target, source], that resize a line of pixels.

    When shrinking, the kernel is stretched by source / target (antialiasing). Each row's weights
    are normalised; a tap outside the line takes the edge pixel.
    """
    scale = source / target
    stretch = max(scale, 1)
    centers = (np.arange(target) + 0.5) * scale - 0.5
    margin = int(np.ceil(2 * stretch))
    taps = np.arange(-margin, source + margin)
    weights = cubic((centers[:, np.newaxis] - taps) / stretch)
    weights /= weights.sum(axis=1, keepdims=True)
    matrix = np.zeros((target, source))
    np.add.at(matrix.T, np.clip(taps, 0, source - 1), weights.T)
    return matrix


def resize(images: np.ndarray, target: int, tolerance: float = 0) -> np.ndarray:
    """Square images, numbers [n, source, source], as uint8 [n, target, target].

    Rounded once, at the end, half up, and clipped to 0..255. A value at most ``tolerance`` below
    a half counts as the half.
    """
    matrix = resize_matrix(images.shape[-1], target)
    resized = matrix @ images @ matrix.T
    return np.clip(np.floor(resized + 0.5 + tolerance), 0, 255).astype(np.uint8)
