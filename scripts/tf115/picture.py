"""The picture of how TensorFlow 1.15 and the package drift apart."""

from pathlib import Path

import numpy as np

from elec576.pictures.figure import BLUE, GREEN, ORANGE, VERMILION, new_figure, save
from elec576.settings import CnnSettings
from tf115 import cases
from tf115.growth import losses

SAME = 1e-8  # where "the same bits" is drawn: below the 6e-8 of one rounding


def draw_growth(found: dict, path: Path) -> None:
    """Draw the relative difference of the training loss against the step: CNN left, RNN right.

    Args:
        found: what `tf115.growth.growth` returned.
    """
    figure = new_figure(12, 5)
    ours, golden = (found[side]['versions']['tensorflow'] for side in ('ours', 'golden'))
    figure.suptitle(f'Training loss: the package on TensorFlow {ours} against the listings '
                    f'on {golden}, made-up images')
    left, right = figure.subplots(1, 2, sharey=True)
    all_cases, by_case = cases.cases(cases.MADE_UP), losses(found)
    for axes, kind, title in ((left, True, 'LeNet5'), (right, False, 'Recurrent networks')):
        for (name, color), style in zip(_groups(kind).items(), ('-', '--', ':', '-.')):
            members = [case for case in by_case if _group(case, all_cases[case]) == name]
            for case in members:
                loss = by_case[case]
                steps = np.arange(len(loss)) + (0 if kind else 1)
                axes.plot(steps, np.maximum(loss, SAME), style, color=color, linewidth=1.3,
                          label=name if case == members[0] else None)
        axes.axhline(SAME, color='black', linewidth=0.6)
        axes.annotate('the same bits', (1, SAME), textcoords='offset points', xytext=(0, 4),
                      fontsize=8, ha='right', xycoords=('axes fraction', 'data'))
        axes.set(title=title, xlabel='Steps', yscale='log')
        axes.grid(alpha=0.3)
        axes.legend(loc='upper left')
    left.set_ylabel('|difference| / loss on 1.15')
    save(figure, path)


def _groups(cnn: bool) -> dict[str, str]:
    if cnn:
        return {'Adam 1e-3': VERMILION, 'Adam 1e-4': ORANGE, 'gradient descent 1e-3': BLUE}
    return {'basic': GREEN, 'lstm': BLUE, 'gru': ORANGE}


def _group(case: str, settings) -> str:
    if not isinstance(settings, CnnSettings):
        return case
    if settings.optimizer == 'sgd':
        return 'gradient descent 1e-3'
    return 'Adam 1e-3' if settings.lr == 1e-3 else 'Adam 1e-4'
