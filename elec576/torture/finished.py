"""A finished run of the report, made up, as compare.py reads it."""

from __future__ import annotations

import dataclasses
from pathlib import Path

from elec576.experiments import named
from elec576.files import write_json
from elec576.loops.history import RNN_COLUMNS, History
from elec576.runs.rundir import RunDirectory, config_of

EXPERIMENT = 'lstm-50'


def write_finished(results: Path, seed: int) -> RunDirectory:
    """Write `runs/lstm-50/seed<seed>` below ``results``: accuracy 0.5, loss 1, one thread."""
    run = RunDirectory(results / 'runs' / EXPERIMENT / f'seed{seed}')
    settings = dataclasses.replace(named(EXPERIMENT), threads=1, seed=seed)
    dataset = {'name': 'MNIST', 'digest': '0', 'stand_in': False}
    write_json(run.config, config_of(settings, dataset))
    history = History(RNN_COLUMNS)
    for step in range(settings.steps + 1):
        history.record(step, iteration=step * 50, train_accuracy=0.5, train_loss=1.0,
                       test_accuracy=0.5, test_loss=1.0)
    history.write(run.history)
    write_json(run.metrics, {
        'test_accuracy': 0.5, 'test_loss': 1.0, 'wall_seconds': 2.0, 'cpu_seconds': 2.0,
        'dataset': dataset, 'threads': 1, 'versions': {'tensorflow': '2'}, 'processor': 'x',
        'finished': '2020-01-01'})
    return run
