"""Histograms and per-map means of the convolutional layers' activations (part 1c)."""

from pathlib import Path

import numpy as np

from elec576.pictures.figure import BLUE, VERMILION, new_figure, save
from elec576.visual.activations import LayerStatistics


def draw_activations(statistics: dict[str, LayerStatistics], path: Path, title: str) -> None:
    """A row for each layer: the histogram on the left, each map's mean on the right."""
    figure = new_figure(11, 3.3 * len(statistics) + 0.6)
    figure.suptitle(title, fontsize=10)
    for (left, right), (name, layer) in zip(figure.subplots(len(statistics), 2, squeeze=False),
                                            statistics.items()):
        left.stairs(layer.counts, layer.edges, fill=True, color=BLUE)
        left.axvline(layer.mean, color=VERMILION, label=f'mean {layer.mean:.4g}')
        left.set(title=f'h_{name}: sd {layer.standard_deviation:.4g}, '
                       f'{layer.zero_share:.0%} zeros, {layer.dead_share:.1%} dead units',
                 xlabel='activation', ylabel='count', yscale='log')
        left.legend()
        maps = np.arange(len(layer.map_means))
        right.bar(maps, layer.map_means, color=BLUE)
        dead = maps[layer.map_dead]
        if len(dead):
            right.plot(dead, np.zeros(len(dead)), 'x', color=VERMILION, clip_on=False)
        right.axhline(layer.mean, color=VERMILION)
        right.axhline(0, color='black', linewidth=0.6)
        crosses = f'; {len(dead)} dead, crossed' if len(dead) else ''
        right.set(title=f'h_{name}: mean of each map{crosses}', xlabel='map', ylabel='mean')
    save(figure, path)
