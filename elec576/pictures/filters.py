"""The report's figure of part 1c: the first layer's weights as a 4x8 grid."""

from pathlib import Path

import numpy as np

from elec576.pictures.figure import new_figure, save


def draw_filters(first_conv_weight: np.ndarray, path: Path, title: str) -> None:
    """Draw ``first_conv_weight`` [5, 5, 1, 32], each filter on its own grey scale, as listed."""
    figure = new_figure(8, 4.6)
    figure.suptitle(title, fontsize=9)
    for k, axes in enumerate(figure.subplots(4, 8).flat):
        axes.imshow(first_conv_weight[:, :, 0, k], cmap='gray')
        axes.axis('off')
    save(figure, path)
