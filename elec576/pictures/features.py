"""The paper's figures 2 and 4 for LeNet5: top nine reconstructions and patches, and evolution."""

from pathlib import Path

import numpy as np

from elec576.pictures.figure import new_figure, save
from elec576.pictures.montage import show, show_tiles, signed
from elec576.visual.features import Evolution, TopNine


def draw_top_nine(top: TopNine, path: Path, title: str, patches: bool = True) -> None:
    """Each map's nine reconstructions and, if ``patches``, beside them what they are made from."""
    wide, columns = (2, 4) if patches else (1, 8)
    columns = min(columns, len(top.maps))
    rows = -(-len(top.maps) // columns)
    figure = new_figure(max(1.25 * wide * columns, 6.0), 1.45 * rows + 0.8)
    figure.suptitle(title, fontsize=9)
    grid = figure.subplots(rows, wide * columns, squeeze=False).reshape(-1, wide)
    for axes in grid[len(top.maps):].flat:
        axes.axis('off')
    for k, (number, axes) in enumerate(zip(top.maps, grid)):
        show_tiles(axes[0], signed(top.reconstructions[k]), -1)
        axes[0].set_title(f'map {number}', fontsize=8, pad=2)
        if patches:
            show_tiles(axes[1], top.patches[k], 0)
            axes[1].set_title(f'max {top.strongest[k, 0]:.2g}', fontsize=8, pad=2)
    save(figure, path, dpi=130)


def draw_evolution(found: Evolution, path: Path, title: str) -> None:
    """A row for each map, a column for each step; a map that no image excites is silent."""
    rows, columns = found.images.shape
    figure = new_figure(max(0.75 * columns + 0.6, 6.0), 0.75 * rows + 1.0)
    figure.suptitle(title, fontsize=9)
    grid = figure.subplots(rows, columns, squeeze=False)
    for row, number in enumerate(found.maps):
        for column, tile in enumerate(signed(found.reconstructions[row])):
            axes = grid[row, column]
            silent = found.strongest[row, column] == 0
            show(axes, np.zeros_like(tile) if silent else tile, -1, 1)
            if silent:
                axes.text(0.5, 0.5, 'silent', fontsize=7, ha='center', va='center',
                          transform=axes.transAxes)
        grid[row, 0].set_ylabel(f'map {number}', fontsize=8)
    for axes, step in zip(grid[0], found.steps):
        axes.set_title(f'step {step}', fontsize=8, pad=3)
    save(figure, path, dpi=130)
