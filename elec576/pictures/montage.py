"""Small images set side by side: the pictures of the networks' insides consist of these."""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import ListedColormap
from matplotlib.image import AxesImage

# The ten classes: Okabe & Ito's eight and two greys, distinguishable for the colour-blind.
CLASS_COLOURS = ('#000000', '#E69F00', '#56B4E9', '#009E73', '#F0E442', '#0072B2', '#D55E00',
                 '#CC79A7', '#777777', '#DDDDDD')
CLASS_MAP = ListedColormap(CLASS_COLOURS)
BEYOND = '#B8CCE4'  # beyond an image's edge: not a grey, to avoid confusion


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
