"""One run as the command line asks for it: made or resumed, drawn, set beside the report."""

import argparse
import shlex
import sys
from pathlib import Path

from elec576 import experiments
from elec576.cli import run_to_resume
from elec576.data import ORIGINALS
from elec576.errors import Interrupted
from elec576.runs.options import Options
from elec576.runs.run import run
from elec576.runs.rundir import RunDirectory, read_json
from elec576.settings import CnnSettings, RnnSettings


def make_run(args: argparse.Namespace, settings: CnnSettings | RnnSettings) -> None:
    """Make the run that ``args`` (of `elec576.cli.run_parser`) ask for, and draw its pictures.

    Raises:
        UserError: there is no run to resume.
        Others: as `elec576.runs.run.run`.
    """
    out = args.out or default_out(settings, args.experiment)
    directory = run_to_resume(out) if args.resume else RunDirectory(out)
    experiment = args.experiment or experiments.name_of(settings)
    if directory.config.exists() and not args.experiment:
        experiment = read_json(directory.config).get('experiment')
    options = Options(data=args.data, experiment=experiment, events=args.events,
                      checkpoint_seconds=args.checkpoint_seconds, keep_every=args.keep_every)
    try:
        metrics = run(settings, out, options)
    except Interrupted as interruption:
        command = ['python', sys.argv[0], '--resume', '--out', str(out)]
        command += ['--data', args.data] if args.data else []
        command += ['--keep-every', str(args.keep_every)] if args.keep_every else []
        command += [] if args.events else ['--no-events']
        raise Interrupted(f'{interruption}; resume with: {shlex.join(command)}') from None

    # pictures and comparison take a second to load: the run does not wait for them
    from elec576.pictures.run import draw_run
    from elec576.telling.beside import beside

    draw_run(directory)
    data = metrics['dataset']
    if experiment in experiments.EXPERIMENTS and data['name'] in ORIGINALS:
        print(beside(experiment, directory))


def default_out(settings: CnnSettings | RnnSettings, experiment: str | None) -> Path:
    """The default folder of a run, in `results/local/`, which is not committed."""
    name = experiments.folder_name(settings, experiment)
    return Path('results/local') / name / f'seed{settings.seed}'
