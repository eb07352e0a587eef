"""`results/step0.csv`: what the listing logs at step 0, for many seeds of each of `STEP_0`.

One row for each settings and seed: `settings,seed,train_accuracy,train_loss`, in the order of
`STEP_0` and then by seed; floats in the shortest form that reads back exactly. `step0.json` beside
it says what decides the bits: settings, threads, kernels, TensorFlow's version, the data set.
"""

from __future__ import annotations

import dataclasses
from functools import cache
from pathlib import Path
from typing import Callable, Mapping

import joblib
import numpy as np
import pandas as pd
from filelock import FileLock

from elec576.data import load_cifar10, origin_of
from elec576.errors import UserError
from elec576.experiments import FREE, STEP_0
from elec576.files import write_json, write_whole
from elec576.machine import pin_kernels
from elec576.runs.rundir import differences, read_json, software_and_processor
from elec576.runs.tables import csv_text, read_as_written
from elec576.settings import CnnSettings

COLUMNS = ('settings', 'seed', 'train_accuracy', 'train_loss')
ISA = 'avx2'
BLOCK = 25  # seeds between writes of the file: about ten seconds on one core


def table_path(results: Path) -> Path:
    return results / 'step0.csv'


def origin_path(results: Path) -> Path:
    return results / 'step0.json'


def make(results: Path, seeds: int, jobs: int, data: str | None,
         on_rows: Callable[[int], None] = lambda count: None,
         settings: Mapping[str, CnnSettings] = STEP_0) -> pd.DataFrame:
    """Measure seeds 0 to ``seeds`` - 1 under all ``settings``; existing rows are kept.

    Another process that does the same is waited for.

    Args:
        jobs: processes at a time, of one thread each.
        on_rows: called with the number of new rows; first with the number of existing ones.

    Returns: the whole table, as `read` gives it.

    Raises:
        UserError: there is no real data, or the files in ``results`` are damaged or have other
            settings, data or versions.
    """
    dataset = dataclasses.asdict(origin_of(next(iter(settings.values())), data))
    if dataset['stand_in']:
        raise UserError('step 0 is measured on the real CIFAR-10 only: fetch it with '
                        'scripts/prepare_data.py, or say where it is with --data DIR')
    results.mkdir(parents=True, exist_ok=True)
    with FileLock(results / '.step0.lock'):
        table = read(results, settings)
        _claim(results, len(table) > 0, dataset, settings)
        on_rows((table['seed'] < seeds).sum())
        todo = sorted(set(range(seeds)) - set(table['seed']))
        blocks = [todo[k:k + BLOCK] for k in range(0, len(todo), BLOCK)]
        for rows in joblib.Parallel(jobs, return_as='generator_unordered', pre_dispatch=jobs,
                                    batch_size=1)(
                joblib.delayed(_measure)(settings, block, data) for block in blocks):
            new = pd.DataFrame(rows, columns=COLUMNS)
            table = _ordered(pd.concat([table, new]) if len(table) else new, settings)
            write_whole(table_path(results), csv_text(table))
            on_rows(len(rows))
    return table


def read(results: Path, settings: Mapping[str, CnnSettings] = STEP_0) -> pd.DataFrame:
    """The rows of ``results``/step0.csv; none if there is no such file.

    Raises:
        UserError: the file is damaged, or not all settings have the same seeds.
    """
    path = table_path(results)
    if not path.exists():
        return pd.DataFrame({name: [] for name in COLUMNS}).astype({'seed': int})
    try:
        table = read_as_written(path, COLUMNS)
        if not np.isfinite(table.drop(columns='settings')).all(axis=None):
            raise ValueError('not all values are finite numbers')
        if not _ordered(table, settings).equals(table):
            raise ValueError('not every settings has the same seeds, once each and in order')
    except (OSError, ValueError, TypeError, OverflowError) as error:
        raise UserError(f'{path}: damaged ({error}); remove it and make it again with '
                        'scripts/step0.py') from None
    return table


def _ordered(table: pd.DataFrame, settings: Mapping[str, CnnSettings]) -> pd.DataFrame:
    """The rows of all ``settings`` and seeds in their order; ValueError if there is one twice."""
    rows = pd.MultiIndex.from_product([list(settings), sorted(set(table['seed']))],
                                      names=['settings', 'seed'])
    return table.set_index(rows.names).reindex(rows).reset_index()


def _claim(results: Path, begun: bool, dataset: dict, settings: Mapping[str, CnnSettings]) -> None:
    """Write what decides the bits, or raise UserError if the existing rows have other bits."""
    kept = {name: {field: value for field, value in dataclasses.asdict(each).items()
                   if field not in FREE} for name, each in settings.items()}
    origin = {**software_and_processor(), 'threads': 1, 'isa': ISA, 'dataset': dataset,
              'settings': kept}
    path = origin_path(results)
    if not begun:
        write_json(path, origin)
    elif differing := differences(read_json(path), origin):
        raise UserError(f'{path}: made with other settings ({"; ".join(differing)}); move it '
                        f'and {table_path(results).name} away, or give another --results')


def _measure(settings: Mapping[str, CnnSettings], seeds: list[int], data: str | None
             ) -> list[tuple[str, int, float, float]]:
    """The rows of ``seeds``; the process keeps its graphs for the next seeds."""
    pin_kernels(ISA)
    # in here, because the process that writes the file needs no TensorFlow
    from elec576.loops.step0 import step_0

    networks = {name: _network(each) for name, each in settings.items()}
    train, _, _ = load_cifar10(*next(iter(settings.values())).per_class, data)
    return list(step_0(networks, seeds, train))


@cache
def _network(settings: CnnSettings):
    from elec576.loops.step0 import Step0

    return Step0(dataclasses.replace(settings, threads=1, isa=ISA))
