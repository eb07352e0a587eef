"""The paper's figure 7 for LeNet5: what a grey square hides."""

from pathlib import Path

import numpy as np
from matplotlib.patches import Patch, Rectangle

from elec576.pictures.figure import VERMILION, new_figure, save
from elec576.pictures.montage import CLASS_COLOURS, CLASS_MAP, show, signed
from elec576.visual.occlusion import MeanOcclusion, Occlusion

HEADINGS = ("image, and the\nsquare's size", 'strongest conv2 map,\nprojected',
            'its total activity', "true class's\nprobability", 'most likely class')


def draw_occlusions(found: list[Occlusion], names: tuple[str, ...], path: Path,
                    title: str) -> None:
    """A row for each image; ``names`` are the ten classes'."""
    figure = new_figure(9.2, 1.75 * len(found) + 1.1)
    figure.suptitle(title, fontsize=9)
    grid = figure.subplots(len(found), 5, squeeze=False)
    for axes, text in zip(grid[0], HEADINGS):
        axes.set_title(text, fontsize=8)
    for one, axes in zip(found, grid):
        activity, probability, most_likely = one.untouched
        image, projected, active, true, likely = axes
        show(image, one.image, 0, 1)
        image.add_patch(Rectangle((0, 0), one.size - 1, one.size - 1, fill=False,
                                  edgecolor=VERMILION, linewidth=1.5))
        image.set_ylabel(f'{names[one.true_class]}\n(image {one.place})', fontsize=8)
        show(projected, signed(one.reconstruction[None])[0], -1, 1)
        projected.set_xlabel(f'map {one.strongest_map}', fontsize=7)
        shown = show(active, one.activity, None, None, 'cividis')
        figure.colorbar(shown, ax=active).ax.tick_params(labelsize=6)
        active.set_xlabel(f'untouched: {activity:.3g}', fontsize=7)
        shown = show(true, one.probability, 0, 1, 'cividis')
        figure.colorbar(shown, ax=true).ax.tick_params(labelsize=6)
        true.set_xlabel(f'untouched: {probability:.3f}', fontsize=7)
        show(likely, one.most_likely, -0.5, 9.5, CLASS_MAP)
        likely.set_xlabel(f'untouched: {names[int(most_likely)]}', fontsize=7)
    seen = np.unique([one.most_likely for one in found])
    figure.legend(handles=[Patch(facecolor=CLASS_COLOURS[k], edgecolor='black', linewidth=0.4,
                                 label=names[k]) for k in seen],
                  loc='outside lower center', ncols=min(len(seen), 10), fontsize=7)
    save(figure, path, dpi=130)


def draw_mean_occlusion(found: MeanOcclusion, path: Path, title: str) -> None:
    """The true class's probability, and the share still classified right, by the square's place."""
    figure = new_figure(8, 4.2)
    figure.suptitle(title, fontsize=9)
    half = (found.centres[1] - found.centres[0]) / 2
    first, last = found.centres[0] - half, found.centres[-1] + half
    for axes, values, text in zip(
            figure.subplots(1, 2), (found.probability, found.still_right),
            (f"true class's probability\n(untouched: {found.untouched:.3f})",
             'share still classified right\n(untouched: 1)')):
        shown = axes.imshow(values, cmap='cividis', extent=(first, last, last, first),
                            interpolation='nearest')
        figure.colorbar(shown, ax=axes, shrink=0.8)
        axes.set_title(text, fontsize=9)
        axes.set(xlabel="column of the square's centre", ylabel='row')
    save(figure, path, dpi=110)
