"""One run of one's own: made or resumed, drawn, set beside the report."""

import dataclasses
from pathlib import Path
from typing import Callable

from elec576 import experiments
from elec576.data import ORIGINALS
from elec576.runs.options import Options
from elec576.runs.run import print_line, run
from elec576.runs.rundir import RunDirectory, read_json
from elec576.settings import CnnSettings, RnnSettings


def make_run(settings: CnnSettings | RnnSettings, out: Path, options: Options,
             echo: Callable[[str], None] = print_line) -> dict:
    """Make or resume the run in ``out``, draw its pictures, and set it beside the report's numbers.

    Args:
        options: where it names no experiment, it is the one that the run was begun as, or that
            ``settings`` are.
        echo: takes the lines.

    Returns:
        What `metrics.json` holds.

    Raises: as `elec576.runs.run.run`.
    """
    directory = RunDirectory(out)
    experiment = options.experiment or (
        read_json(directory.config).get('experiment') if directory.config.exists() else
        experiments.name_of(settings))
    metrics = run(settings, out, dataclasses.replace(options, experiment=experiment), echo)

    # pictures and comparison take a second to load: the run does not wait for them
    from elec576.pictures.run import draw_run
    from elec576.telling.beside import beside

    draw_run(directory)
    if experiment in experiments.EXPERIMENTS and metrics['dataset']['name'] in ORIGINALS:
        echo(beside(experiment, directory))
    return metrics


def default_out(settings: CnnSettings | RnnSettings, experiment: str | None) -> Path:
    """The default folder of a run, in `results/local/`, which is not committed."""
    name = experiments.folder_name(settings, experiment)
    return Path('results/local') / name / f'seed{settings.seed}'
