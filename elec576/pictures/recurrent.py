"""What a recurrent network knows after each row of a digit."""

from pathlib import Path

import numpy as np

from elec576.pictures.figure import BLUE, ORANGE, new_figure, save
from elec576.visual.recurrent import ByRows

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
