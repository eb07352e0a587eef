"""The report's figure of part 1c: the first layer's weights as a 4x8 grid."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from elec576.pictures.figure import new_figure, save


def draw_filters(first_conv_weight: np.ndarray, path: Path, title: str) -> None:
    """Draw ``first_conv_weight`` [5, 5, 1, 32], each filter on its own grey scale, as listed."""
    figure = new_figure(8, 4.6)
    figure.suptitle(title, fontsize=9)
    n_filters, ix = 32, 1
    for i in range(n_filters):
        f = first_conv_weight[:, :, :, i]
        # specify subplot and turn off axis
        ax = figure.add_subplot(4, 8, ix)
        # plot filter channel in grayscale
        ax.imshow(f[:, :, 0], cmap='gray')
        ix += 1
        ax.axis('off')
    save(figure, path)


def draw_filters_on_one_scale(first_conv_weight: np.ndarray, path: Path, title: str) -> None:
    """Draw ``first_conv_weight`` [5, 5, 1, 32] on one common scale, centred on zero."""
    figure = new_figure(8, 4.6)
    figure.suptitle(title, fontsize=9)
    largest = np.abs(first_conv_weight).max()
    grid = figure.subplots(4, 8)
    for i, axes in enumerate(grid.flat):
        shown = axes.imshow(first_conv_weight[:, :, 0, i], cmap='gray', vmin=-largest,
                            vmax=largest)
        axes.axis('off')
    figure.colorbar(shown, ax=grid, shrink=0.8, label='weight (mid grey: 0)')
    save(figure, path)
