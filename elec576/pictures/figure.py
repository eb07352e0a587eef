"""What all figures share: a canvas without a window, colours, and atomic saving."""

import io
from pathlib import Path

from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from elec576.files import write_whole

# Okabe & Ito's colours, distinguishable for the colour-blind and, by lightness, in grey print
BLUE, ORANGE, GREEN, VERMILION = '#0072B2', '#E69F00', '#009E73', '#D55E00'


class OwnFigure(Figure):
    """A figure that a notebook shows without `matplotlib.pyplot`, which shows only its own."""

    def _repr_png_(self) -> bytes:
        return png(self)


def new_figure(width: float, height: float) -> Figure:
    """A figure of ``width`` by ``height`` inches that needs no display."""
    figure = OwnFigure(figsize=(width, height), layout='constrained')
    FigureCanvasAgg(figure)
    return figure


def png(figure: Figure, dpi: int = 100) -> bytes:
    """``figure`` as PNG, without a time stamp: equal figures are equal bytes."""
    buffer = io.BytesIO()
    figure.savefig(buffer, format='png', dpi=dpi, metadata={'Software': None})
    return buffer.getvalue()


def save(figure: Figure, path: Path, dpi: int = 100) -> None:
    """Write ``figure`` as PNG, atomically."""
    write_whole(path, png(figure, dpi))
