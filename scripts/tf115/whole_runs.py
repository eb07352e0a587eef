"""Experiments of the report, trained to their end by the listings on TensorFlow 1.15.5.

The CNN's listing evaluates four times at every step, which takes most of its time. Here it does so
only now and then, at the steps at which it logs and at the end. A skipped evaluation also skips
its draws of dropout noise: these are runs of the same distribution as the listing's, not the
listing's run of that seed.
"""

import dataclasses
import datetime
import math
from pathlib import Path
from typing import Callable

from joblib import Parallel, delayed

from elec576.data import load_cifar10, load_mnist
from elec576.experiments import named
from elec576.files import write_json
from elec576.machine import processor
from elec576.settings import CnnSettings
from tf115.environment import run_listing
from tf115.means import EXPERIMENTS, WholeRun, run_path

EVAL_EVERY = 500  # steps; a divisor of the 1000 between the lines that the CNN's listing prints


def make_whole_runs(python: Path, data: Path, results: Path, seeds: int, jobs: int,
                    say: Callable[[str], None]) -> None:
    """Make the runs of seeds 0, 1, ... that are not there yet, ``jobs`` side by side.

    Raises: as `tf115.environment.run_listing`; what was finished until then is kept.
    """
    origins = {'cnn1': load_cifar10(data=str(data))[2], 'gru-128': load_mnist(str(data))[1]}
    missing = [(experiment, seed) for seed in range(seeds) for experiment in EXPERIMENTS
               if not run_path(results, experiment, seed).exists()]

    def make(experiment: str, seed: int) -> None:
        settings = dataclasses.replace(named(experiment), seed=seed, threads=1)
        raw = run_listing(python, settings, data, eval_every=EVAL_EVERY)
        finished = datetime.datetime.now(datetime.timezone.utc).isoformat(timespec='seconds')
        run = whole_run(raw, settings, dataclasses.asdict(origins[experiment]), finished)
        write_json(run_path(results, experiment, seed), dataclasses.asdict(run))
        say(f'TensorFlow 1.15, {experiment} seed {seed}: test accuracy {run.test_accuracy:.4f}')

    Parallel(n_jobs=jobs, prefer='threads')(delayed(make)(*each) for each in missing)


def whole_run(raw: dict, settings, dataset: dict[str, object], finished: str) -> WholeRun:
    """A run out of what the driver wrote of it."""
    listing = raw['listing']
    names = [name for name in ('train_accuracy', 'train_loss', 'test_accuracy', 'test_loss')
             if isinstance(listing[name], list)]
    rows = [{'step': step, **{name: listing[name][k] for name in names}}
            for k, step in enumerate(listing['step']) if not math.isnan(listing[names[0]][k])]
    accuracy, loss = (('final_accuracy', 'final_loss') if isinstance(settings, CnnSettings)
                      else ('test_accuracy', 'test_loss'))
    return WholeRun(listing[accuracy], listing[loss], raw['wall_seconds'], raw['cpu_seconds'],
                    dataset, settings.threads, raw['versions'], processor(), finished,
                    tuple(rows))
