"""The matrix of log-likelihoods: which experiment printed which of the report's numbers."""

from pathlib import Path

import numpy as np
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.colors import ListedColormap
from matplotlib.image import AxesImage
from matplotlib.patches import Rectangle

from elec576.comparison.identification import FAINTEST, Fit, Identification
from elec576.pictures.figure import VERMILION, new_figure, save
from elec576.telling.words import behind_words

ROW = 0.36  # inches
_COLOURS = ListedColormap(colormaps['Blues'](np.linspace(0, 0.85, 256)))  # print fills the darkest


def draw_identification(found: Identification, path: Path, title: str) -> None:
    """One matrix for each set of experiments; at least one fit is needed."""
    groups = found.groups
    heights = [len(group) for group in groups]
    width = max(len(group[0].log_likelihoods) for group in groups)
    figure = new_figure(3.2 + 0.62 * width, 1.1 + 1.5 * len(groups) + ROW * sum(heights))
    figure.suptitle(title)
    grid = figure.subplots(len(groups), 1, squeeze=False, gridspec_kw={'height_ratios': heights})
    for axes, group in zip(grid.flat, groups):
        image = _draw_matrix(axes, group)
    scale = figure.colorbar(image, ax=list(grid.flat), fraction=0.03, pad=0.02, aspect=20,
                            shrink=0.7, ticks=np.arange(-FAINTEST, 1, 2), extend='min',
                            label='log-likelihood\nminus the best of the row')
    scale.ax.yaxis.set_major_formatter(lambda value, _: f'{value:.0f}'.replace('-', '−'))
    figure.legend([Rectangle((0, 0), 1, 1, fill=False, edgecolor=VERMILION, linewidth=2.5)],
                  ["the report's own label; bold: cannot be told apart from the best"],
                  loc='outside lower center')
    save(figure, path)


def _draw_matrix(axes: Axes, fits: list[Fit]) -> AxesImage:
    names = list(fits[0].log_likelihoods)
    behind = np.array([[fit.behind(name) for name in names] for fit in fits])
    image = axes.imshow(-behind, cmap=_COLOURS, vmin=-FAINTEST, vmax=0, aspect='auto')
    for y, fit in enumerate(fits):
        for x, name in enumerate(names):
            axes.text(x, y, behind_words(fit.behind(name)), ha='center', va='center', fontsize=9,
                      color='white' if behind[y, x] < 0.18 * FAINTEST else 'black',
                      fontweight='bold' if name in fit.possible else 'normal')
            if name == fit.block.experiment:
                axes.add_patch(Rectangle((x - 0.47, y - 0.46), 0.94, 0.92, fill=False,
                                         edgecolor=VERMILION, linewidth=2.5, clip_on=False))
    axes.set_xticks(range(len(names)), names, rotation=40, ha='left', rotation_mode='anchor')
    axes.set_yticks(range(len(fits)), [fit.block.name for fit in fits])
    axes.tick_params(length=0, top=False, labeltop=True, bottom=False, labelbottom=False)
    axes.set_xticks(np.arange(len(names) + 1) - 0.5, minor=True)
    axes.set_yticks(np.arange(len(fits) + 1) - 0.5, minor=True)
    axes.grid(which='minor', color='white', linewidth=1.5)
    axes.tick_params(which='minor', length=0)
    for spine in axes.spines.values():
        spine.set_visible(False)
    return image
