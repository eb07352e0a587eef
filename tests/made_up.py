"""Made-up runs, in the files of real ones, for tests of the comparison."""

import dataclasses
import shutil
import tempfile
import zlib
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd

from elec576.claims.numbers import reported
from elec576.claims.plan import FIRST_SEED
from elec576.comparison.first_steps import COLUMNS
from elec576.experiments import EVIDENCE, EXPERIMENTS, SAME_RUN, STEP_0, settings_of
from elec576.files import write_array, write_json, write_whole
from elec576.loops.history import COLUMNS_OF, History
from elec576.runs.many import Job
from elec576.runs.rundir import RunDirectory, config_of
from elec576.runs.tables import collect, folder_of

NAMES = (*EXPERIMENTS, *EVIDENCE)
# where the report prints nothing, final accuracies that make its conclusions hold or not
ACCURACY = {'rnn-a': 0.90, 'rnn-b': 0.80, 'rnn-c': 0.85, 'rnn-50': 0.93, 'rnn-300': 0.96,
            'lstm-50': 0.965, 'lstm-300': 0.985}
STEP_0_LOSS = {'relu, fc1 relu': 9.0, 'sigmoid, fc1 sigmoid': 4.3, 'tanh, Xavier': 2.3}
SD = 0.002
_ONCE = tempfile.TemporaryDirectory()


def dataset(name: str, settings) -> dict:
    """The origin of a run's data, as in its metrics."""
    if settings.program == 'cnn' and settings.dataset == 'cifar10':
        return {'name': 'course CIFAR-10', 'digest': f'{settings.train_per_class:064d}',
                'stand_in': False}
    return {'name': 'MNIST', 'digest': 'a' * 64, 'stand_in': False}


def finished_run(results: Path, name: str, seed: int, values: dict | None = None) -> RunDirectory:
    """A finished run in a folder of its own; what it gave lies about what the report prints.

    Args:
        values: by (quantity, step), or 'cpu_seconds', to be exactly these.
    """
    settings = dataclasses.replace(settings_of(name), seed=seed, threads=1)
    random = np.random.RandomState(zlib.crc32(f'{name} {seed}'.encode()))
    values = values or {}
    printed = {(value.quantity, value.step): value.number for value in reported(name)
               if value.compared}

    def value(quantity: str, step: int, default: float) -> float:
        center = printed.get((quantity, step), default)
        noisy = abs(center + SD * random.standard_normal() * (1 if center > 0.01 else center))
        if quantity.endswith('accuracy'):
            noisy = min(noisy, 1.0)
        return float(values.get((quantity, step), noisy))

    is_cnn = settings.program == 'cnn'
    history = History(COLUMNS_OF[settings.program])
    last = settings.steps
    first, every = (0, 100) if is_cnn else (500, 500)
    for step in range(first, last, every):
        extra = {} if is_cnn else {'iteration': step * settings.batch_size}
        train = {'train_accuracy': value('train_accuracy', step, 0.5),
                 'train_loss': value('train_loss', step, 5.3 if step == 0 else 0.5)}
        history.record(step, **extra, **train, test_accuracy=0.4, test_loss=1.5)
    final = {'test_accuracy': value('test_accuracy', last, ACCURACY.get(name, 0.5)),
             'test_loss': value('test_loss', last, 0.1)}
    history.record(last, **final)
    run = Job(name, seed, settings).directory(results)
    origin = dataset(name, settings)
    write_json(run.config, config_of(settings, origin, name))
    history.write(run.history)
    images = 10000 if origin['name'] == 'MNIST' else 1000
    correct = random.random_sample(images) < final['test_accuracy']
    write_array(run.test_correct, np.packbits(correct))
    if is_cnn:
        write_json(run.activations, {
            layer: {statistic: value(f'{layer}_{statistic}', last, 0.05)
                    for statistic in ('mean', 'standard_deviation', 'variance')}
            for layer in ('h_conv1', 'h_conv2')})
        write_array(run.filters, random.standard_normal((5, 5, 1, 32)).astype(np.float32))
    seconds = getattr(settings, 'hidden', 1000) + random.standard_normal()
    write_json(run.metrics, {
        **final, 'wall_seconds': 1.1 * seconds,
        'cpu_seconds': float(values.get('cpu_seconds', seconds)), 'dataset': origin, 'threads': 1,
        'versions': {'elec576': '1', 'python': '3', 'tensorflow': '2', 'numpy': '2'},
        'processor': 'made up', 'finished': '2026-01-02T03:04:05+00:00'})
    return run


def write_run(results: Path, name: str, seed: int, values: dict | None = None) -> Path:
    """A finished run, collected; the folder of its experiment's tables."""
    collect(finished_run(results, name, seed, values), results)
    return folder_of(results, name)


def write_runs(results: Path, names=NAMES, seeds: int = 5) -> Path:
    """Write ``seeds`` runs of each of ``names``, and step 0 if it is all; return ``results``."""
    for name in dict.fromkeys(SAME_RUN.get(name, name) for name in names):
        shutil.copytree(_tables(name, seeds), folder_of(results, name))
    if names is NAMES:
        write_step_0(results)
    return results


@cache
def _tables(name: str, seeds: int) -> Path:
    """The folder of an experiment's tables, written once for all tests of a process."""
    results = Path(_ONCE.name) / str(seeds)
    for seed in range(FIRST_SEED, FIRST_SEED + seeds):
        write_run(results, name, seed)
    return folder_of(results, name)


def write_step_0(results: Path, seeds: int = 60) -> None:
    """Write step0.csv and step0.json: losses about `STEP_0_LOSS`, else about 5.3."""
    random = np.random.RandomState(0)
    rows = [(name, seed, 0.1, float(STEP_0_LOSS.get(name, 5.3) * np.exp(
        0.1 * random.standard_normal()))) for name in STEP_0 for seed in range(seeds)]
    write_whole(results / 'step0.csv',
                pd.DataFrame(rows, columns=COLUMNS).to_csv(index=False, lineterminator='\n'))
    write_json(results / 'step0.json', {'dataset': dataset('cnn1', settings_of('cnn1'))})
