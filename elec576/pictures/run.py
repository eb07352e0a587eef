"""The pictures of a finished run, drawn from its files."""

from __future__ import annotations

import numpy as np

from elec576.loops.history import History
from elec576.pictures.curves import draw_curves
from elec576.pictures.filters import draw_filters
from elec576.runs.rundir import RunDirectory, read_json, read_settings
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
        draw_filters(np.load(run.filters), run.filters_picture, title)
