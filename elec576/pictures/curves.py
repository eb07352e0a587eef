"""The report's figure of a run (1b): accuracy on the left, cross entropy on the right."""

from __future__ import annotations

from pathlib import Path

from elec576.loops.history import History
from elec576.pictures.figure import BLUE, ORANGE, new_figure, save


def draw_curves(history: History, path: Path, title: str) -> None:
    """Draw train and test accuracy and loss against the step, titled with the settings."""
    figure = new_figure(12, 5)
    figure.suptitle(title)
    left, right = figure.subplots(1, 2)
    for axes, quantity in ((left, 'accuracy'), (right, 'loss')):
        axes.plot(*history.column(f'train_{quantity}'), label='Train', color=ORANGE, linewidth=1)
        axes.plot(*history.column(f'test_{quantity}'), label='Test', color=BLUE, linewidth=1.8)
        axes.legend()
        axes.set_xlabel('Steps')
    left.set(title='Accuracy', ylabel='Accuracy', ylim=(0, 1))
    right.set(title='Cross Entropy', ylabel='Loss')
    right.set_ylim(bottom=0)
    save(figure, path)
