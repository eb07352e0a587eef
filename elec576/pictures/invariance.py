"""The paper's figure 5 for LeNet5: features and true class under translation, scale, rotation."""

from pathlib import Path

import numpy as np

from elec576.pictures.figure import BLUE, new_figure, save
from elec576.visual.invariance import NEUTRAL, Curve

AXES = {'translation': 'pixels downwards', 'scale': 'scale (ratio)', 'rotation': 'degrees'}


def draw_invariance(curves: dict[str, Curve], path: Path, title: str) -> None:
    """A row for each transformation; lines are medians, bands hold half of the images."""
    figure = new_figure(11, 2.6 * len(curves) + 0.8)
    figure.suptitle(title, fontsize=10)
    grid = figure.subplots(len(curves), 3, squeeze=False, sharey='col')
    for row, (kind, curve) in zip(grid, curves.items()):
        for axes, values in zip(row, (curve.first, curve.last, curve.probability)):
            low, middle, high = np.percentile(values, (25, 50, 75), axis=0)
            axes.fill_between(curve.amounts, low, high, color=BLUE, alpha=0.25, linewidth=0)
            axes.plot(curve.amounts, middle, color=BLUE)
            axes.axvline(NEUTRAL[kind], color='grey', linewidth=0.8, linestyle=':')
            axes.set_xlabel(AXES[kind])
        for axes in row[:2]:
            axes.axhline(1, color='grey', linewidth=0.8, linestyle='--')
        row[0].set_ylabel(kind, fontweight='bold')
    for axes in grid[0]:  # after all rows, which share it
        axes.set_ylim(bottom=0)
    grid[0, 2].set_ylim(top=1)
    for axes, text in zip(grid[0], ('first layer (h_pool1): distance\n(1: between two images)',
                                    'last layer (h_fc1): distance\n(1: between two images)',
                                    "true class's probability")):
        axes.set_title(text, fontsize=10)
    save(figure, path)
