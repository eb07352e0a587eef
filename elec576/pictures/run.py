"""The pictures of a finished run, drawn from its files."""

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from elec576.claims.numbers import reported
from elec576.data import ORIGINALS
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
    if not run.curves.exists():
        save(curves(run), run.curves)
    if run.filters.exists() and not run.filters_picture.exists():
        draw_filters(read_array(run.filters), run.filters_picture, _title(run))


def curves(run: RunDirectory) -> Figure:
    """The report's figure (1b): accuracy on the left, cross entropy on the right, by step.

    With the numbers that the report prints, if it is one of its experiments on its images.

    Raises:
        UserError: the run's files are missing or damaged.
    """
    config, history = read_json(run.config), History.read(run.history)
    comparable = config.get('experiment') and config['dataset']['name'] in ORIGINALS
    figure = new_figure(12, 5)
    figure.suptitle(_title(run))
    left, right = figure.subplots(1, 2)
    for axes, quantity in ((left, 'accuracy'), (right, 'loss')):
        axes.plot(*history.column(f'train_{quantity}'), label='Train', color=ORANGE, linewidth=1)
        axes.plot(*history.column(f'test_{quantity}'), label='Test', color=BLUE, linewidth=1.8)
        for part in ('train', 'test') if comparable else ():
            mark_reported(axes, config['experiment'], part, quantity)
        axes.legend()
        axes.set_xlabel('Steps')
    left.set(title='Accuracy', ylabel='Accuracy', ylim=(0, 1))
    right.set(title='Cross Entropy', ylabel='Loss')
    right.set_ylim(bottom=0)
    return figure


def mark_reported(axes: Axes, experiment: str, part: str, quantity: str) -> None:
    """Mark what the report prints of ``part`` ('train' or 'test') and `accuracy` or `loss`."""
    points = [value for value in reported(experiment) if value.compared
              and value.quantity == f'{part}_{quantity}']
    if points:
        axes.plot([point.step for point in points], [point.number for point in points],
                  'o' if part == 'train' else 's', color='black', markeredgecolor='white',
                  markersize=8, linestyle='none', zorder=5, clip_on=False,
                  label=f'{part}, the report')


def _title(run: RunDirectory) -> str:
    settings, dataset = read_settings(run), read_json(run.config)['dataset']
    title = f'{describe(settings)}, seed {settings.seed}'
    return f'STAND-IN DATA ({dataset["name"]})\n{title}' if dataset['stand_in'] else title
