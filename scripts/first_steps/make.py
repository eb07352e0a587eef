"""Make `results/step0.csv` and `step0.json` (`elec576.comparison.first_steps`)."""

import dataclasses
from functools import cache
from pathlib import Path
from typing import Callable, Mapping

import joblib
import pandas as pd
from filelock import FileLock

from elec576.comparison.first_steps import COLUMNS, in_order, origin_path, read, table_path
from elec576.data import load_cifar10, origin_of
from elec576.errors import UserError
from elec576.experiments import NOT_FIXED, STEP_0
from elec576.files import write_json, write_whole
from elec576.machine import pin_kernels
from elec576.runs.rundir import differences, read_json, software_and_processor
from elec576.runs.tables import csv_text
from elec576.settings import CnnSettings

ISA = 'avx2'
BLOCK = 25  # seeds between writes of the file: about ten seconds on one core


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
            table = in_order(pd.concat([table, new]) if len(table) else new, settings)
            write_whole(table_path(results), csv_text(table))
            on_rows(len(rows))
    return table


def _claim(results: Path, begun: bool, dataset: dict, settings: Mapping[str, CnnSettings]) -> None:
    """Write what decides the bits, or raise UserError if the existing rows have other bits."""
    kept = {name: {field: value for field, value in dataclasses.asdict(each).items()
                   if field not in NOT_FIXED} for name, each in settings.items()}
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
    from first_steps.network import step_0

    networks = {name: _network(each) for name, each in settings.items()}
    train, _, _ = load_cifar10(*next(iter(settings.values())).per_class, data)
    return list(step_0(networks, seeds, train))


@cache
def _network(settings: CnnSettings):
    from first_steps.network import Step0

    return Step0(dataclasses.replace(settings, threads=1, isa=ISA))
