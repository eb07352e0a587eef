"""The pictures of a finished run, drawn from its files."""

from pathlib import Path

from elec576.loops.history import History
from elec576.pictures.figure import BLUE, ORANGE, new_figure, save
from elec576.pictures.filters import draw_filters
from elec576.runs.rundir import RunDirectory, read_array, read_json, read_settings
from elec576.settings import describe


def draw_run(run: RunDirectory) -> None:
    """Draw `curves.png`, and for LeNet5 `filters.png`, unless they are there.

    Raises:
        UserError: the run's files are missing or damaged.
    """
    settings, dataset = read_settings(run), read_json(run.config)['dataset']
    title = f'{describe(settings)}, seed {settings.seed}'
    if dataset['stand_in']:
        title = f'STAND-IN DATA ({dataset["name"]})\n{title}'
    if not run.curves.exists():
        draw_curves(History.read(run.history), run.curves, title)
    if run.filters.exists() and not run.filters_picture.exists():
        draw_filters(read_array(run.filters), run.filters_picture, title)


def draw_curves(history: History, path: Path, title: str) -> None:
    """The report's figure (1b): accuracy on the left, cross entropy on the right, by step."""
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
