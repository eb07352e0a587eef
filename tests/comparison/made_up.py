"""Made-up runs, in the files of real ones, for tests of the comparison."""

from __future__ import annotations

import dataclasses
import zlib
from pathlib import Path

import numpy as np

from elec576.experiments import EVIDENCE, EXPERIMENTS, named
from elec576.files import write_json
from elec576.loops.history import CNN_COLUMNS, RNN_COLUMNS, History
from elec576.claims.numbers import reported
from elec576.runs.rundir import RunDirectory, config_of
from elec576.settings import CnnSettings

NAMES = (*EXPERIMENTS, *EVIDENCE)
# where the report prints nothing, final accuracies that make its conclusions hold or not
ACCURACY = {'rnn-a': 0.90, 'rnn-b': 0.80, 'rnn-c': 0.85, 'rnn-50': 0.93, 'rnn-300': 0.96,
            'lstm-50': 0.965, 'lstm-300': 0.985}
STEP_0_LOSS = {'evidence-fc1-tanh': 5.2, 'evidence-fc1-relu': 9.0, 'evidence-bias-0': 5.0}
SD = 0.002


def dataset(name: str, settings) -> dict:
    """The origin of a run's data, as in its metrics."""
    if isinstance(settings, CnnSettings) and settings.dataset == 'cifar10':
        return {'name': 'course CIFAR-10', 'digest': f'{settings.train_per_class:064d}',
                'stand_in': False}
    return {'name': 'MNIST', 'digest': 'a' * 64, 'stand_in': False}


def write_run(results: Path, name: str, seed: int, values: dict | None = None) -> Path:
    """Write a finished run; what it gave lies at random about what the report prints.

    Args:
        values: by (quantity, step), or 'cpu_seconds', to be exactly these.
    """
    settings = dataclasses.replace(named(name), seed=seed, threads=1)
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

    is_cnn = isinstance(settings, CnnSettings)
    history = History(CNN_COLUMNS if is_cnn else RNN_COLUMNS)
    last = settings.steps
    first, every = (0, 500) if is_cnn else (500, 500)
    for step in range(first, last, every):
        extra = {} if is_cnn else {'iteration': step * settings.batch_size}
        start = STEP_0_LOSS.get(name, 2.3)
        train = {'train_accuracy': value('train_accuracy', step, 0.5),
                 'train_loss': value('train_loss', step, start if step == 0 else 0.5)}
        history.record(step, **extra, **train, test_accuracy=0.4, test_loss=1.5)
    final = {'test_accuracy': value('test_accuracy', last, ACCURACY.get(name, 0.5)),
             'test_loss': value('test_loss', last, 0.1)}
    history.record(last, **final)
    run = RunDirectory(results / 'runs' / name / f'seed{seed}')
    origin = dataset(name, settings)
    write_json(run.config, config_of(settings, origin))
    history.write(run.history)
    if is_cnn:
        write_json(run.path / 'activations.json', {
            layer: {statistic: value(f'{layer}_{statistic}', last, 0.05)
                    for statistic in ('mean', 'standard_deviation', 'variance')}
            for layer in ('h_conv1', 'h_conv2')})
        np.save(run.path / 'filters.npy',
                random.standard_normal((5, 5, 1, 32)).astype(np.float32))
    seconds = getattr(settings, 'hidden', 1000) + random.standard_normal()
    write_json(run.metrics, {
        **final, 'wall_seconds': 1.1 * seconds,
        'cpu_seconds': float(values.get('cpu_seconds', seconds)), 'dataset': origin, 'threads': 1,
        'versions': {'elec576': '1', 'python': '3', 'tensorflow': '2', 'numpy': '2'},
        'processor': 'made up', 'finished': '2026-01-02T03:04:05+00:00'})
    return run.path


def write_runs(results: Path, names=NAMES, seeds: int = 5) -> Path:
    """Write ``seeds`` runs of each of ``names``; return ``results``."""
    for name in names:
        for seed in range(seeds):
            write_run(results, name, seed)
    return results
