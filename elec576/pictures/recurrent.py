"""What a recurrent network knows after each row of a digit."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from matplotlib.axes import Axes

from elec576.pictures.figure import BLUE, GREEN, ORANGE, VERMILION, new_figure, save
from elec576.visual.recurrent import ByRows, Paths

EARLY = 18  # rows: up to here a digit's own curve is labelled where it peaks


def draw_by_rows(found: ByRows, path: Path, title: str) -> None:
    """Accuracy and the true class's probability against the number of rows read."""
    figure = new_figure(8, 4.6)
    figure.suptitle(title, fontsize=10)
    axes = figure.subplots()
    rows = np.arange(1, len(found.accuracy) + 1)
    for label, accuracy in enumerate(found.by_class.T):
        axes.plot(rows, accuracy, color='grey', linewidth=0.6,
                  label=None if label else 'accuracy, each digit')
        peak = int(np.argmax(accuracy[:EARLY]))
        if accuracy[peak] > 0.3:
            axes.annotate(str(label), (rows[peak], accuracy[peak]), ha='center',
                          va='bottom')
    axes.plot(rows, found.accuracy, color=BLUE, linewidth=2.2, label='accuracy')
    axes.plot(rows, found.probability, color=ORANGE, linewidth=2.2, linestyle='--',
              label="true class's probability, mean")
    axes.set(xlabel='rows read', ylabel='on the test set', ylim=(0, 1.06),
             xlim=(0.5, rows[-1]))
    figure.legend(loc='outside lower center', ncols=3)
    save(figure, path)


def draw_paths(found: Paths, path: Path, title: str) -> None:
    """One small picture for each digit: the path, among the states that all digits end in."""
    digits = len(found.classes)
    columns = min(5, digits)
    rows = -(-digits // columns)
    figure = new_figure(max(2.5 * columns, 5), 2.6 * rows + 0.9)
    figure.suptitle(title, fontsize=9)
    grid = figure.subplots(rows, columns, squeeze=False, sharex=True, sharey=True)
    for axes in grid.flat[digits:]:
        axes.axis('off')
    for k, axes in enumerate(grid.flat[:digits]):
        _draw_path(axes, found, k)
        axes.set_title(f'a {found.classes[k]}, read as {found.predictions[k, -1]}', fontsize=9)
    corner = grid[-1, 0]
    corner.set_xlabel(f'1st component ({found.explained[0]:.0%} of the variance)', fontsize=8)
    corner.set_ylabel(f'2nd component ({found.explained[1]:.0%})', fontsize=8)
    save(figure, path, dpi=110)


def _draw_path(axes: Axes, found: Paths, k: int) -> None:
    """Path ``k`` over the cloud of last states, in which its own class stands out."""
    own = found.end_classes == found.classes[k]
    axes.scatter(found.ends[~own, 0], found.ends[~own, 1], s=3, color='#CCCCCC', linewidths=0)
    axes.scatter(found.ends[own, 0], found.ends[own, 1], s=4, color=ORANGE, linewidths=0)
    axes.plot(*found.paths[k].T, color=BLUE, linewidth=1)
    right = found.predictions[k] == found.classes[k]
    x, y = found.paths[k, 1:].T
    axes.scatter(x[~right], y[~right], s=14, marker='x', color=VERMILION, linewidths=1, zorder=3)
    axes.scatter(x[right], y[right], s=12, marker='o', color=GREEN, linewidths=0, zorder=3)
    axes.plot(*found.paths[k, 0], marker='s', markersize=5, color='black')
