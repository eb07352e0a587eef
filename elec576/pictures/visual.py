"""The pictures from inside a network, drawn from what `elec576.visual` computed.

Part 1c's activations, and Zeiler & Fergus's figures 2 and 4 (features), 7 (occlusion) and
5 (invariance) for LeNet5; what a recurrent network knows after each row of a digit.
"""

from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import ListedColormap
from matplotlib.image import AxesImage
from matplotlib.patches import Patch, Rectangle

from elec576.pictures.figure import BLUE, ORANGE, VERMILION, new_figure, save
from elec576.visual.activations import LayerStatistics
from elec576.visual.features import Evolution, TopNine
from elec576.visual.invariance import NEUTRAL, Curve
from elec576.visual.occlusion import MeanOcclusion, Occlusion
from elec576.visual.recurrent import ByRows

# The ten classes: Okabe & Ito's eight and two greys, distinguishable for the colour-blind.
CLASS_COLOURS = ('#000000', '#E69F00', '#56B4E9', '#009E73', '#F0E442', '#0072B2', '#D55E00',
                 '#CC79A7', '#777777', '#DDDDDD')
CLASS_MAP = ListedColormap(CLASS_COLOURS)
BEYOND = '#B8CCE4'  # beyond an image's edge: not a grey, to avoid confusion
HEADINGS = ("image, and the\nsquare's size", 'strongest conv2 map,\nprojected',
            'its total activity', "true class's\nprobability", 'most likely class')
AXES = {'translation': 'pixels downwards', 'scale': 'scale (ratio)', 'rotation': 'degrees'}
EARLY = 18  # rows: up to here a digit's own curve is labelled where it peaks


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
        axes.locator_params(integer=True)
    save(figure, path, dpi=110)


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


def signed(tiles: np.ndarray) -> np.ndarray:
    """Tiles [n, h, w], each divided by its largest magnitude: 0 stays in the middle."""
    largest = np.nanmax(np.abs(tiles), axis=(1, 2), keepdims=True)
    return tiles / np.where(largest > 0, largest, 1)


def show(axes: Axes, image: np.ndarray, low: float | None, high: float | None,
         cmap='gray') -> AxesImage:
    """Draw an array without ticks and without smoothing; NaN (beyond an edge) is pale blue."""
    axes.set(xticks=[], yticks=[], facecolor=BEYOND)
    axes.spines[:].set_visible(False)
    return axes.imshow(np.ma.masked_invalid(image), cmap=cmap, vmin=low, vmax=high,
                       interpolation='nearest')


def show_tiles(axes: Axes, tiles: np.ndarray, low: float) -> None:
    """Draw tiles [n, h, w], values ``low`` to 1, three in a row, white lines between them."""
    n, height, width = tiles.shape
    rows = -(-n // 3)
    sheet = np.full((rows * (height + 1) - 1, 3 * (width + 1) - 1), np.nan)
    for k, tile in enumerate(tiles):
        row, column = divmod(k, 3)
        sheet[row * (height + 1):, column * (width + 1):][:height, :width] = tile
    show(axes, sheet, low, 1)
    for row in range(1, rows):
        axes.axhspan(row * (height + 1) - 1.5, row * (height + 1) - 0.5, color='white', lw=0)
    for column in (1, 2):
        axes.axvspan(column * (width + 1) - 1.5, column * (width + 1) - 0.5, color='white', lw=0)
