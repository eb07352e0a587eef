"""`results/step0.csv`: what the listing logs at step 0, for many seeds of each of `STEP_0`.

One row for each settings and seed: `settings,seed,train_accuracy,train_loss`, in the order of
`STEP_0` and then by seed; floats in the shortest form that reads back exactly. `step0.json` beside
it says what decides the bits: settings, threads, kernels, TensorFlow's version, the data set.
"""

from __future__ import annotations

import dataclasses
import io
from functools import cache
from pathlib import Path
from typing import Callable, Mapping

import joblib
import numpy as np
import pandas as pd
from filelock import FileLock, Timeout

from elec576.data import ImageSet, load_cifar10
from elec576.errors import Busy, UserError
from elec576.experiments import FREE, STEP_0
from elec576.files import write_json, write_whole
from elec576.machine import pin_kernels
from elec576.runs.rundir import differences, read_json, software_and_processor
from elec576.runs.tables import csv_text
from elec576.settings import CnnSettings

COLUMNS = ['settings', 'seed', 'train_accuracy', 'train_loss']
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

    Args:
        jobs: processes at a time, of one thread each.
        on_rows: called with the number of new rows; first with the number of existing ones.

    Returns: the whole table, as `read` gives it.

    Raises:
        UserError: there is no real data, or the files in ``results`` are damaged or have other
            settings, data or versions.
        Busy: another process is writing them.
    """
    settings = {name: dataclasses.replace(each, threads=1, isa=ISA)
                for name, each in settings.items()}
    _, dataset = _train(next(iter(settings.values())), data)
    if dataset['stand_in']:
        raise UserError('step 0 is measured on the real CIFAR-10 only: fetch it with '
                        'scripts/prepare_data.py, or say where it is with --data DIR')
    results.mkdir(parents=True, exist_ok=True)
    try:
        lock = FileLock(results / '.step0.lock', timeout=0).acquire()
    except Timeout:
        raise Busy(f'{table_path(results)}: another process is writing it; wait for it') from None
    with lock:
        table = _begin(results, _origin(settings, dataset), settings)
        done = set(table['seed'])
        on_rows(len(table[table['seed'] < seeds]))
        todo = [seed for seed in range(seeds) if seed not in done]
        blocks = [todo[k:k + BLOCK] for k in range(0, len(todo), BLOCK)]
        for rows in joblib.Parallel(jobs, return_as='generator_unordered', pre_dispatch=jobs,
                                    batch_size=1)(
                joblib.delayed(_measure)(settings, block, data) for block in blocks):
            new = pd.DataFrame(rows, columns=COLUMNS)
            table = _sorted(pd.concat([table, new]) if len(table) else new, settings)
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
        text = path.read_text(encoding='utf-8')
        table = pd.read_csv(io.StringIO(text), float_precision='round_trip')
        _check(table, text, settings)
    except (OSError, ValueError) as error:  # pandas' own errors are ValueErrors
        raise UserError(f'{path}: damaged ({error}); remove it and make it again with '
                        'scripts/step0.py') from None
    return table


def _check(table: pd.DataFrame, text: str, settings: Mapping[str, CnnSettings]) -> None:
    """Raise ValueError for what `make` would not have written."""
    if list(table.columns) != COLUMNS:
        raise ValueError(f'its columns are not {", ".join(COLUMNS)}')
    if not np.isfinite(table[COLUMNS[1:]].to_numpy(float)).all():
        raise ValueError('not all values are finite numbers')
    seeds = sorted(set(table['seed']))
    if [*zip(table['settings'], table['seed'])] != [(name, seed) for name in settings
                                                    for seed in seeds]:
        raise ValueError('not every settings has the same seeds, once each and in order')
    if csv_text(table) != text:
        raise ValueError('it was changed after it was written')


def _sorted(table: pd.DataFrame, settings: Mapping[str, CnnSettings]) -> pd.DataFrame:
    order = list(settings)
    return table.sort_values(['settings', 'seed'], ignore_index=True, key=lambda column: (
        column.map(order.index) if column.name == 'settings' else column))


def _origin(settings: Mapping[str, CnnSettings], dataset: dict) -> dict:
    """What decides the bits."""
    kept = {name: {field: value for field, value in dataclasses.asdict(each).items()
                   if field not in FREE} for name, each in settings.items()}
    return {**software_and_processor(), 'threads': 1, 'isa': ISA, 'dataset': dataset,
            'settings': kept}


def _begin(results: Path, origin: dict, settings: Mapping[str, CnnSettings]) -> pd.DataFrame:
    """The existing rows, if they have the same ``origin``."""
    table = read(results, settings)
    path = origin_path(results)
    if len(table):
        differing = differences(read_json(path), origin)
        if differing:
            raise UserError(f'{path}: made with other settings ({"; ".join(differing)}); move it '
                            f'and {table_path(results).name} away, or give another --results')
    else:
        write_json(path, origin)
    return table


def _measure(settings: Mapping[str, CnnSettings], seeds: list[int], data: str | None
             ) -> list[tuple[str, int, float, float]]:
    """The rows of ``seeds``; the process keeps its graphs for the next seeds."""
    pin_kernels(ISA)
    # in here, because the process that writes the file needs no TensorFlow
    from elec576.loops.step0 import step_0

    networks = {name: _network(each) for name, each in settings.items()}
    train, _ = _train(next(iter(settings.values())), data)
    return list(step_0(networks, seeds, train))


@cache
def _network(settings: CnnSettings):
    from elec576.loops.step0 import Step0

    return Step0(settings)


@cache
def _train(settings: CnnSettings, data: str | None) -> tuple[ImageSet, dict]:
    """The training images and their origin; the same for all of `STEP_0`."""
    train, _, origin = load_cifar10(*settings.per_class, data)
    return train, dataclasses.asdict(origin)
